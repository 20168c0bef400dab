import Wire

/// What an answer says of itself, besides its content.
package struct MessageFacts: Sendable {
    package var id = ""
    package var model = ""
    package var stopReason = ""
    /// `error.type`, of an error body or an `error` event.
    package var errorType = ""
    /// The last usage object as it was sent, at most `maximumUsage` bytes.
    package var rawUsage: [UInt8] = []
    package var reducer = UsageReducer()
    /// A provider of another dialect counted tokens, and they were none; nor was anything told.
    package var hasEmptyReport = false
    /// The client's tools that it calls for, in their order.
    package var tools: [AskedTool] = []

    package init() {}

    /// What was refused, and counted as nothing, was not charged.
    package var isFreeRefusal: Bool { stopReason == "refusal" && hasEmptyReport && !reducer.hasReport }

    static let maximumUsage = 1_024
    private static let maximumText = 256

    /// Reads a whole answer: its content, which may be long, is passed over by the scanner.
    mutating func read(answer bytes: UnsafeRawBufferPointer, _ scanner: inout JSONObjectScanner) throws(JSONError) {
        scanner.reset()
        try scanner.finish(bytes)
        var content: Range<Int>?
        for member in scanner.members {
            if member.keyEquals("id", in: bytes) {
                id = try Self.text(member, bytes) ?? id
            } else if member.keyEquals("model", in: bytes) {
                model = try Self.text(member, bytes) ?? model
            } else if member.keyEquals("stop_reason", in: bytes) {
                stopReason = try Self.text(member, bytes) ?? stopReason
            } else if member.keyEquals("usage", in: bytes), member.kind == .object {
                keep(bytes.slice(member.value))
                try reducer.started(bytes.slice(member.value))
            } else if member.keyEquals("error", in: bytes), member.kind == .object {
                errorType = try Self.errorType(bytes.slice(member.value))
            } else if member.keyEquals("content", in: bytes), member.kind == .array {
                content = member.value
            }
        }
        if stopReason == "tool_use", let content { try read(content: bytes.slice(content)) }
    }

    private static func text(_ member: JSONMember, _ bytes: UnsafeRawBufferPointer) throws(JSONError) -> String? {
        guard let string = member.string(in: bytes), string.bytes.count <= maximumText else { return nil }
        return try string.decoded()
    }

    /// Reads a message object: `message_start`'s.
    mutating func read(message bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(bytes)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals("id") {
                id = try Self.text(&cursor) ?? id
            } else if key.equals("model") {
                model = try Self.text(&cursor) ?? model
            } else if key.equals("stop_reason") {
                stopReason = try Self.text(&cursor) ?? stopReason
            } else if key.equals("usage"), try cursor.peekKind() == .object {
                let usage = bytes.slice(try cursor.skipValue())
                keep(usage)
                try reducer.started(usage)
            } else if key.equals("error"), try cursor.peekKind() == .object {
                errorType = try Self.errorType(bytes.slice(try cursor.skipValue()))
            } else {
                _ = try cursor.skipValue()
            }
        }
        try cursor.finish()
    }

    /// Reads the data of a `message_start`, `message_delta` or `error` event.
    mutating func read(event bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(bytes)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            guard try cursor.peekKind() == .object else {
                _ = try cursor.skipValue()
                continue
            }
            let value = bytes.slice(try cursor.skipValue())
            if key.equals("message") {
                try read(message: value)
            } else if key.equals("usage") {
                keep(value)
                try reducer.changed(value)
            } else if key.equals("delta") {
                try read(delta: value)
            } else if key.equals("error") {
                errorType = try Self.errorType(value)
            }
        }
        try cursor.finish()
    }

    private mutating func read(delta bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(bytes)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals("stop_reason") {
                stopReason = try Self.text(&cursor) ?? stopReason
            } else {
                _ = try cursor.skipValue()
            }
        }
    }

    /// What a provider of another dialect reports, in our classes.
    mutating func report(_ usage: TokenUsage, raw: UnsafeRawBufferPointer) {
        keep(raw)
        reducer.report(usage)
    }

    private mutating func keep(_ usage: UnsafeRawBufferPointer) {
        if usage.count <= Self.maximumUsage {
            rawUsage = Array(usage)
        } else if usage.firstIndex(of: "\"advisor_message\"") != nil {
            // Too long to be kept; but that there was advice tells why the row costs more than its tokens.
            rawUsage = Array(#"{"iterations":[{"type":"advisor_message"}]}"#.utf8)
        }
    }

    private static func text(_ cursor: inout JSONCursor) throws(JSONError) -> String? {
        guard try cursor.peekKind() == .string else {
            _ = try cursor.skipValue()
            return nil
        }
        let string = try cursor.readString()
        return string.bytes.count <= maximumText ? try string.decoded() : nil
    }

    private static func errorType(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> String {
        var cursor = JSONCursor(bytes), type = ""
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals("type") {
                type = try text(&cursor) ?? type
            } else {
                _ = try cursor.skipValue()
            }
        }
        return type
    }
}
