/// Finds secrets that were sent somewhere in what comes back from there, whole or in pieces, and overwrites them with `*`: the
/// length stays, so that a message's framing and its JSON stay as they are.
///
/// A piece is a run of at least twelve bytes of a secret, wherever it stands: so escaping or cutting hides none of it. A secret
/// of eight to eleven bytes is found whole; a shorter one guards nothing and would be found in ordinary words. Pure. For what is
/// rare and small, as errors are: looks at every byte.
package struct EchoMask: Sendable {
    /// Bytes of the shortest piece.
    package static let shortestPiece = 12
    private static let gram = 8
    private static let star = UInt8(ascii: "*")

    private var secrets: [[UInt8]] = []
    /// The eight bytes at each place of each secret: where in which secret they stand. Open addressing; -1: empty.
    private var table: [Int32] = []
    private var places: [(gram: UInt64, secret: Int, offset: Int)] = []

    package init() {}

    package var isEmpty: Bool { secrets.isEmpty }

    /// Hides this as well, unless it is too short to be a secret.
    package mutating func hide(_ secret: UnsafeRawBufferPointer) {
        guard secret.count >= Self.gram else { return }
        let number = secrets.count
        secrets.append(Array(secret))
        for offset in 0...(secret.count - Self.gram) {
            places.append((Self.gram(secret, at: offset), number, offset))
        }
        rebuild()
    }

    // MARK: Masking

    /// Overwrites what is found; false: there was nothing.
    @discardableResult
    package func mask(_ bytes: inout [UInt8]) -> Bool {
        let found = bytes.withUnsafeBytes { runs(in: $0) }
        for run in found {
            for index in run { bytes[index] = Self.star }
        }
        return !found.isEmpty
    }

    package func masked(_ text: String) -> String {
        guard !isEmpty, text.utf8.count >= Self.gram else { return text }
        var bytes = Array(text.utf8)
        return mask(&bytes) ? String(decoding: bytes, as: UTF8.self) : text
    }

    /// A copy, with what is found overwritten.
    package func masked(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
        var copy = Array(bytes)
        mask(&copy)
        return copy
    }

    /// Where there is a secret or a piece of one, in their order; they may overlap.
    func runs(in bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
        guard !isEmpty, bytes.count >= Self.gram else { return [] }
        var found: [Range<Int>] = [], index = 0
        while index + Self.gram <= bytes.count {
            let length = longestMatch(in: bytes, at: index)
            if length > 0 { found.append(index..<index + length) }
            // The end of one piece may be the beginning of another.
            index += max(1, length - Self.gram + 1)
        }
        return found
    }

    /// How many bytes from here on are a secret or a piece of one; 0: none.
    private func longestMatch(in bytes: UnsafeRawBufferPointer, at index: Int) -> Int {
        let wanted = Self.gram(bytes, at: index), last = table.count - 1
        var slot = Self.slot(wanted, last), longest = 0
        while table[slot] >= 0 {
            let place = places[Int(table[slot])]
            if place.gram == wanted {
                let secret = secrets[place.secret]
                var length = Self.gram
                while place.offset + length < secret.count, index + length < bytes.count,
                    secret[place.offset + length] == bytes[index + length]
                {
                    length += 1
                }
                if length >= min(Self.shortestPiece, secret.count) { longest = max(longest, length) }
            }
            slot = (slot + 1) & last
        }
        return longest
    }

    // MARK: Table

    private mutating func rebuild() {
        var size = 16
        while size < places.count * 4 { size *= 2 }
        table = [Int32](repeating: -1, count: size)
        for (number, place) in places.enumerated() {
            var slot = Self.slot(place.gram, size - 1)
            while table[slot] >= 0 { slot = (slot + 1) & (size - 1) }
            table[slot] = Int32(number)
        }
    }

    private static func slot(_ gram: UInt64, _ last: Int) -> Int {
        Int(truncatingIfNeeded: (gram &* 0x9E37_79B9_7F4A_7C15) >> 32) & last
    }

    private static func gram(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }
}

/// The same for bytes that come in pieces: what may be the beginning of a secret waits for the next piece.
package struct EchoMaskStream {
    private let mask: EchoMask
    /// As they came, with a mark for each that was found already.
    private var waiting: [UInt8] = []
    private var marks: [Bool] = []

    package init(_ mask: EchoMask) { self.mask = mask }

    /// What may go on; all of it at the end.
    package mutating func pass(_ bytes: UnsafeRawBufferPointer, isLast: Bool) -> [UInt8] {
        waiting.append(contentsOf: bytes)
        marks.append(contentsOf: repeatElement(false, count: bytes.count))
        for run in waiting.withUnsafeBytes({ mask.runs(in: $0) }) {
            for index in run { marks[index] = true }
        }
        let count = isLast ? waiting.count : max(0, waiting.count - EchoMask.shortestPiece + 1)
        let ready = (0..<count).map { marks[$0] ? UInt8(ascii: "*") : waiting[$0] }
        waiting.removeFirst(count)
        marks.removeFirst(count)
        return ready
    }
}
