import Glibc

/// The addresses that begin with the same bits: `10.0.0.0/8`, `fd00::/8`. Pure.
struct AddressRange {
    /// Of the network, in the order of the wire: 4 or 16.
    private let bytes: [UInt8]
    private let bits: Int

    /// `nil` when the text is no such range.
    init?(_ text: Substring) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let bytes = Self.bytes(String(parts[0])), let bits = Int(parts[1]),
            (0...bytes.count * 8).contains(bits)
        else { return nil }
        (self.bytes, self.bits) = (bytes, bits)
    }

    /// Whether a host is an address of it; a name is not.
    func contains(_ host: String) -> Bool {
        guard let other = Self.bytes(host), other.count == bytes.count else { return false }
        let whole = bits / 8, mask = ~(UInt8.max >> UInt8(bits % 8))
        return other[..<whole] == bytes[..<whole] && (mask == 0 || (other[whole] ^ bytes[whole]) & mask == 0)
    }

    private static func bytes(_ text: String) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 { return Array(bytes.prefix(4)) }
        return inet_pton(AF_INET6, text, &bytes) == 1 ? bytes : nil
    }
}
