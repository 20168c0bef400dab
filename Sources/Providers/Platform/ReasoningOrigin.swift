import Wire

/// Whose reasoning a thinking block holds, as far as its signature tells. Claude signs with base64 of a message that begins with
/// a field 2 (the first byte is 0x12), on all platforms alike; servers that only speak as Anthropic does put there what they like:
/// nothing, an id, a short hash.
package enum ReasoningOrigin: Sendable, Equatable {
    /// Looks as Claude's signatures do.
    case claude
    /// Claude cannot have signed this.
    case unlikeClaude
    /// Tollgate's own marks, and what cannot be told.
    case unknown

    /// Shorter ones were never seen of Claude: a key's id and a signature stand in it.
    private static let shortest = 64
    /// Nothing this short is a signature at all.
    private static let surelyTooShort = 40

    /// `nil`: the block, as JSON, is no reasoning.
    package init?(block: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(block)
        guard try cursor.enterObjectOrSkip() else { return nil }
        var isReasoning = false, signature: JSONString?
        while let key = try cursor.nextKey() {
            if key.equals("type") {
                let type = try cursor.stringOrSkip()
                isReasoning = type.map { $0.equals("thinking") || $0.equals("redacted_thinking") } ?? false
            } else if key.equals("signature") || key.equals("data") {
                signature = try cursor.stringOrSkip() ?? signature
            } else {
                try cursor.skipValue()
            }
        }
        guard isReasoning else { return nil }
        self = signature.map { Self.origin(of: $0.bytes) } ?? .unlikeClaude
    }

    private static func origin(of signature: UnsafeRawBufferPointer) -> ReasoningOrigin {
        if signature.holds(ReasoningState.mark.bytes, at: 0) { return .unknown }
        guard signature.count >= surelyTooShort, signature.allSatisfy({ isBase64($0) }) else { return .unlikeClaude }
        // 0x12 and a length: `E`, then one of the letters whose two highest bits of six are `10`.
        guard signature.count >= shortest, signature[0] == UInt8(ascii: "E"),
            (UInt8(ascii: "g")...UInt8(ascii: "v")).contains(signature[1])
        else { return .unknown }
        return .claude
    }

    private static func isBase64(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="),
            UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
