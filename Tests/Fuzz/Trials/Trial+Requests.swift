import Configuration
import Providers
import Sessions
import Wire

extension Trial {
    /// Bodies of requests: into every dialect, onto every platform of Claude, and into the parts that forensics compare.
    static let requests = [
        Trial(name: "request-translated") { bytes in
            for target in targets { try Cuts.withCopy(bytes) { try translated($0, target) } }
        },
        Trial(name: "request-platform") { bytes in
            guard SlowJSON(bytes) != nil else { return }
            for platform in ClaudePlatform.allCases { try Cuts.withCopy(bytes) { try spliced($0, platform) } }
        },
        Trial(name: "conversation") { bytes in
            try Cuts.withCopy(bytes) { try scanned($0) }
        },
        Trial(name: "conversation-known") { bytes in try remembered(bytes) },
    ]

    private static let targets = [
        TranslationTarget(dialect: .chatCompletions, kind: .openAICompatible, account: "acct", model: "qwen3"),
        TranslationTarget(dialect: .responses, kind: .openAI, account: "acct", model: "gpt-5.5"),
        TranslationTarget(dialect: .generateContent, kind: .gemini, account: "acct", model: "gemini-3-pro"),
        TranslationTarget(dialect: .converse, kind: .bedrock, account: "acct", model: "amazon.nova-pro-v1:0"),
    ]

    private static func translated(_ bytes: UnsafeRawBufferPointer, _ target: TranslationTarget) throws {
        let context = AnswerContext(
            messageID: "msg_fuzz", requestID: "req_fuzz", requestedModel: "claude-opus-5-5",
            reasoningState: target.reasoningState)
        for counts in Translation.counts(target.dialect, target.kind) ? [false, true] : [false] {
            var output = ByteWriter()
            do {
                _ = try Translation.request(
                    bytes, for: target, sessionID: Array("session".utf8), context, counts: counts, into: &output)
            } catch {
                try require((400..<500).contains(error.status), "\(error)")
                continue
            }
            try require(SlowJSON(output.bytes) != nil, "\(target.dialect): no JSON: \(output.text)")
            try require(output.count <= bytes.count * 64 + 65_536, "\(output.count) bytes of \(bytes.count)")
        }
    }

    private static func spliced(_ bytes: UnsafeRawBufferPointer, _ platform: ClaudePlatform) throws {
        var scanner = JSONObjectScanner()
        guard (try? scanner.finish(bytes)) != nil else { return }
        let betas = BetaFilter(platform, model: "claude-opus-5-5").select(["context-1m-2025-08-07,fuzz-2026-01-01"])
        let body = ClaudeBody(platform, model: "claude-opus-5-5", version: "2023-06-01", betas: betas)
        for counts in [false, true] {
            var output = ByteWriter()
            do {
                if counts {
                    try body.writeCount(bytes, scanner.members, into: &output)
                } else {
                    try body.write(bytes, scanner.members, into: &output)
                }
            } catch {
                continue
            }
            try require(SlowJSON(output.bytes) != nil, "\(platform): no JSON: \(output.text)")
            try require(output.count <= bytes.count * 2 + 4_096, "\(output.count) bytes of \(bytes.count)")
        }
    }

    private static func scanned(_ bytes: UnsafeRawBufferPointer) throws {
        var scanner = JSONObjectScanner()
        guard (try? scanner.finish(bytes)) != nil else { return }
        let conversation = Conversation(body: bytes, members: scanner.members)
        try require(conversation.segments.count <= Conversation.maximumSegments, "too many segments")
        // A lone string counts as the block of text for which it stands.
        let longest = bytes.count + #"[{"type":"text","text":}]"#.utf8.count
        try require(conversation.segments.allSatisfy { (0...longest).contains($0.bytes) }, "a segment too long")
        var memory = ConversationMemory()
        let hasher = PrefixHasher()
        for _ in 0..<3 {
            let again = memory.conversation(
                bytes, members: scanner.members, session: bytes.slice(0..<0), trail: trail(bytes, hasher))
            try require(again == conversation, "another time it is another")
        }
        _ = RunawayScan(body: bytes)
    }

    /// A conversation that goes on, changes and comes back is read as if nothing were known of it.
    private static func remembered(_ bytes: UnsafeRawBufferPointer) throws {
        var memory = ConversationMemory(capacity: 200)
        let hasher = PrefixHasher()
        var messages: [String] = [], tools = "[]"
        for byte in bytes.prefix(64) {
            switch byte >> 5 {
            case 0, 1, 2: messages.append(message(byte))
            case 3: if !messages.isEmpty { messages[Int(byte & 31) % messages.count] = message(byte &* 7) }
            case 4: messages.removeLast(min(messages.count, Int(byte & 3)))
            case 5: tools = #"[{"name":"t\#(byte & 3)","input_schema":{}}]"#
            case 6: if !messages.isEmpty { messages.remove(at: Int(byte & 31) % messages.count) }
            default: break
            }
            let blank = byte & 15 == 15 ? " " : ""
            let body = #"{"tools":\#(tools),"messages":[\#(blank)\#(messages.joined(separator: ","))]}"#
            try Array(body.utf8).withUnsafeBytes { body in
                var scanner = JSONObjectScanner()
                try scanner.finish(body)
                let known = memory.conversation(
                    body, members: scanner.members, session: body.slice(0..<0), trail: trail(body, hasher))
                let fresh = Conversation(body: body, members: scanner.members)
                try require(known == fresh, "known \(known), fresh \(fresh)")
            }
        }
    }

    private static func trail(_ body: UnsafeRawBufferPointer, _ hasher: PrefixHasher) -> PrefixTrail {
        var trail = PrefixTrail(caller: 0)
        trail.goOn(body, hasher)
        return trail
    }

    /// One message of either role, of up to three kilobytes; results, calls and prompts.
    private static func message(_ byte: UInt8) -> String {
        let text = String(repeating: "x", count: Int(byte & 7) * 400) + "\(byte)"
        switch byte >> 3 & 3 {
        case 0: return #"{"role":"user","content":"\#(text)"}"#
        case 1: return #"{"role":"assistant","content":[{"type":"text","text":"\#(text)"}]}"#
        case 2:
            return
                #"{"role":"assistant","content":[{"type":"tool_use","id":"t\#(byte)","name":"B","input":{"a":"\#(text)"}}]}"#
        default:
            return #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t\#(byte)","content":"\#(text)"}]}"#
        }
    }
}
