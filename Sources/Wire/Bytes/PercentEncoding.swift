/// Percent-encoded text (RFC 3986 §2.1).
package enum PercentEncoding {
    /// The text without its encoding. A `%` that two hexadecimal digits do not follow stands for itself; bytes that are not UTF-8
    /// become U+FFFD.
    package static func decode(_ text: some StringProtocol) -> String {
        var bytes: [UInt8] = [], rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), let high = rest.first, let low = rest.dropFirst().first,
                let upper = Hex.value(of: high), let lower = Hex.value(of: low)
            {
                bytes.append(upper << 4 | lower)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text as one segment of a path: all but unreserved characters and `@` (RFC 3986 §2.3, §3.3) encoded.
    package static func encode(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E, 0x40:
                encoded.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                encoded += "%"
                for digit in [byte >> 4, byte & 15] {
                    encoded.unicodeScalars.append(Unicode.Scalar(digit < 10 ? 0x30 + digit : 0x37 + digit))
                }
            }
        }
        return encoded
    }
}
