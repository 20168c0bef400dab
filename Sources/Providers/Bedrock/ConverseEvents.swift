import Wire

/// What a `contentBlockStart` says; `name` is absent for anything but a tool call.
struct ConverseStart {
    private(set) var index: Int64 = 0
    private(set) var id: JSONString?
    private(set) var name: JSONString?

    init(_ payload: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(payload)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals("contentBlockIndex") {
                index = try cursor.integerOrSkip() ?? 0
            } else if key.equals("start") {
                try readStart(&cursor)
            } else {
                try cursor.skipValue()
            }
        }
    }

    private mutating func readStart(_ cursor: inout JSONCursor) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return }
        while let key = try cursor.nextKey() {
            if key.equals("toolUse") { try readTool(&cursor) } else { try cursor.skipValue() }
        }
    }

    private mutating func readTool(_ cursor: inout JSONCursor) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return }
        while let key = try cursor.nextKey() {
            if key.equals("toolUseId") {
                id = try cursor.stringOrSkip()
            } else if key.equals("name") {
                name = try cursor.stringOrSkip()
            } else {
                try cursor.skipValue()
            }
        }
    }
}

/// What a `contentBlockDelta` brings. HOT: one for each piece of an answer.
struct ConverseDelta {
    private(set) var index: Int64 = 0
    private(set) var text: JSONString?
    /// A piece of the arguments' JSON text.
    private(set) var toolInput: JSONString?
    private(set) var reasoning: JSONString?
    private(set) var signature: JSONString?
    /// In Base64.
    private(set) var redacted: JSONString?

    init(_ payload: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(payload)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals("delta") {
                try readDelta(&cursor)
            } else if key.equals("contentBlockIndex") {
                index = try cursor.integerOrSkip() ?? 0
            } else {
                // Padding of random length.
                try cursor.skipValue()
            }
        }
    }

    private mutating func readDelta(_ cursor: inout JSONCursor) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return }
        while let key = try cursor.nextKey() {
            if key.equals("text") {
                text = try cursor.stringOrSkip()
            } else if key.equals("toolUse") {
                try readTool(&cursor)
            } else if key.equals("reasoningContent") {
                try readReasoning(&cursor)
            } else {
                try cursor.skipValue()
            }
        }
    }

    private mutating func readTool(_ cursor: inout JSONCursor) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return }
        while let key = try cursor.nextKey() {
            if key.equals("input") { toolInput = try cursor.stringOrSkip() } else { try cursor.skipValue() }
        }
    }

    private mutating func readReasoning(_ cursor: inout JSONCursor) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return }
        while let key = try cursor.nextKey() {
            if key.equals("text") {
                reasoning = try cursor.stringOrSkip()
            } else if key.equals("signature") {
                signature = try cursor.stringOrSkip()
            } else if key.equals("redactedContent") {
                redacted = try cursor.stringOrSkip()
            } else {
                try cursor.skipValue()
            }
        }
    }
}

/// The state of the reasoning block that is open, which may come in pieces.
struct ConverseReasoningPieces {
    private var signature: [UInt8] = []
    private var redacted: [UInt8] = []
    var hasText = false

    var isEmpty: Bool { signature.isEmpty && redacted.isEmpty && !hasText }

    mutating func add(signature piece: JSONString) {
        var decoded = ByteWriter()
        if (try? piece.append(to: &decoded)) != nil { signature += decoded.array }
    }

    /// Each piece is Base64 of its own.
    mutating func add(redacted piece: JSONString) {
        var text = ByteWriter(), decoded = ByteWriter()
        guard (try? piece.append(to: &text)) != nil, Base64.decode(text.bytes, to: &decoded) else { return }
        redacted += decoded.array
    }

    /// The block is over. A signature belongs to a text, so that it is worth nothing to who is not shown one.
    mutating func tell(_ message: MessageWriter) {
        if !signature.isEmpty, hasText, !message.context.omitsThinking {
            message.reasoning { state in
                state.append(byte: ConverseReasoning.signed)
                state.append(signature)
            }
        }
        if !redacted.isEmpty {
            message.reasoning { state in
                state.append(byte: ConverseReasoning.redacted)
                redacted.withUnsafeBytes { Base64.encode($0, to: &state) }
            }
        }
        self = ConverseReasoningPieces()
    }
}
