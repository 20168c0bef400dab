import Wire

/// Claude's answer by InvokeModelWithResponseStream: each frame carries one event of the Messages API in Base64, which becomes the
/// same event of an event stream, byte for byte. HOT.
/// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
package struct InvokeStream: ~Copyable, Sendable {
    private var parser = EventStreamParser()
    /// The event that is being passed on.
    private var event = ByteWriter()
    /// `message_stop` or `error` has come: the stream is whole.
    package private(set) var hasEnded = false

    package init() {}

    /// Appends the events that are complete. What is in `output` holds, also when it throws.
    ///
    /// - Throws: what the provider failed of, or that its frames are damaged; nothing more can be read then.
    package mutating func consume(
        _ bytes: UnsafeRawBufferPointer, into output: inout ByteWriter
    ) throws(UpstreamFailure) {
        var position = 0
        while let frame = try next(bytes, &position) {
            switch frame.kind {
            case .exception:
                throw UpstreamFailure(
                    exception: frame.exceptionType, payload: frame.payload, sent: [.image, .document])
            case .error: throw UpstreamFailure(error: frame)
            case .event: if frame.eventType.equals("chunk") { try pass(frame.payload, into: &output) }
            }
        }
    }

    /// The body is over.
    ///
    /// - Throws: that it was cut, when its last event has not come.
    package func end() throws(UpstreamFailure) {
        if !hasEnded { throw .cut }
    }

    private mutating func next(
        _ bytes: UnsafeRawBufferPointer, _ position: inout Int
    ) throws(UpstreamFailure) -> EventStreamMessage? {
        do throws(EventStreamError) {
            switch try parser.next(bytes, &position) {
            case .needMore: return nil
            case .message(let frame): return frame
            }
        } catch {
            throw UpstreamFailure(error)
        }
    }

    private mutating func pass(
        _ payload: UnsafeRawBufferPointer, into output: inout ByteWriter
    ) throws(UpstreamFailure) {
        do throws(JSONError) {
            guard try decode(payload), let type = try Self.string("type", in: event.bytes), Self.isPlain(type) else {
                throw JSONError(.wrongType, at: 0)
            }
            output.reserve(event.count + 64)
            output.append("event: ")
            output.append(type.bytes)
            output.append("\n")
            let isLast = type.equals("message_stop")
            if isLast || type.equals("error") { hasEnded = true }
            if isLast { return try passLast(into: &output) }
            SSEWriter.append(event: "", data: event, to: &output)
        } catch {
            throw .unreadable("a chunk that is no event")
        }
    }

    /// The last event may have Bedrock's figures in it, which are no part of the Messages API.
    private func passLast(into output: inout ByteWriter) throws(JSONError) {
        var edit = BodyEdit(event.bytes)
        try edit.remove([BodyField("amazon-bedrock-invocationMetrics")])
        var cut = ByteWriter(capacity: event.count)
        edit.write(into: &cut)
        SSEWriter.append(event: "", data: cut, to: &output)
    }

    /// Puts the event of a chunk into `event`; false if there is none.
    private mutating func decode(_ payload: UnsafeRawBufferPointer) throws(JSONError) -> Bool {
        event.reset(keepingAtMost: 64 * 1024)
        guard let text = try Self.string("bytes", in: payload) else { return false }
        guard text.hasEscapes else { return Base64.decode(text.bytes, to: &event) }
        var decoded = ByteWriter(capacity: text.bytes.count)
        try text.append(to: &decoded)
        return Base64.decode(decoded.bytes, to: &event)
    }

    /// The string that is the member of that name; what stands behind it is not read.
    private static func string(
        _ name: StaticString, in object: UnsafeRawBufferPointer
    ) throws(JSONError) -> JSONString? {
        var cursor = JSONCursor(object)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals(name) { return try cursor.stringOrSkip() }
            try cursor.skipValue()
        }
        return nil
    }

    private static func isPlain(_ type: JSONString) -> Bool {
        !type.bytes.isEmpty && type.bytes.isPlainName
    }
}

/// The same as an answer that stands between Bedrock and the client.
package final class InvokeAnswer: AnswerTransform {
    private var stream = InvokeStream()
    private var meter = MessageStreamMeter()
    private var output = ByteWriter()
    private let requestID: String
    package private(set) var hasBegun = false
    package private(set) var failure: UpstreamFailure?

    /// - Parameter requestID: ours, for an error event.
    package init(requestID: String) { self.requestID = requestID }

    package var hasEnded: Bool { failure != nil || stream.hasEnded }
    package var estimatedOutput: Int64 { meter.estimatedOutput }
    package var isAnswered: Bool { meter.hasStarted }

    package var facts: MessageFacts {
        var facts = meter.facts
        if let failure { facts.errorType = failure.type }
        return facts
    }

    package func consume(_ bytes: UnsafeRawBufferPointer) {
        guard !hasEnded else { return }
        let start = output.count
        var fault: UpstreamFailure?
        do throws(UpstreamFailure) {
            try stream.consume(bytes, into: &output)
        } catch {
            fault = error
        }
        if output.count > start {
            hasBegun = true
            meter.consume(output.bytes.slice(start..<output.count))
        }
        if let fault { fail(fault) }
    }

    package func end() {
        guard !hasEnded else { return }
        do throws(UpstreamFailure) {
            try stream.end()
        } catch {
            fail(error)
        }
    }

    /// The first event is Claude's; until then a ping says that we are here.
    package func begin() {
        guard !hasBegun, !hasEnded else { return }
        hasBegun = true
        SSEWriter.appendPing(to: &output)
    }

    package func fail(_ failure: UpstreamFailure) {
        guard !hasEnded else { return }
        self.failure = failure
        if hasBegun { failure.appendEvent(requestID: requestID, to: &output) }
    }

    package var readyBytes: Int { output.count }

    package func takeOutput(_ body: (UnsafeRawBufferPointer) -> Void) {
        body(output.bytes)
        output.reset(keepingAtMost: 64 * 1024)
    }
}
