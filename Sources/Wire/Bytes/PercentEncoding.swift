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
}
