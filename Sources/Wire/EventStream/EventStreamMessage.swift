/// One message of a binary event stream, its checksums and headers checked. Every view into it is valid until the parser is
/// called again and only as long as the bytes given to it are.
package struct EventStreamMessage {
    /// What a message tells of.
    package enum Kind: Sendable {
        /// A part of the answer; `eventType` names it.
        case event
        /// The operation failed in a way that its model describes; `exceptionType` names it.
        case exception
        /// It failed otherwise; `errorCode` and `errorMessage` tell how.
        case error
    }

    /// From `:message-type`.
    package let kind: Kind
    /// Behind the headers.
    package let payload: UnsafeRawBufferPointer
    private let headers: UnsafeRawBufferPointer
    /// The type or code, depending on the kind.
    private var name = Self.nothing
    private var sentence = Self.nothing

    /// From `:event-type`, as `chunk`; empty for another kind of message.
    package var eventType: UnsafeRawBufferPointer { kind == .event ? name : Self.nothing }
    /// From `:exception-type`, as `throttlingException`; empty for another kind of message.
    package var exceptionType: UnsafeRawBufferPointer { kind == .exception ? name : Self.nothing }
    /// From `:error-code`; empty for another kind of message.
    package var errorCode: UnsafeRawBufferPointer { kind == .error ? name : Self.nothing }
    /// From `:error-message`; empty for another kind of message.
    package var errorMessage: UnsafeRawBufferPointer { sentence }

    private static var nothing: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

    /// Reads a frame's inside.
    init(headers: UnsafeRawBufferPointer, payload: UnsafeRawBufferPointer) throws(EventStreamError) {
        self.headers = headers
        self.payload = payload
        var found = Found()
        var reader = EventStreamHeaderReader(headers)
        while let (name, value) = try reader.next() { try found.note(name, value) }
        switch found.messageType {
        case let type? where type.equals("event"): (kind, name) = (.event, found.eventType ?? Self.nothing)
        case let type? where type.equals("exception"): (kind, name) = (.exception, found.exceptionType ?? Self.nothing)
        case let type? where type.equals("error"):
            (kind, name) = (.error, found.errorCode ?? Self.nothing)
            sentence = found.errorMessage ?? Self.nothing
        default: throw .messageTypeUnknown
        }
    }

    /// The value of a header by its whole name, as `:content-type`; cold.
    package func header(_ wanted: StaticString) -> EventStreamValue? {
        var reader = EventStreamHeaderReader(headers)
        while let (name, value) = try? reader.next() {
            if name.equals(wanted) { return value }
        }
        return nil
    }

    /// The headers with a meaning of their own; each must be a string and stand there once.
    private struct Found {
        var messageType, eventType, exceptionType, errorCode, errorMessage: UnsafeRawBufferPointer?

        mutating func note(_ name: UnsafeRawBufferPointer, _ value: EventStreamValue) throws(EventStreamError) {
            guard name[0] == Ascii.colon else { return }
            if name.equals(":message-type") { try set(&messageType, value) }
            if name.equals(":event-type") { try set(&eventType, value) }
            if name.equals(":exception-type") { try set(&exceptionType, value) }
            if name.equals(":error-code") { try set(&errorCode, value) }
            if name.equals(":error-message") { try set(&errorMessage, value) }
        }

        private func set(
            _ place: inout UnsafeRawBufferPointer?, _ value: EventStreamValue
        ) throws(EventStreamError) {
            guard case .string(let text) = value else { throw .headerMalformed }
            guard place == nil else { throw .headerRepeated }
            place = text
        }
    }
}
