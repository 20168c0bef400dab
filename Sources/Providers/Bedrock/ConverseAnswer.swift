import Configuration
import Wire

/// A stream of ConverseStream events.
/// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html
package final class ConverseAnswer: AnswerReader {
    private enum Ending {
        case finish(StopReason)
        case fail(UpstreamFailure)
    }
    private var parser = EventStreamParser()
    /// Known from `messageStop`; what was used comes behind it.
    private var ending: Ending?
    private var hasUsage = false
    private var calls = ToolCallQueue()
    private var reasoning = ConverseReasoningPieces()
    private let onlyStopSequence: [UInt8]?

    /// - Parameter stopSequence: the one that was asked for, if it was only one.
    package init(stopSequence: [UInt8]? = nil) { onlyStopSequence = stopSequence }

    package func read(_ bytes: UnsafeRawBufferPointer, _ message: MessageWriter) {
        var position = 0
        while !message.hasEnded, !message.isStopped {
            do throws(EventStreamError) {
                switch try parser.next(bytes, &position) {
                case .needMore: return
                case .message(let frame): read(frame, message)
                }
            } catch {
                message.fail(UpstreamFailure(error))
            }
        }
    }

    package func end(_ message: MessageWriter) {
        guard !message.hasEnded else { return }
        if ending == nil { return message.fail(.cut) }
        complete(message)
    }

    private func read(_ frame: EventStreamMessage, _ message: MessageWriter) {
        switch frame.kind {
        case .exception: message.fail(exception: frame.exceptionType, frame.payload)
        case .error: message.fail(UpstreamFailure(error: frame))
        case .event:
            do throws(JSONError) {
                try readEvent(frame.eventType, frame.payload, message)
            } catch {
                message.fail(.unreadable("an event that is no JSON"))
            }
        }
    }

    private func readEvent(
        _ type: UnsafeRawBufferPointer, _ payload: UnsafeRawBufferPointer, _ message: MessageWriter
    ) throws(JSONError) {
        if type.equals("contentBlockDelta") {
            apply(try ConverseDelta(payload), message)
        } else if type.equals("contentBlockStart") {
            try readStart(payload, message)
        } else if type.equals("contentBlockStop") {
            try readBlockStop(payload, message)
        } else if type.equals("messageStart") {
            message.begin()
        } else if type.equals("messageStop") {
            try readStop(payload)
            if hasUsage { complete(message) }
        } else if type.equals("metadata") {
            try readMetadata(payload, message)
            if ending != nil { complete(message) }
        }
    }

    private func complete(_ message: MessageWriter) {
        endBlock(message)
        switch ending {
        case .finish(let reason)?: message.finish(reason, stopSequence: onlyStopSequence)
        case .fail(let failure)?: message.fail(failure)
        case nil: message.fail(.cut)
        }
    }

    // MARK: Blocks

    /// Only tool calls begin by an event of their own; text and reasoning begin with their first piece.
    private func readStart(_ payload: UnsafeRawBufferPointer, _ message: MessageWriter) throws(JSONError) {
        let start = try ConverseStart(payload)
        guard let name = start.name else { return }
        if !calls.isBusy { endBlock(message) }
        calls.add(ToolCallQueue.Part(index: start.index, id: start.id, name: name), message)
    }

    private func readBlockStop(_ payload: UnsafeRawBufferPointer, _ message: MessageWriter) throws(JSONError) {
        let index = try ConverseStart(payload).index
        if calls.knows(index) { calls.end(index, message) } else if !calls.isBusy { endBlock(message) }
    }

    private func apply(_ delta: ConverseDelta, _ message: MessageWriter) {
        if let input = delta.toolInput {
            guard calls.knows(delta.index) else {
                return message.fail(.unreadable("a piece of a tool call that is not open"))
            }
            return calls.add(ToolCallQueue.Part(index: delta.index, arguments: input), message)
        }
        if let text = delta.text, !text.bytes.isEmpty {
            if calls.isBusy || !reasoning.isEmpty { endBlock(message) }
            return message.text(text)
        }
        if calls.isBusy { endBlock(message) }
        if let text = delta.reasoning {
            reasoning.hasText = reasoning.hasText || !text.bytes.isEmpty
            message.thinking(text)
        }
        if let signature = delta.signature { reasoning.add(signature: signature) }
        if let redacted = delta.redacted { reasoning.add(redacted: redacted) }
    }

    private func endBlock(_ message: MessageWriter) {
        reasoning.tell(message)
        calls.flush(message)
        message.endBlock()
    }

    // MARK: The end

    private func readStop(_ payload: UnsafeRawBufferPointer) throws(JSONError) {
        ending = .finish(.endTurn)
        var cursor = JSONCursor(payload)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals("stopReason"), let reason = try cursor.stringOrSkip() {
                ending = Self.ending(reason)
            } else if !key.equals("stopReason") {
                try cursor.skipValue()
            }
        }
    }

    private static func ending(_ reason: JSONString) -> Ending {
        if reason.equals("tool_use") { return .finish(.toolUse) }
        if reason.equals("max_tokens") { return .finish(.maxTokens) }
        if reason.equals("stop_sequence") { return .finish(.stopSequence) }
        if reason.equals("guardrail_intervened") || reason.equals("content_filtered") { return .finish(.refusal) }
        if reason.equals("model_context_window_exceeded") { return .finish(.contextWindowExceeded) }
        if reason.equals("malformed_model_output") { return .fail(.unreadable("output that the model malformed")) }
        if reason.equals("malformed_tool_use") { return .fail(.unreadable("a tool call that the model malformed")) }
        return .finish(.endTurn)
    }

    private func readMetadata(_ payload: UnsafeRawBufferPointer, _ message: MessageWriter) throws(JSONError) {
        var cursor = JSONCursor(payload)
        var raw: UnsafeRawBufferPointer?
        var tier = ServiceTier.standard
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals("usage"), try cursor.peekKind() == .object {
                raw = cursor.bytes(try cursor.skipValue())
            } else if key.equals("serviceTier") {
                tier = try Self.readTier(&cursor)
            } else {
                try cursor.skipValue()
            }
        }
        guard let raw else { return }
        var usage = try ConverseUsage(raw).usage
        usage.serviceTier = tier
        message.use(usage, raw: raw)
        hasUsage = true
    }

    private static func readTier(_ cursor: inout JSONCursor) throws(JSONError) -> ServiceTier {
        var tier = ServiceTier.standard
        guard try cursor.enterObjectOrSkip() else { return tier }
        while let key = try cursor.nextKey() {
            if key.equals("type") {
                tier = try cursor.stringOrSkip().map { ServiceTier($0) } ?? .standard
            } else {
                try cursor.skipValue()
            }
        }
        return tier
    }
}
