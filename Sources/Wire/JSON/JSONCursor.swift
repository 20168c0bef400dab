import CScan

/// Reads a JSON text front to back without allocating: the caller says what it expects next.
///
///     var cursor = JSONCursor(bytes)
///     try cursor.enterObject()
///     while let key = try cursor.nextKey() {
///         if key.equals("input_tokens") { tokens = try cursor.readNumber().int64 } else { try cursor.skipValue() }
///     }
///     try cursor.finish()
///
/// Grammar, numbers, strings and nesting are checked as far as the reader goes; after an error the cursor is of no use.
package struct JSONCursor {
    private let source: UnsafeRawBufferPointer
    private let base: UnsafePointer<UInt8>?
    /// Bytes read so far.
    package private(set) var position: Int
    /// Containers open now.
    package private(set) var depth = 0
    /// One bit per open container, the innermost lowest, set for objects.
    private var objects: UInt128 = 0
    /// A value was read in this container: a comma or its end must follow.
    private var isBehindValue = false

    /// Containers that may be open at once.
    package static let maximumDepth = 128

    /// - Parameter bytes: the text; must outlive the cursor and every string it gives.
    package init(_ bytes: UnsafeRawBufferPointer) {
        self.source = bytes
        base = bytes.bindMemory(to: UInt8.self).baseAddress
        self.position = 0
    }

    /// The bytes of a range that the cursor gave, for example those of a value that was skipped.
    package func bytes(_ range: Range<Int>) -> UnsafeRawBufferPointer {
        source.slice(range)
    }

    // MARK: Containers

    /// The kind of the value that comes next, which is not read yet.
    package mutating func peekKind() throws(JSONError) -> JSONKind {
        let byte = try peek()
        guard let kind = JSONKind.beginning(with: byte) else { throw JSONError(.unexpectedByte, at: position) }
        return kind
    }

    /// Takes the `{` of an object; `nextKey` goes on. Throws `wrongType` for any other value.
    package mutating func enterObject() throws(JSONError) {
        try enter(.object)
    }

    /// Takes the `[` of an array; `nextElement` goes on. Throws `wrongType` for any other value.
    package mutating func enterArray() throws(JSONError) {
        try enter(.array)
    }

    /// The next member's name; its value must be read or skipped next. Nil at the object's end, which is then left.
    package mutating func nextKey() throws(JSONError) -> JSONString? {
        precondition(depth > 0 && objects & 1 == 1, "not inside an object")
        guard let base else { throw JSONError(.unexpectedEnd, at: source.count) }
        let found = tg_json_next_key(base, position, source.count, isBehindValue ? 1 : 0)
        position = found.position
        switch found.status {
        case TG_JSON_KEY_FOUND:
            isBehindValue = false
            return JSONString(
                UnsafeRawBufferPointer(start: base + found.key_start, count: found.key_end - found.key_start),
                hasEscapes: found.has_escapes != 0, offset: found.key_start)
        case TG_JSON_KEY_END:
            depth -= 1
            objects >>= 1
            isBehindValue = true
            return nil
        default: throw JSONError(found.fault, at: found.position)
        }
    }

    /// Whether another element follows, which must be read or skipped next. False at the array's end, which is left.
    package mutating func nextElement() throws(JSONError) -> Bool {
        precondition(depth > 0 && objects & 1 == 0, "not inside an array")
        if try reachesEnd(Ascii.closeBracket) { return false }
        isBehindValue = false
        return true
    }

    /// Checks that nothing but white space follows the text's one value.
    package mutating func finish() throws(JSONError) {
        skipWhitespace()
        guard depth == 0, isBehindValue else { throw JSONError(.unexpectedEnd, at: position) }
        guard position == source.count else { throw JSONError(.trailingBytes, at: position) }
    }

    private mutating func enter(_ kind: JSONKind) throws(JSONError) {
        guard try peekKind() == kind else { throw JSONError(.wrongType, at: position) }
        guard depth < JSONCursor.maximumDepth else { throw JSONError(.tooDeep, at: position) }
        position += 1
        depth += 1
        objects = objects << 1 | (kind == .object ? 1 : 0)
        isBehindValue = false
    }

    /// Takes the container's end, or the comma that must stand before another member or element.
    private mutating func reachesEnd(_ closing: UInt8) throws(JSONError) -> Bool {
        let byte = try peek()
        if byte == closing {
            position += 1
            depth -= 1
            objects >>= 1
            isBehindValue = true
            return true
        }
        guard isBehindValue else { return false }
        guard byte == Ascii.comma else { throw JSONError(.expectedCommaOrEnd, at: position) }
        position += 1
        // A comma promises another one: no end may follow.
        if try peek() == closing { throw JSONError(.unexpectedByte, at: position) }
        return false
    }

    // MARK: Values

    /// A string, with its escapes checked; `wrongType` for any other value.
    package mutating func readString() throws(JSONError) -> JSONString {
        guard try peekKind() == .string else { throw JSONError(.wrongType, at: position) }
        let string = try scanString()
        isBehindValue = true
        return string
    }

    /// A number; `wrongType` for any other value.
    package mutating func readNumber() throws(JSONError) -> JSONNumber {
        guard try peekKind() == .number, let base else { throw JSONError(.wrongType, at: position) }
        var isInteger: UInt32 = 0
        let found = tg_json_number_end(base, position, source.count, &isInteger)
        if found.fault != TG_JSON_NO_FAULT { throw JSONError(found.fault, at: found.end) }
        let number = JSONNumber(bytes: source.slice(position..<found.end), isInteger: isInteger != 0)
        position = found.end
        isBehindValue = true
        return number
    }

    /// `true` or `false`; `wrongType` for any other value.
    package mutating func readBool() throws(JSONError) -> Bool {
        guard try peekKind() == .bool else { throw JSONError(.wrongType, at: position) }
        let value = source[position] == UInt8(ascii: "t")
        try takeLiteral(value ? "true" : "false")
        return value
    }

    /// Reads `null` if it comes next; else reads nothing and answers false.
    package mutating func readNull() throws(JSONError) -> Bool {
        guard try peekKind() == .null else { return false }
        try takeLiteral("null")
        return true
    }

    /// Reads a value of any kind and answers where it stands. Does not recurse.
    @discardableResult
    package mutating func skipValue() throws(JSONError) -> Range<Int> {
        skipWhitespace()
        guard let base else { throw JSONError(.unexpectedEnd, at: source.count) }
        let start = position
        let found = tg_json_skip_value(base, start, source.count, UInt32(JSONCursor.maximumDepth - depth))
        position = found.end
        if found.fault != TG_JSON_NO_FAULT { throw JSONError(found.fault, at: found.end) }
        isBehindValue = true
        return start..<position
    }

    // MARK: Bytes

    private mutating func skipWhitespace() {
        guard let base else { return }
        while position < source.count, JSONText.isWhitespace(base[position]) { position += 1 }
    }

    /// The next byte that is no white space, not taken.
    @inline(__always)
    private mutating func peek() throws(JSONError) -> UInt8 {
        if let base, position < source.count, base[position] > Ascii.space { return base[position] }
        skipWhitespace()
        guard position < source.count else { throw JSONError(.unexpectedEnd, at: position) }
        return source[position]
    }

    private mutating func takeLiteral(_ text: StaticString) throws(JSONError) {
        let end = position + text.utf8CodeUnitCount
        guard end <= source.count, source.slice(position..<end).equals(text) else {
            throw JSONError(.invalidLiteral, at: position)
        }
        position = end
        isBehindValue = true
    }

    /// HOT: most bytes of a request are in its strings.
    private mutating func scanString() throws(JSONError) -> JSONString {
        let start = position + 1
        guard let base else { throw JSONError(.unexpectedEnd, at: source.count) }
        let found = tg_json_string_end(base, start, source.count)
        switch found.status {
        case TG_JSON_STRING_OK:
            position = found.end + 1
            return JSONString(source.slice(start..<found.end), hasEscapes: found.has_escapes != 0, offset: start)
        case TG_JSON_STRING_CONTROL: throw JSONError(.controlCharacter, at: found.end)
        case TG_JSON_STRING_ESCAPE: throw JSONError(.invalidEscape, at: found.end)
        default: throw JSONError(.unexpectedEnd, at: source.count)
        }
    }
}

enum JSONText {
    /// RFC 8259 §2.
    static func isWhitespace(_ byte: UInt8) -> Bool {
        byte == Ascii.space || byte == Ascii.lineFeed || byte == Ascii.carriageReturn || byte == Ascii.tab
    }
}

extension JSONError {
    /// What the walk through a text found.
    fileprivate init(_ fault: tg_json_fault, at offset: Int) {
        let reason: Reason =
            switch fault {
            case TG_JSON_UNEXPECTED_END: .unexpectedEnd
            case TG_JSON_EXPECTED_KEY: .expectedKey
            case TG_JSON_EXPECTED_COLON: .expectedColon
            case TG_JSON_EXPECTED_COMMA_OR_END: .expectedCommaOrEnd
            case TG_JSON_DEPTH_EXCEEDED: .tooDeep
            case TG_JSON_CONTROL_CHARACTER: .controlCharacter
            case TG_JSON_INVALID_ESCAPE: .invalidEscape
            case TG_JSON_INVALID_NUMBER: .invalidNumber
            case TG_JSON_INVALID_LITERAL: .invalidLiteral
            default: .unexpectedByte
            }
        self.init(reason, at: offset)
    }
}
