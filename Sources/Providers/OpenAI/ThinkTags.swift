import Wire

/// Cuts `<think>…</think>` out of the text of local models that have no field for it (T-39). Only at the beginning of an answer:
/// later the tags are what the model writes about. The tags may be cut anywhere.
struct ThinkTags {
    private enum State {
        /// What came could be the beginning of the tag.
        case start([UInt8])
        case inside([UInt8])
        /// Line breaks behind the tag belong to nothing.
        case behind
        case text
    }
    private var state = State.start([])
    private var pieces = PieceDecoder()
    private static let opening = Array("<think>".utf8)
    private static let closing = Array("</think>".utf8)

    mutating func pass(_ piece: JSONString, _ message: MessageWriter) {
        if case .text = state, !pieces.isHolding { return message.text(piece) }
        var decoded = ByteWriter()
        guard (try? pieces.append(piece, to: &decoded)) != nil else { return message.malformed("text") }
        decoded.withBytes { pass(Array($0), message) }
    }

    private mutating func pass(_ bytes: [UInt8], _ message: MessageWriter) {
        switch state {
        case .start(let held): start(held + bytes, message)
        case .inside(let held): inside(held + bytes, message)
        case .behind:
            let rest = bytes.drop { $0 == 0x0A || $0 == 0x0D || $0 == 0x20 }
            guard !rest.isEmpty else { return }
            state = .text
            Self.text(Array(rest), message)
        case .text: Self.text(bytes, message)
        }
    }

    private mutating func start(_ bytes: [UInt8], _ message: MessageWriter) {
        let rest = bytes.drop { $0 == 0x0A || $0 == 0x20 }
        if rest.starts(with: Self.opening) {
            state = .inside([])
            return inside(Array(rest.dropFirst(Self.opening.count)), message)
        }
        if Self.opening.starts(with: rest) {
            state = .start(bytes)
        } else {
            state = .text
            Self.text(bytes, message)
        }
    }

    private mutating func inside(_ bytes: [UInt8], _ message: MessageWriter) {
        let last = bytes.count - Self.closing.count
        if last >= 0, let end = (0...last).first(where: { bytes[$0...].starts(with: Self.closing) }) {
            Self.thinking(Array(bytes[..<end]), message)
            message.endBlock()
            state = .behind
            return pass(Array(bytes[(end + Self.closing.count)...]), message)
        }
        var keep = min(Self.closing.count - 1, bytes.count)
        while keep > 0, !bytes[(bytes.count - keep)...].elementsEqual(Self.closing[..<keep]) { keep -= 1 }
        Self.thinking(Array(bytes[..<(bytes.count - keep)]), message)
        state = .inside(Array(bytes[(bytes.count - keep)...]))
    }

    /// The text is over; what was held back is part of it.
    mutating func end(_ message: MessageWriter) {
        var half = ByteWriter()
        pieces.end(&half)
        if !half.isEmpty { pass(half.array, message) }
        switch state {
        case .start(let held): Self.text(held, message)
        case .inside(let held): Self.thinking(held, message)
        case .behind, .text: break
        }
        state = .text
    }

    private static func text(_ bytes: [UInt8], _ message: MessageWriter) {
        bytes.withUnsafeBytes { message.text(utf8: $0) }
    }

    private static func thinking(_ bytes: [UInt8], _ message: MessageWriter) {
        guard !bytes.isEmpty else { return }
        var json = JSONWriter()
        bytes.withUnsafeBytes { json.value(utf8: $0) }
        let quoted = json.bytes
        message.thinking(JSONString(quoted.slice(1..<quoted.count - 1), hasEscapes: true))
    }
}
