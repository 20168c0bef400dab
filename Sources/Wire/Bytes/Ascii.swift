import CScan

/// The bytes that the grammars of this room are made of.
enum Ascii {
    static let tab: UInt8 = 0x09
    static let lineFeed: UInt8 = 0x0A
    static let carriageReturn: UInt8 = 0x0D
    static let space: UInt8 = 0x20
    static let quote: UInt8 = 0x22
    static let plus: UInt8 = 0x2B
    static let comma: UInt8 = 0x2C
    static let minus: UInt8 = 0x2D
    static let dot: UInt8 = 0x2E
    static let slash: UInt8 = 0x2F
    static let zero: UInt8 = 0x30
    static let colon: UInt8 = 0x3A
    static let semicolon: UInt8 = 0x3B
    static let question: UInt8 = 0x3F
    static let openBracket: UInt8 = 0x5B
    static let backslash: UInt8 = 0x5C
    static let closeBracket: UInt8 = 0x5D
    static let openBrace: UInt8 = 0x7B
    static let closeBrace: UInt8 = 0x7D

    static func isDigit(_ byte: UInt8) -> Bool { byte &- zero < 10 }

    /// Optional white space between HTTP tokens: SP and HTAB.
    static func isBlank(_ byte: UInt8) -> Bool { byte == space || byte == tab }
}

extension StaticString {
    /// The literal's UTF-8.
    package var bytes: UnsafeRawBufferPointer {
        precondition(hasPointerRepresentation)
        return UnsafeRawBufferPointer(start: utf8Start, count: utf8CodeUnitCount)
    }
}

/// Searches in raw bytes; thin names for the C functions that do the work.
extension UnsafeRawBufferPointer {
    /// The same memory from `range.lowerBound` to `range.upperBound`, counted from 0 again.
    package func slice(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: self[range])
    }

    /// Index of the first `byte` in `range`, nil when there is none. `memchr`.
    package func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
        guard let baseAddress, range.lowerBound < range.upperBound else { return nil }
        let found = tg_find_byte(baseAddress + range.lowerBound, range.count, byte)
        return found == range.count ? nil : range.lowerBound + found
    }

    /// Index of the first CR or LF in `range`, nil when there is none.
    func firstLineEnd(in range: Range<Int>) -> Int? {
        guard let baseAddress, range.lowerBound < range.upperBound else { return nil }
        let found = tg_find_line_end(baseAddress + range.lowerBound, range.count)
        return found == range.count ? nil : range.lowerBound + found
    }

    /// Index where `needle` first begins, nil when it does not occur. `memmem`.
    package func firstIndex(of needle: StaticString) -> Int? {
        guard let baseAddress else { return nil }
        let found = tg_find_bytes(baseAddress, count, needle.utf8Start, needle.utf8CodeUnitCount)
        return found == count ? nil : found
    }

    /// Where from `start` on a JSON text may name what the gateway must know of, or hide a letter of its name behind an escape:
    /// `"image`, `"document`, `"container`, `"thinking`, `"redacted`, `"tollgate`, `\\u00`, `\\ud`. What is found may be something else.
    package func firstMark(from start: Int) -> Int? {
        guard let baseAddress, start < count else { return nil }
        let found = start + tg_find_mark(baseAddress + start, count - start)
        return found == count ? nil : found
    }

    /// Whether `other` stands at `start`.
    package func holds(_ other: UnsafeRawBufferPointer, at start: Int) -> Bool {
        guard count - start >= other.count else { return false }
        guard let baseAddress, let otherAddress = other.baseAddress else { return other.isEmpty }
        return tg_equal(baseAddress + start, otherAddress, other.count) != 0
    }

    /// Whether both hold the same bytes; stops at the first difference.
    package func equals(_ other: UnsafeRawBufferPointer) -> Bool { count == other.count && holds(other, at: 0) }

    /// Whether every byte is a letter, a digit, `_` or `-`: what every provider takes in names and ids.
    package var isPlainName: Bool { baseAddress.map { tg_plain_name_length($0, count) == count } ?? true }

    /// Whether every byte is below 0x80.
    package var isASCII: Bool { baseAddress.map { tg_is_ascii($0, count) != 0 } ?? true }

    /// Whether these bytes are exactly `text`.
    package func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        guard let baseAddress else { return true }
        return tg_equal(baseAddress, text.utf8Start, count) != 0
    }

    /// Whether these bytes begin with `text`.
    package func starts(with text: StaticString) -> Bool {
        count >= text.utf8CodeUnitCount && slice(0..<text.utf8CodeUnitCount).equals(text)
    }

    /// Whether these bytes are `lower` (written in small letters), capitals taken as small letters.
    package func equalsIgnoringCase(_ lower: StaticString) -> Bool {
        guard count == lower.utf8CodeUnitCount else { return false }
        guard let baseAddress else { return true }
        return tg_equal_ignoring_case(baseAddress, lower.utf8Start, count) != 0
    }

    /// Whether these bytes begin with `lower` (written in small letters), capitals taken as small letters.
    package func startsIgnoringCase(_ lower: StaticString) -> Bool {
        guard count >= lower.utf8CodeUnitCount, let baseAddress else { return false }
        return tg_equal_ignoring_case(baseAddress, lower.utf8Start, lower.utf8CodeUnitCount) != 0
    }

    /// Whether both hold the same bytes, in a time that depends on the length alone. For secrets and their digests.
    package func equalsInConstantTime(_ other: UnsafeRawBufferPointer) -> Bool {
        guard count == other.count else { return false }
        guard let baseAddress, let otherAddress = other.baseAddress else { return count == 0 }
        return tg_equal_constant_time(baseAddress, otherAddress, count) != 0
    }

    /// `range` without the blanks (SP, HTAB) at its ends.
    package func trimmingBlanks(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, Ascii.isBlank(self[start]) { start += 1 }
        while start < end, Ascii.isBlank(self[end - 1]) { end -= 1 }
        return start..<end
    }
}
