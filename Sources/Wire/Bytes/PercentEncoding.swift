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

    /// The text with all but the unreserved characters (RFC 3986 §2.3) encoded, in capitals.
    package static func encode(_ text: some StringProtocol) -> String {
        var output = ByteWriter()
        append(text.utf8, to: &output)
        return output.text
    }

    /// Appends the bytes with all but the unreserved characters encoded, in capitals; `/` stays too if it is asked for.
    package static func append(_ bytes: some Sequence<UInt8>, keepsSlash: Bool = false, to output: inout ByteWriter) {
        for byte in bytes {
            if isUnreserved(byte) || keepsSlash && byte == Ascii.slash {
                output.append(byte: byte)
            } else {
                output.append("%")
                output.append(byte: capitals[Int(byte >> 4)])
                output.append(byte: capitals[Int(byte & 15)])
            }
        }
    }

    private static let capitals = Array("0123456789ABCDEF".utf8)

    private static func isUnreserved(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
