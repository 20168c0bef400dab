import Wire

/// How a provider's opaque reasoning state travels through a client that knows only Anthropic's thinking blocks: in `signature`,
/// or in `data` of a redacted block. Its prefix names who minted it, because nobody else can use it: a state of another account or
/// model is dropped, and none of ours is ever sent to Anthropic.
package struct ReasoningState: Sendable, Equatable {
    /// `tollgate/1/{account}/{model}/`, the model percent-encoded.
    package let prefix: [UInt8]
    package static let mark: StaticString = "tollgate/1/"

    package init(account: String, model: String) {
        var text = "\(Self.mark)\(account)/"
        for byte in model.utf8 {
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x3A, 0x5F, 0x40:
                text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += "%" + String(byte, radix: 16)
            }
        }
        prefix = Array((text + "/").utf8)
    }

    /// Whether a thinking block, as JSON, holds a state that was minted here: Anthropic would refuse the whole request for it (T-8).
    static func isMinted(block: UnsafeRawBufferPointer) throws(JSONError) -> Bool {
        var cursor = JSONCursor(block)
        guard try cursor.enterObjectOrSkip() else { return false }
        while let key = try cursor.nextKey() {
            guard key.equals("signature") || key.equals("data") else {
                try cursor.skipValue()
                continue
            }
            if let value = try cursor.stringOrSkip(), value.bytes.holds(mark.bytes, at: 0) { return true }
        }
        return false
    }

    /// The state that this account and model minted; `nil` for anybody else's.
    package func payload(of signature: JSONString) -> UnsafeRawBufferPointer? {
        guard !signature.hasEscapes, signature.bytes.count > prefix.count else { return nil }
        guard signature.bytes.slice(0..<prefix.count).elementsEqual(prefix) else { return nil }
        return signature.bytes.slice(prefix.count..<signature.bytes.count)
    }
}
