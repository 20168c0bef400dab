import Wire

/// A digest that is the same in every process and version (FNV-1a, 64 bits): for names that must be found again from the history
/// alone. Not for secrets.
enum StableDigest {
    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { digest = (digest ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return digest
    }
}

/// Tool names as a provider takes them (T-17): one that is too long, or has characters that it refuses, is shortened to its
/// beginning and a digest, always to the same, and answers get the client's name back.
package struct ToolNames: Sendable {
    private let limit: Int
    /// A name begins with a letter or `_`.
    private let beginsWithLetter: Bool
    /// By the provider's name, the client's.
    private var originals: [[UInt8]: [UInt8]] = [:]

    /// `limit`: bytes that a name may have.
    package init(limit: Int, beginsWithLetter: Bool = false) {
        self.limit = limit
        self.beginsWithLetter = beginsWithLetter
    }

    package var isEmpty: Bool { originals.isEmpty }

    /// Writes the provider's name as a string. True if it is another than the client's.
    package mutating func write(_ name: JSONString, _ writer: inout JSONWriter) -> Bool {
        if name.bytes.count <= limit, name.bytes.isPlainName, !needsLetter(name.bytes) {
            writer.value(name)
            return false
        }
        let short = shortened(name.bytes)
        originals[short] = Array(name.bytes)
        short.withUnsafeBytes { writer.value(utf8: $0) }
        return true
    }

    /// The client's name for a provider's; `nil`: it is the same.
    package func original(of name: JSONString) -> [UInt8]? {
        originals.isEmpty ? nil : originals[Array(name.bytes)]
    }

    private func needsLetter(_ name: UnsafeRawBufferPointer) -> Bool {
        guard beginsWithLetter, let first = name.first else { return false }
        return first == UInt8(ascii: "-") || (0x30...0x39).contains(first)
    }

    private func shortened(_ name: UnsafeRawBufferPointer) -> [UInt8] {
        var short = ByteWriter(capacity: limit)
        if needsLetter(name) { short.append("_") }
        for byte in name.prefix(limit - 17 - short.count) {
            short.append(byte: Self.isPlain(byte) ? byte : UInt8(ascii: "_"))
        }
        short.append("_")
        short.append(hex: StableDigest.of(name), width: 16)
        return short.array
    }

    /// What every provider takes: letters, digits, `_` and `-`.
    static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
        default: false
        }
    }
}

/// Call ids as a provider takes them (T-18): one that is too long or has other characters is replaced by a digest of it.
enum CallID {
    static let limit = 64

    static func isFit(_ id: JSONString, limit: Int = limit) -> Bool {
        !id.bytes.isEmpty && id.bytes.count <= limit && id.bytes.isPlainName
    }

    static func write(_ id: JSONString, _ writer: inout JSONWriter) {
        if isFit(id) { return writer.value(id) }
        var text = ByteWriter(capacity: 32)
        text.append("call_")
        text.append(hex: StableDigest.of(id.bytes), width: 16)
        writer.value(utf8: text.bytes)
    }

    /// Whether a provider's id may go to the client: of the characters that Anthropic takes, and long enough to be unique in a
    /// conversation (`call_0` comes again with each turn).
    static func isUnique(_ id: JSONString) -> Bool { isFit(id) && id.bytes.count >= 12 }
}
