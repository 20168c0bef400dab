/// Hexadecimal digits (RFC 4648 §8), written in small letters.
package enum Hex {
    /// The digit for a value of 0...15.
    static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? value + 0x30 : value + 0x57
    }

    /// The value of a digit of either case, nil when `byte` is none.
    package static func value(of byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x61...0x66: byte - 0x57
        case 0x41...0x46: byte - 0x37
        default: nil
        }
    }

    /// Two digits per byte.
    package static func encode(_ bytes: UnsafeRawBufferPointer) -> String {
        String(unsafeUninitializedCapacity: bytes.count * 2) { room in
            for (index, byte) in bytes.enumerated() {
                room[2 * index] = digit(byte >> 4)
                room[2 * index + 1] = digit(byte & 15)
            }
            return bytes.count * 2
        }
    }

    /// Two digits per byte.
    package static func encode(_ bytes: [UInt8]) -> String {
        bytes.withUnsafeBytes { encode($0) }
    }

    /// Reads digits of either case; nil for an odd count or any other character.
    package static func decode(_ digits: UnsafeRawBufferPointer) -> [UInt8]? {
        guard digits.count.isMultiple(of: 2) else { return nil }
        var result: [UInt8] = []
        result.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(of: digits[index]), let low = value(of: digits[index + 1]) else { return nil }
            result.append(high << 4 | low)
        }
        return result
    }

    /// Reads digits of either case; nil for an odd count or any other character.
    package static func decode(_ digits: String) -> [UInt8]? {
        var digits = digits
        return digits.withUTF8 { decode(UnsafeRawBufferPointer($0)) }
    }

    /// Reads 1...16 digits of small letters as a number; nil for anything else. The form of trace identifiers.
    static func lowercaseNumber(_ digits: UnsafeRawBufferPointer) -> UInt64? {
        guard (1...16).contains(digits.count) else { return nil }
        var number: UInt64 = 0
        for byte in digits {
            guard let value = value(of: byte), !(0x41...0x46).contains(byte) else { return nil }
            number = number << 4 | UInt64(value)
        }
        return number
    }
}
