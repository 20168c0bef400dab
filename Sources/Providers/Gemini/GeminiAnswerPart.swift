import Wire

/// A part of an answer: its fields come in any order, so that they are told when all of them are read.
struct GeminiAnswerPart {
    private var text: JSONString?
    private var isThought = false
    private var signature: JSONString?
    private var call: Call?
    /// It is of a kind that has no counterpart.
    private var isOther = false

    private struct Call {
        var id: JSONString?
        var name: JSONString?
        var arguments: UnsafeRawBufferPointer?
    }

    /// `nil` for anything that is no object.
    init?(_ cursor: inout JSONCursor) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return nil }
        while let key = try cursor.nextKey() {
            if key.equals("text") {
                text = try cursor.stringOrSkip()
            } else if key.equals("thought") {
                if try cursor.peekKind() == .bool { isThought = try cursor.readBool() } else { try cursor.skipValue() }
            } else if key.equals("thoughtSignature") {
                signature = try cursor.stringOrSkip()
            } else if key.equals("functionCall") {
                call = try Self.readCall(&cursor)
            } else {
                isOther = true
                try cursor.skipValue()
            }
        }
    }

    private static func readCall(_ cursor: inout JSONCursor) throws(JSONError) -> Call? {
        guard try cursor.enterObjectOrSkip() else { return nil }
        var call = Call()
        while let key = try cursor.nextKey() {
            if key.equals("id") {
                call.id = try cursor.stringOrSkip()
            } else if key.equals("name") {
                call.name = try cursor.stringOrSkip()
            } else if key.equals("args"), try cursor.peekKind() != .null {
                call.arguments = cursor.bytes(try cursor.skipValue())
            } else {
                try cursor.skipValue()
            }
        }
        return call
    }

    func tell(_ message: MessageWriter) {
        // Behind a stop sequence nothing counts.
        if message.isStopped { return }
        if let call { return tell(call, message) }
        if isThought {
            if let text { message.thinking(text) }
            return keep(.thought, message)
        }
        if let text { message.text(text) }
        if text != nil || !isOther { keep(text?.bytes.isEmpty ?? true ? .emptyText : .text, message) }
    }

    /// T-9: the signature stands before its call.
    private func tell(_ call: Call, _ message: MessageWriter) {
        keep(.call, message)
        message.tool(id: call.id, name: call.name ?? JSONString(literal: "unknown"))
        if let arguments = call.arguments { message.toolInput(json: arguments) }
        message.endBlock()
    }

    private func keep(_ place: GeminiState, _ message: MessageWriter) {
        guard let signature else { return }
        // Google escapes `=` in some places.
        var decoded = ByteWriter(capacity: signature.bytes.count)
        guard (try? signature.append(to: &decoded)) != nil else { return }
        decoded.withBytes { bytes in
            guard GeminiState.isSignature(bytes) else { return }
            message.reasoning { place.write(bytes, to: &$0) }
        }
    }
}
