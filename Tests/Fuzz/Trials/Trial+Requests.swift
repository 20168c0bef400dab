import Configuration
import Providers
import Sessions
import Wire

extension Trial {
    /// Bodies of requests: into every dialect, onto every platform of Claude, and into the parts that forensics compare.
    static let requests = [
        Trial(name: "request-translated") { bytes in
            for target in targets { try Pieces.withCopy(bytes) { try translated($0, target) } }
        },
        Trial(name: "request-platform") { bytes in
            guard SlowJSON(bytes) != nil else { return }
            for platform in ClaudePlatform.allCases { try Pieces.withCopy(bytes) { try spliced($0, platform) } }
        },
        Trial(name: "conversation") { bytes in
            try Pieces.withCopy(bytes) { try scanned($0) }
        },
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
        try require(conversation.segments.allSatisfy { (0...bytes.count).contains($0.bytes) }, "a segment too long")
        try require(conversation == Conversation(body: bytes, members: scanner.members), "another time it is another")
        _ = RunawayScan(body: bytes)
    }
}
