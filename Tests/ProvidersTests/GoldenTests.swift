import Configuration
import Foundation
import MessagesGrammar
import Testing
import Wire

@testable import Providers

/// Whole conversations as files, in both directions: see Golden/README.md.
@Suite("Golden transcripts")
struct GoldenTests {
    @Test("The request, the events and the whole message are those of the files, in every cut", arguments: Golden.names)
    func transcript(name: String) throws {
        let golden = try Golden(name), made = try golden.translated()
        try golden.compare(made.request, "upstream.json")
        try golden.compare(golden.answer(.stream, made.context).output, "events.sse")
        try golden.compare(golden.pretty(golden.answer(.whole, made.context).output), "message.json")
        #expect(MessagesGrammar.fault(in: golden.text("events.sse")) == nil)
        #expect(golden.answer(.stream, made.context).failure.isEmpty == (golden.text("message.json") != "null\n"))
        for form in [MessageWriter.Form.stream, .whole] {
            let whole = golden.answer(form, made.context)
            let count = golden.stream.count
            for places in [Array(1...count)] + (1..<count).map({ [$0, count] }) {
                let cut = golden.answer(form, made.context, endingAt: places)
                guard cut == whole else {
                    Issue.record("\(name), cut at \(places.prefix(3)): \(cut), not \(whole)")
                    break
                }
            }
        }
    }

    @Test("There are transcripts of both dialects")
    func present() {
        #expect(Golden.names.contains { $0.hasPrefix("chat-") } && Golden.names.contains { $0.hasPrefix("responses-") })
    }
}

/// One folder of Golden/.
struct Golden {
    let name: String
    let target: TranslationTarget
    let stream: [UInt8]

    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

    static let names: [String] = {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: folder.path())) ?? []
        return all.filter { !$0.contains(".") }.sorted()
    }()

    init(_ name: String) throws {
        self.name = name
        stream = try Array(Data(contentsOf: Self.file(name, "upstream.sse")))
        let about = try JSONValue(
            parsing: String(decoding: Data(contentsOf: Self.file(name, "case.json")), as: UTF8.self))
        let dialect = try #require(Dialect.allCases.first { "\($0.name)" == about["dialect"]?.string })
        let kind = try #require(ProviderKind(rawValue: about["kind"]?.string ?? ""))
        target = TranslationTarget(
            dialect: dialect, kind: kind, account: "acct", model: about["model"]?.string ?? "",
            baseModel: about["base_model"]?.string)
    }

    private static func file(_ name: String, _ file: String) -> URL {
        folder.appending(path: name).appending(path: file)
    }

    func text(_ file: String) -> String {
        ((try? Data(contentsOf: Self.file(name, file))).map { String(decoding: $0, as: UTF8.self) }) ?? ""
    }

    // MARK: Both directions

    func translated() throws -> (request: String, context: AnswerContext) {
        let context = AnswerContext(
            messageID: "msg_test", requestID: "req_test", requestedModel: "claude-opus-5-5",
            reasoningState: target.reasoningState)
        return try Array(text("request.json").utf8).withUnsafeBytes { bytes in
            var output = ByteWriter()
            let request = try Translation.request(
                bytes, for: target, sessionID: Array("session".utf8), context, counts: false, into: &output)
            return (pretty(output.text), request.context)
        }
    }

    struct Answer: Equatable {
        var output = "", failure = "", usage = TokenUsage()
    }

    func answer(_ form: MessageWriter.Form, _ context: AnswerContext, endingAt places: [Int]? = nil) -> Answer {
        let message = TranslatedAnswer(Translation.reader(target, context), MessageWriter(form, context))
        var output: [UInt8] = []
        inPieces(stream, endingAt: places ?? [stream.count]) { bytes in
            message.consume(bytes)
            message.takeOutput { output += $0 }
        }
        message.end()
        message.takeOutput { output += $0 }
        return Answer(
            output: String(decoding: output, as: UTF8.self), failure: message.failure?.message ?? "",
            usage: message.facts.reducer.usage)
    }

    /// What comes of another stream than its own.
    func bytes(_ form: MessageWriter.Form, _ context: AnswerContext, _ stream: [UInt8]) -> [UInt8] {
        let message = TranslatedAnswer(Translation.reader(target, context), MessageWriter(form, context))
        var output: [UInt8] = []
        stream.withUnsafeBytes { message.consume($0) }
        message.end()
        message.takeOutput { output += $0 }
        return output
    }

    // MARK: Files

    /// What came out must be what the file says; or becomes it, if that is asked for.
    func compare(_ made: String, _ file: String, _ location: SourceLocation = #_sourceLocation) throws {
        if ProcessInfo.processInfo.environment["TOLLGATE_REWRITE_GOLDEN"] == "1" {
            return try Data(made.utf8).write(to: Self.file(name, file))
        }
        let expected = text(file)
        if made == expected { return }
        let lines = (made.split(separator: "\n"), expected.split(separator: "\n"))
        let place =
            zip(lines.0, lines.1).enumerated().first { $0.element.0 != $0.element.1 }?.offset
            ?? min(lines.0.count, lines.1.count)
        let (left, right) = (lines.0.dropFirst(place).first ?? "", lines.1.dropFirst(place).first ?? "")
        Issue.record("\(name)/\(file), line \(place + 1):\n\(left)\nis not\n\(right)", sourceLocation: location)
    }

    /// As people read it; `null` for nothing at all.
    func pretty(_ json: String) -> String {
        guard let value = try? JSONValue(parsing: json) else { return json.isEmpty ? "null\n" : json }
        return Self.pretty(value, "\n") + "\n"
    }

    private static func pretty(_ value: JSONValue, _ line: String) -> String {
        let inside = line + "  "
        switch value {
        case .object(let object) where !object.members.isEmpty:
            let members = object.members.map {
                inside + JSONValue.string($0.key).text + ": " + pretty($0.value, inside)
            }
            return "{" + members.joined(separator: ",") + line + "}"
        case .array(let elements) where !elements.isEmpty:
            return "[" + elements.map { inside + pretty($0, inside) }.joined(separator: ",") + line + "]"
        default: return value.text
        }
    }
}
