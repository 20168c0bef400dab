import CScan

/// Reads a JSON text front to back without allocating: the caller says what it expects next.
///
///     var cursor = JSONCursor(bytes)
///     try cursor.enterObject()
///     while let key = try cursor.nextKey() {
///         if key.equals("input_tokens") { tokens = try cursor.readInt64OrNull() } else { try cursor.skipValue() }
///     }
///     try cursor.finish()
///
/// Grammar, numbers, strings and nesting are checked as far as the reader goes; after an error the cursor is of no use.
package struct JSONCursor {
    private let source: UnsafeRawBufferPointer
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
        if try reachesEnd(Ascii.closeBrace) { return nil }
        guard try peek() == Ascii.quote else { throw JSONError(.expectedKey, at: position) }
        let key = try scanString()
        guard try peek() == Ascii.colon else { throw JSONError(.expectedColon, at: position) }
        position += 1
        isBehindValue = false
        return key
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
        guard try peekKind() == .number else { throw JSONError(.wrongType, at: position) }
        guard let (end, isInteger) = JSONNumber.end(source, from: position) else {
            throw JSONError(.invalidNumber, at: position)
        }
        let number = JSONNumber(bytes: source.slice(position..<end), isInteger: isInteger)
        position = end
        isBehindValue = true
        return number
    }

    /// An integer that fits; `wrongType` for a fraction or a larger one.
    package mutating func readInt64() throws(JSONError) -> Int64 {
        let start = position
        guard let value = try readNumber().int64 else { throw JSONError(.wrongType, at: start) }
        return value
    }

    /// An integer that fits, or nil for `null`.
    package mutating func readInt64OrNull() throws(JSONError) -> Int64? {
        try readNull() ? nil : try readInt64()
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
        let outside = depth
        _ = try peek()
        let start = position
        try skipOne()
        while depth > outside {
            if objects & 1 == 1 {
                if try nextKey() != nil { try skipOne() }
            } else if try nextElement() {
                try skipOne()
            }
        }
        return start..<position
    }

    /// Reads a scalar, or enters a container.
    private mutating func skipOne() throws(JSONError) {
        switch try peekKind() {
        case .object: try enter(.object)
        case .array: try enter(.array)
        case .string: _ = try readString()
        case .number: _ = try readNumber()
        case .bool: _ = try readBool()
        case .null: _ = try readNull()
        }
    }

    // MARK: Bytes

    private mutating func skipWhitespace() {
        while position < source.count, JSONText.isWhitespace(source[position]) { position += 1 }
    }

    /// The next byte that is no white space, not taken.
    private mutating func peek() throws(JSONError) -> UInt8 {
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
        guard let base = source.bindMemory(to: UInt8.self).baseAddress else {
            throw JSONError(.unexpectedEnd, at: source.count)
        }
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
