/// What a stretch of a binary event stream was.
package enum EventStreamEvent {
    /// A whole message.
    case message(EventStreamMessage)
    /// All bytes given are used up.
    case needMore
}

/// Follows a stream of `application/vnd.amazon.eventstream` that arrives in pieces. HOT.
///
/// A frame is: its length, the headers' length, CRC-32 of these eight bytes, headers, payload, CRC-32 of all before it; numbers
/// of four bytes, the highest first. A frame that lies whole in the bytes given is lent where it stands, else it is gathered in
/// a bounded buffer. https://smithy.io/2.0/aws/amazon-eventstream.html
package struct EventStreamParser: ~Copyable, Sendable {
    /// Bytes of a frame that was cut.
    private var carry = ByteWriter()
    /// The frame in `carry` is complete and lent: the next call forgets it.
    private var carryIsLent = false
    /// What `carry` must hold to go on: a prelude, then the whole frame.
    private var needed = Self.preludeLength

    package static let maximumHeaderBytes = 128 * 1024
    package static let maximumPayloadBytes = 24 * 1024 * 1024
    private static let preludeLength = 12
    /// Prelude and the last checksum.
    private static let frameOverhead = 16

    package init() {}

    /// Makes ready for the next stream.
    package mutating func reset() {
        carry.reset(keepingAtMost: 65536)
        carryIsLent = false
        needed = Self.preludeLength
    }

    /// Reads on from `position`, which moves behind what was used: behind a message, or to the end.
    ///
    /// - Throws: the fault for which the stream is given up; the parser is then of no further use.
    package mutating func next(
        _ bytes: UnsafeRawBufferPointer, _ position: inout Int
    ) throws(EventStreamError) -> EventStreamEvent {
        if carryIsLent { reset() }
        if carry.isEmpty, let message = try readInPlace(bytes, &position) { return .message(message) }
        while position < bytes.count {
            let taken = min(needed - carry.count, bytes.count - position)
            carry.append(bytes.slice(position..<position + taken))
            position += taken
            guard carry.count == needed else { break }
            let length = try Self.frameLength(carry.bytes)
            if carry.count == length {
                carryIsLent = true
                return .message(try Self.message(carry.bytes))
            }
            needed = length
        }
        return .needMore
    }

    private func readInPlace(
        _ bytes: UnsafeRawBufferPointer, _ position: inout Int
    ) throws(EventStreamError) -> EventStreamMessage? {
        let rest = bytes.slice(position..<bytes.count)
        guard rest.count >= Self.preludeLength else { return nil }
        let length = try Self.frameLength(rest)
        guard rest.count >= length else { return nil }
        position += length
        return try Self.message(rest.slice(0..<length))
    }

    /// The length of the frame that begins with `bytes`, at least a prelude, which is checked.
    private static func frameLength(_ bytes: UnsafeRawBufferPointer) throws(EventStreamError) -> Int {
        guard CRC32.of(bytes.slice(0..<8)) == bytes.bigEndian(at: 8) else { throw .preludeDamaged }
        let total = Int(bytes.bigEndian(at: 0) as UInt32), headers = Int(bytes.bigEndian(at: 4) as UInt32)
        guard headers <= maximumHeaderBytes else { throw .headersTooLarge }
        guard total >= headers + frameOverhead else { throw .lengthsImpossible }
        guard total - headers - frameOverhead <= maximumPayloadBytes else { throw .payloadTooLarge }
        return total
    }

    /// The message of a whole frame whose prelude was checked.
    private static func message(_ frame: UnsafeRawBufferPointer) throws(EventStreamError) -> EventStreamMessage {
        let end = frame.count - 4
        guard CRC32.of(frame.slice(0..<end)) == frame.bigEndian(at: end) else { throw .messageDamaged }
        let headersEnd = preludeLength + Int(frame.bigEndian(at: 4) as UInt32)
        return try EventStreamMessage(
            headers: frame.slice(preludeLength..<headersEnd), payload: frame.slice(headersEnd..<end))
    }
}
