import Testing
import Wire

@testable import Gateway

@Suite struct MessagesBodyTests {
    private func read(_ text: String, cut: Int? = nil) -> String {
        let bytes = Array(text.utf8)
        let body = MessagesBody()
        var memory = PrefixMemory()
        return bytes.withUnsafeBytes { all in
            do {
                if let cut { try body.consume(UnsafeRawBufferPointer(rebasing: all[..<cut]), &memory, caller: 0) }
                try body.finish(all, namesModel: true)
                return "\((try? body.model?.decoded()) ?? "none") \(body.isStreamed) \(body.maxTokens ?? 0)"
            } catch let fault as MessagesBody.Fault {
                switch fault {
                case .notJSON: return "not JSON"
                case .missing(let name): return "missing \(name)"
                case .wrongType(let name, _): return "wrong type \(name)"
                case .duplicate(let name): return "duplicate \(name)"
                }
            } catch {
                return "not JSON"
            }
        }
    }

    @Test(
        "What routing needs is found at the first level only",
        arguments: [
            (#"{"model":"a","stream":true,"max_tokens":5}"#, "a true 5"),
            (#"{"messages":[{"model":"x"}],"metadata":{"stream":true},"model":"b"}"#, "b false 0"),
            (#"{"mod\u0065l":"c\n"}"#, "c\n false 0"), (#"{"stream":true}"#, "missing model"),
            (#"{"model":7}"#, "wrong type model"), (#"{"model":"a","model":"b"}"#, "duplicate model"),
            (#"{"model":"a","stream":true,"str\u0065am":false}"#, "duplicate stream"), ("{", "not JSON"),
            ("[]", "not JSON"),
            (#"{"model":"a"}x"#, "not JSON"), ("", "not JSON"),
        ])
    func finds(text: String, expected: String) {
        #expect(read(text) == expected)
        for cut in 0...text.utf8.count { #expect(read(text, cut: cut) == expected, "cut at \(cut)") }
    }
}
