/// A `baggage` header (W3C Baggage §3.2): names and values that a client sends along with its trace.
package enum Baggage {
    /// The value of a member, percent-decoded; `nil` when it is not there or no baggage. Properties of members are left out.
    /// The first of several with the same name counts.
    package static func value(of name: String, in header: UnsafeRawBufferPointer) -> String? {
        guard header.count <= maximumBytes else { return nil }
        let wanted = Array(name.utf8)
        for member in header.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: true) {
            let pair = member.prefix { $0 != UInt8(ascii: ";") }
            guard let equals = pair.firstIndex(of: UInt8(ascii: "=")) else { continue }
            guard trimmed(pair[..<equals]).elementsEqual(wanted) else { continue }
            let value = trimmed(pair[pair.index(after: equals)...])
            return PercentEncoding.decode(Substring(String(decoding: value, as: UTF8.self)))
        }
        return nil
    }

    /// What every platform must carry (W3C Baggage §3.3.2); more is not read.
    private static let maximumBytes = 8_192

    private static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        var bytes = bytes.drop { $0 == 0x20 || $0 == 0x09 }
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        return bytes
    }
}
