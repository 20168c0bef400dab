import Configuration
import Testing
import Wire

@testable import Providers

/// Translations in tests: requests into another dialect, and streams of it back.
struct TranslationFixture: Sendable {
    let target: TranslationTarget
    /// Changes the context that the answer is written by.
    var adjust: @Sendable (inout AnswerContext) -> Void = { _ in }

    init(_ dialect: Dialect, _ kind: ProviderKind, model: String, rejectsLosses: Bool = false) {
        target = TranslationTarget(
            dialect: dialect, kind: kind, account: "acct", model: model, rejectsLosses: rejectsLosses)
    }

    var context: AnswerContext {
        AnswerContext(
            messageID: "msg_test", requestID: "req_test", requestedModel: "claude-opus-5-5",
            reasoningState: target.reasoningState)
    }

    /// The signature that a state of this account and model travels in.
    func signature(_ payload: String) -> String {
        String(decoding: target.reasoningState.prefix, as: UTF8.self) + payload
    }

    // MARK: Requests

    /// Reads a body and hands out its parts, whose views are valid only that long.
    func withParts<Result>(_ body: String, _ use: (TranslationParts) throws -> Result) throws -> Result {
        try Array(body.utf8).withUnsafeBytes { bytes in
            try use(try TranslationParts(bytes, for: target, sessionID: Array("session".utf8), context))
        }
    }

    // MARK: Answers

    struct Answer: Equatable {
        var output = ""
        var usage = TokenUsage()
        var id = "", model = "", stopReason = "", errorType = "", failure = ""
        var hasEnded = false, hasBegun = false

        /// The events of a stream, each as its name and data.
        var events: [JSONValue] {
            output.split(separator: "\n").compactMap { line in
                line.hasPrefix("data: ") ? try? JSONValue(parsing: String(line.dropFirst(6))) : nil
            }
        }

        /// A whole message, or what a stream makes of one: its blocks, with texts and arguments put together.
        var message: JSONValue { (try? JSONValue(parsing: output)) ?? assembled }

        var content: [JSONValue] { message["content"]?.array ?? [] }

        private var assembled: JSONValue {
            var blocks: [JSONObject] = [], texts: [String] = [], last = JSONObject()
            for event in events {
                switch event["type"]?.string {
                case "content_block_start":
                    blocks.append(event["content_block"]?.object ?? [:])
                    texts.append("")
                case "content_block_delta":
                    let delta = event["delta"]?.object ?? [:]
                    if let signature = delta["signature"] { blocks[blocks.count - 1]["signature"] = signature }
                    for name in ["text", "thinking", "partial_json"] {
                        texts[texts.count - 1] += delta[name]?.string ?? ""
                    }
                case "content_block_stop": Self.complete(&blocks, texts)
                case "message_delta":
                    for member in event["delta"]?.object?.members ?? [] { last[member.key] = member.value }
                    last["usage"] = event["usage"]
                case "error": last["error"] = event["error"]
                default: break
                }
            }
            last["content"] = .array(blocks.map { .object($0) })
            return .object(last)
        }

        private static func complete(_ blocks: inout [JSONObject], _ texts: [String]) {
            guard let index = blocks.indices.last else { return }
            switch blocks[index]["type"]?.string {
            case "text": blocks[index]["text"] = .string(texts[index])
            case "thinking": blocks[index]["thinking"] = .string(texts[index])
            case "tool_use" where !texts[index].isEmpty:
                blocks[index]["input"] = (try? JSONValue(parsing: texts[index])) ?? .string(texts[index])
            default: break
            }
        }
    }

    /// What a reader makes of a stream that comes in pieces ending at `places`.
    func answer(
        _ stream: String, _ form: MessageWriter.Form = .stream, endingAt places: [Int]? = nil,
        _ reader: () -> any AnswerReader
    ) -> Answer {
        var context = context
        adjust(&context)
        let message = TranslatedAnswer(reader(), MessageWriter(form, context))
        var answer = Answer()
        func take() { message.takeOutput { answer.output += String(decoding: $0, as: UTF8.self) } }
        inPieces(Array(stream.utf8), endingAt: places ?? [stream.utf8.count]) { bytes in
            message.consume(bytes)
            take()
        }
        message.end()
        take()
        answer.usage = message.facts.reducer.usage
        (answer.id, answer.model) = (message.facts.id, message.facts.model)
        (answer.stopReason, answer.errorType) = (message.facts.stopReason, message.facts.errorType)
        answer.failure = message.failure?.message ?? ""
        (answer.hasBegun, answer.hasEnded) = (message.hasBegun, message.hasEnded)
        return answer
    }

    /// Fails where a cut anywhere makes a difference.
    func expectSameByEveryCut(
        _ stream: String, _ form: MessageWriter.Form = .stream, _ reader: () -> any AnswerReader,
        _ location: SourceLocation = #_sourceLocation
    ) {
        let whole = answer(stream, form, reader)
        for places in cuts(of: stream.utf8.count) {
            let cut = answer(stream, form, endingAt: places, reader)
            guard cut == whole else {
                Issue.record("cut at \(places.prefix(3)): \(cut), not \(whole)", sourceLocation: location)
                return
            }
        }
    }
}

/// Lines of `data:`, as providers without event names send them.
func dataLines(_ lines: String...) -> String { lines.map { "data: \($0)\n\n" }.joined() }
