import Wire

/// A part of a turn of the model, as it goes back to it. A signature returns in the part that it came with (T-9).
/// https://ai.google.dev/gemini-api/docs/thought-signatures
struct GeminiPart {
    enum Kind {
        case text(TextRun)
        case thought(JSONString)
        case call(MessagesRequest.ToolUse)
    }

    enum Signature {
        case none
        case own(UnsafeRawBufferPointer)
        /// Another model made the call.
        case foreign
    }

    let kind: Kind
    var signature = Signature.none

    /// - Parameter needsSignature: the first call must have one, be it a dummy.
    static func parts(of content: [Conversation.Content], needsSignature: Bool) -> [GeminiPart] {
        var parts: [GeminiPart] = []
        /// A call's signature, which stands before it.
        var waiting = Signature.none
        for item in content {
            switch item {
            case .text(let text): parts.append(GeminiPart(kind: .text(text)))
            case .toolUse(let call):
                parts.append(GeminiPart(kind: .call(call), signature: waiting))
                waiting = .none
            case .reasoning(let state, let text):
                guard let (place, signature) = GeminiState.read(state) else { continue }
                if place == .call { waiting = .own(signature) } else { attach(signature, place, text, to: &parts) }
            default: break
            }
        }
        if needsSignature { signFirstCall(&parts) }
        return parts
    }

    private static func attach(
        _ signature: UnsafeRawBufferPointer, _ place: GeminiState, _ summary: JSONString?, to parts: inout [GeminiPart]
    ) {
        switch place {
        case .call: break
        case .text:
            if let last = parts.indices.last, case .text = parts[last].kind, case .none = parts[last].signature {
                parts[last].signature = .own(signature)
            } else {
                attach(signature, .emptyText, summary, to: &parts)
            }
        case .emptyText: parts.append(GeminiPart(kind: .text(TextRun()), signature: .own(signature)))
        case .thought:
            guard let summary else { return }
            parts.append(GeminiPart(kind: .thought(summary), signature: .own(signature)))
        }
    }

    private static func signFirstCall(_ parts: inout [GeminiPart]) {
        let first = parts.firstIndex { if case .call = $0.kind { true } else { false } }
        guard let first, case .none = parts[first].signature else { return }
        parts[first].signature = .foreign
    }
}

/// The kind of part that a signature came with: the first byte of the state that travels through the client.
enum GeminiState: UInt8 {
    case call = 0x66
    case text = 0x74
    /// A text part without text: how a stream ends.
    case emptyText = 0x65
    case thought = 0x68

    func write(_ signature: UnsafeRawBufferPointer, to state: inout ByteWriter) {
        state.append(byte: rawValue)
        state.append(":")
        state.append(signature)
    }

    static func read(_ state: UnsafeRawBufferPointer) -> (GeminiState, UnsafeRawBufferPointer)? {
        guard state.count > 2, state[1] == UInt8(ascii: ":"), let place = GeminiState(rawValue: state[0]) else {
            return nil
        }
        return (place, state.slice(2..<state.count))
    }

    /// Base64 of both alphabets; nothing else is let into the client's history.
    static func isSignature(_ bytes: UnsafeRawBufferPointer) -> Bool {
        !bytes.isEmpty && bytes.allSatisfy { ToolNames.isPlain($0) || $0 == 0x2B || $0 == 0x2F || $0 == 0x3D }
    }
}
