/// The id of a request: in the `request-id` header, in logs and spans, and as the row id of the ledger.
///
/// 63 bits, so that it is a positive SQLite row id: 41 bits of milliseconds since 2020-01-01 (until 2089), 6 bits of
/// loop, 16 bits of sequence. Rows therefore lie in the order of time, and a range of time is a range of row ids:
/// the largest table needs no index. As text `req_` and 13 digits of Crockford's base 32 in lower case; the order
/// of the texts is the order of the ids.
package struct RequestID: RawRepresentable, Hashable, Comparable, BitwiseCopyable, Sendable {
    /// The row id.
    package let rawValue: Int64

    /// Any non-negative integer is an id.
    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    init(milliseconds: Int64, loop: Int, sequence: Int) {
        rawValue = milliseconds << 22 | Int64(loop) << 16 | Int64(sequence)
    }

    package static func < (left: RequestID, right: RequestID) -> Bool { left.rawValue < right.rawValue }

    /// Milliseconds from the Unix epoch to that of the ids, 2020-01-01T00:00:00Z.
    static let epochMilliseconds: Int64 = 1_577_836_800_000

    /// The id's time in milliseconds since the Unix epoch: what decides the row's place in a report.
    package var unixMilliseconds: Int64 { (rawValue >> 22) + Self.epochMilliseconds }

    /// The smallest id of a moment, clamped to the range of ids.
    static func first(atUnixMilliseconds milliseconds: Int64) -> RequestID {
        let since = min(max(milliseconds &- epochMilliseconds, 0), (1 << 41) - 1)
        return RequestID(milliseconds: since, loop: 0, sequence: 0)
    }
}

extension RequestID: CustomStringConvertible, LosslessStringConvertible {
    /// Bytes of the text form.
    package static let textLength = 17

    private static let digits: StaticString = "0123456789abcdefghjkmnpqrstvwxyz"

    /// Writes the text form into the first 17 bytes. HOT.
    package func write(into buffer: UnsafeMutableRawBufferPointer) {
        precondition(buffer.count >= Self.textLength, "a request id needs \(Self.textLength) bytes")
        buffer[0] = 0x72
        buffer[1] = 0x65
        buffer[2] = 0x71
        buffer[3] = 0x5F
        var rest = rawValue
        for position in stride(from: Self.textLength - 1, through: 4, by: -1) {
            buffer[position] = Self.digits.utf8Start[Int(rest & 31)]
            rest >>= 5
        }
    }

    package var description: String {
        String(unsafeUninitializedCapacity: Self.textLength) { buffer in
            write(into: UnsafeMutableRawBufferPointer(buffer))
            return Self.textLength
        }
    }

    /// Parses the text form; `nil` for anything that `description` does not produce.
    package init?(_ description: String) {
        let text = Array(description.utf8)
        guard text.count == Self.textLength, text.starts(with: "req_".utf8) else { return nil }
        var value: UInt64 = 0
        for byte in text[4...] {
            guard let digit = (0..<32).first(where: { Self.digits.utf8Start[$0] == byte }) else { return nil }
            // The first digit carries three bits of the 63.
            guard value >> 58 == 0 else { return nil }
            value = value << 5 | UInt64(digit)
        }
        self.init(rawValue: Int64(value))
    }
}
