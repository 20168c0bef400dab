import Configuration
import EventStreamFrames
import Wire

@testable import Providers

/// Requests to Bedrock and its streams, for tests.
enum BedrockFixture {
    static let nova = "us.amazon.nova-pro-v1:0"
    static let llama = "us.meta.llama4-maverick-17b-instruct-v1:0"

    static func target(_ model: String = nova, maximumOutput: Int64? = nil) -> TranslationTarget {
        TranslationTarget(
            dialect: .converse, kind: .bedrock, account: "aws", model: model, maximumOutput: maximumOutput)
    }

    static func context(_ target: TranslationTarget) -> AnswerContext {
        AnswerContext(
            messageID: "msg_test", requestID: "req_test", requestedModel: "claude-sonnet-5-5",
            reasoningState: target.reasoningState)
    }

    // MARK: Requests

    struct Request {
        var body: JSONValue = .null
        var receipt = FidelityReceipt(.converse)
        var context: AnswerContext
        var onlyStopSequence: [UInt8]?
    }

    /// What a Messages body becomes.
    static func converse(_ body: String, to target: TranslationTarget = target(), counts: Bool = false) throws
        -> Request
    {
        try Array(body.utf8).withUnsafeBytes { bytes in
            let parts = try TranslationParts(bytes, for: target, sessionID: [], context(target))
            var request = ConverseRequest(parts)
            let output = counts ? try request.writeCount() : try request.write()
            return Request(
                body: try JSONValue(parsing: output.text), receipt: request.parts.receipt,
                context: request.parts.context, onlyStopSequence: request.parts.context.onlyStopSequence)
        }
    }

    // MARK: Streams

    static func frame(_ type: String, _ payload: String) -> [UInt8] {
        frame([(":event-type", type), (":content-type", "application/json"), (":message-type", "event")], payload)
    }

    static func exception(_ type: String, _ payload: String) -> [UInt8] {
        frame(
            [(":exception-type", type), (":content-type", "application/json"), (":message-type", "exception")], payload
        )
    }

    static func frame(_ headers: [(name: StaticString, value: String)], _ payload: String) -> [UInt8] {
        var output = ByteWriter()
        Array(payload.utf8).withUnsafeBytes { EventStreamWriter.append(headers: headers, payload: $0, to: &output) }
        return output.array
    }

    static func chunk(_ event: String, escapingSlashes: Bool = false) -> [UInt8] {
        var text = ByteWriter()
        Array(event.utf8).withUnsafeBytes { Base64.encode($0, to: &text) }
        let letters =
            escapingSlashes
            ? text.text.split(separator: "/", omittingEmptySubsequences: false).joined(separator: "\\/") : text.text
        return frame("chunk", #"{"bytes":"\#(letters)","p":"abcdefghij"}"#)
    }

    // MARK: Answers

    struct Answer: Equatable {
        var output = ""
        var usage = TokenUsage()
        var hasUsage = false, hasEnded = false
        var stopReason = "", errorType = "", failure = ""

        /// The data of each event.
        var events: [JSONValue] {
            output.split(separator: "\n").compactMap { line in
                line.hasPrefix("data: ") ? try? JSONValue(parsing: String(line.dropFirst(6))) : nil
            }
        }

        var types: [String] { events.compactMap { $0["type"]?.string } }
    }

    static func answer(
        _ stream: [UInt8], endingAt places: [Int]? = nil, _ form: MessageWriter.Form = .stream,
        stopSequence: [UInt8]? = nil, context: AnswerContext = context(target())
    ) -> Answer {
        let message = MessageWriter(form, context)
        let reader = ConverseAnswer(stopSequence: stopSequence)
        inPieces(stream, endingAt: places ?? [stream.count]) { reader.read($0, message) }
        reader.end(message)
        return Answer(
            output: message.output.text, usage: message.usage, hasUsage: message.hasUsage,
            hasEnded: message.hasEnded, stopReason: message.facts.stopReason, errorType: message.facts.errorType,
            failure: message.failure?.message ?? "")
    }
}
