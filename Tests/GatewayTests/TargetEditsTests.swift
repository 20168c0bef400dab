import Configuration
import Testing

@testable import Gateway

@Suite struct TargetEditsTests {
    private func edits(
        set: [(String, String)] = [], remove: [String] = [], strip: [String] = []
    ) -> TargetEdits? {
        var target = TargetSetting(account: "a", upstream: "m")
        target.setHeaders = set.map { (name: $0.0, value: Secret($0.1)) }
        target.removeHeaders = remove
        target.stripParameters = strip
        return TargetEdits(target)
    }

    private func replaces(_ name: String, _ edits: TargetEdits?) -> Bool {
        Array(name.utf8).withUnsafeBytes { edits?.replaces($0) } ?? false
    }

    @Test("Without overrides there is nothing to do")
    func nothing() { #expect(edits() == nil) }

    @Test("Betas that are set are added to the client's, once")
    func betas() {
        let edits = edits(set: [("Anthropic-Beta", "b-2, a-1")])
        #expect(edits?.betas(["a-1,c-3", " d-4 "]) == ["a-1", "c-3", "d-4", "b-2"])
        #expect(edits?.betas([]) == ["b-2", "a-1"])
        #expect(edits?.setFields.isEmpty == true && replaces("ANTHROPIC-BETA", edits))
    }

    @Test("One beta can be taken out, or all of them")
    func removedBetas() {
        let one = edits(remove: ["anthropic-beta: fast-mode-2026-02-01"])
        #expect(one?.betas(["a-1, fast-mode-2026-02-01"]) == ["a-1"])
        #expect(edits(remove: ["anthropic-beta"])?.betas(["a-1"]) == [])
        #expect(edits(set: [("anthropic-beta", "b")], remove: ["Anthropic-Beta"])?.betas(["a-1"]) == ["b"])
    }

    @Test("Fields that are set or removed do not go out as they came; others do")
    func fields() {
        let edits = edits(set: [("X-Team", "acme")], remove: ["x-Secret"])
        #expect(replaces("x-team", edits) && replaces("X-SECRET", edits))
        #expect(!replaces("x-tea", edits) && !replaces("anthropic-beta", edits) && edits?.changesBetas == false)
    }

    @Test("What decides about the way of a request cannot be stripped")
    func fixed() {
        let edits = edits(strip: ["model", "stream", "messages", "speed"])
        #expect(edits?.stripped == ["speed"])
    }

    @Test("The data of a stream's first error is what the error's body would have been")
    func errorEvent() {
        let stream = "event: ping\ndata: {\"type\": \"ping\"}\n\nevent: error\r\ndata: {\"a\": 1}\r\n\r\n"
        #expect(Array(stream.utf8).withUnsafeBytes { KeptAnswer.data(inStream: $0) } == Array("{\"a\": 1}".utf8))
        #expect(Array("event: ping\n\n".utf8).withUnsafeBytes { KeptAnswer.data(inStream: $0) } == [])
        #expect(KeptAnswer.status(of: "overloaded_error") == 529 && KeptAnswer.status(of: "what") == 500)
    }
}
