/// The grammar of an object's first level (RFC 8259 §4), driven by the places of its marks: every quote, comma, colon
/// and bracket that stands at depth 0 or 1. What lies between two marks is white space, a scalar, or the inside of a
/// string or container.
struct JSONObjectGrammar: Sendable {
    private(set) var members: [JSONMember] = []
    private let maximumMembers: Int
    private var state = State.start
    /// First byte behind the last mark.
    private var gap = 0
    private var key = 0..<0
    private var keyHasEscapes = false
    private var valueStart = 0

    private enum State {
        /// `{` must come.
        case start
        /// A name or `}`.
        case keyOrEnd
        /// A name.
        case key
        /// The quote that ends a name.
        case inKey
        case colon
        /// A value; a scalar shows itself only by the mark behind it.
        case value
        /// The quote that ends a string value.
        case inString
        /// The bracket that ends a container.
        case inContainer
        case commaOrEnd
        /// Nothing.
        case end
    }

    init(maximumMembers: Int) {
        self.maximumMembers = maximumMembers
    }

    mutating func reset() {
        var kept = members
        members = []
        kept.removeAll(keepingCapacity: true)
        self = JSONObjectGrammar(maximumMembers: maximumMembers)
        members = kept
    }

    /// Reads marks in order and answers the first fault.
    mutating func read(
        _ marks: Slice<UnsafeMutableBufferPointer<Int>>, offset: Int, in body: UnsafeRawBufferPointer
    ) -> JSONError? {
        for mark in marks {
            do throws(JSONError) {
                try read(mark + offset, body)
            } catch {
                return error
            }
            gap = mark + offset + 1
        }
        return nil
    }

    /// Checks that the object has ended and only white space follows.
    func finish(_ body: UnsafeRawBufferPointer) throws(JSONError) {
        switch state {
        case .end: try expectBlank(body, upTo: body.count, else: .trailingBytes)
        case .start:
            try expectBlank(body, upTo: body.count, else: .notAnObject)
            throw JSONError(.unexpectedEnd, at: body.count)
        default: throw JSONError(.unexpectedEnd, at: body.count)
        }
    }

    private mutating func read(_ mark: Int, _ body: UnsafeRawBufferPointer) throws(JSONError) {
        let byte = body[mark]
        switch state {
        case .start:
            try expectBlank(body, upTo: mark, else: .notAnObject)
            guard byte == Ascii.openBrace else { throw JSONError(.notAnObject, at: mark) }
            state = .keyOrEnd
        case .keyOrEnd, .key:
            try expectBlank(body, upTo: mark, else: .expectedKey)
            if byte == Ascii.closeBrace, state == .keyOrEnd {
                state = .end
            } else {
                guard byte == Ascii.quote else { throw JSONError(.expectedKey, at: mark) }
                state = .inKey
            }
        case .inKey:
            key = gap..<mark
            keyHasEscapes = try JSONObjectGrammar.checkEscapes(body, key)
            state = .colon
        case .colon:
            try expectBlank(body, upTo: mark, else: .expectedColon)
            guard byte == Ascii.colon else { throw JSONError(.expectedColon, at: mark) }
            state = .value
        case .value:
            try readValue(mark, byte, body)
        case .inString:
            _ = try JSONObjectGrammar.checkEscapes(body, gap..<mark)
            try append(valueStart..<mark + 1, .string)
            state = .commaOrEnd
        case .inContainer:
            try append(valueStart..<mark + 1, body[valueStart] == Ascii.openBrace ? .object : .array)
            state = .commaOrEnd
        case .commaOrEnd:
            try expectBlank(body, upTo: mark, else: .expectedCommaOrEnd)
            try readSeparator(mark, byte)
        case .end:
            try expectBlank(body, upTo: mark, else: .trailingBytes)
            throw JSONError(.trailingBytes, at: mark)
        }
    }

    private mutating func readValue(_ mark: Int, _ byte: UInt8, _ body: UnsafeRawBufferPointer) throws(JSONError) {
        switch byte {
        case Ascii.quote, Ascii.openBrace, Ascii.openBracket:
            try expectBlank(body, upTo: mark, else: .unexpectedByte)
            valueStart = mark
            state = byte == Ascii.quote ? .inString : .inContainer
        default:
            var (start, end) = (gap, mark)
            while start < end, JSONText.isWhitespace(body[start]) { start += 1 }
            while start < end, JSONText.isWhitespace(body[end - 1]) { end -= 1 }
            guard start < end else { throw JSONError(.unexpectedByte, at: mark) }
            try append(start..<end, JSONObjectGrammar.scalar(body, start..<end))
            try readSeparator(mark, byte)
        }
    }

    private mutating func readSeparator(_ mark: Int, _ byte: UInt8) throws(JSONError) {
        switch byte {
        case Ascii.comma: state = .key
        case Ascii.closeBrace: state = .end
        default: throw JSONError(.expectedCommaOrEnd, at: mark)
        }
    }

    private mutating func append(_ value: Range<Int>, _ kind: JSONKind) throws(JSONError) {
        guard members.count < maximumMembers else { throw JSONError(.tooManyMembers, at: value.lowerBound) }
        // A request has a dozen.
        if members.isEmpty { members.reserveCapacity(16) }
        members.append(JSONMember(key: key, keyHasEscapes: keyHasEscapes, value: value, kind: kind))
    }

    private func expectBlank(
        _ body: UnsafeRawBufferPointer, upTo end: Int, else reason: JSONError.Reason
    ) throws(JSONError) {
        for index in gap..<end where !JSONText.isWhitespace(body[index]) { throw JSONError(reason, at: index) }
    }

    /// Whether there are escapes in the inside of a string; throws for one that JSON does not know.
    private static func checkEscapes(_ body: UnsafeRawBufferPointer, _ range: Range<Int>) throws(JSONError) -> Bool {
        var position = range.lowerBound
        while let escape = body.firstIndex(of: Ascii.backslash, in: position..<range.upperBound) {
            guard let length = JSONEscape.length(body, at: escape, end: range.upperBound) else {
                throw JSONError(.invalidEscape, at: escape)
            }
            position = escape + length
        }
        return position > range.lowerBound
    }

    private static func scalar(_ body: UnsafeRawBufferPointer, _ range: Range<Int>) throws(JSONError) -> JSONKind {
        let text = body.slice(range)
        switch JSONKind.beginning(with: text[0]) {
        case .number:
            guard let (end, _) = JSONNumber.end(text, from: 0), end == text.count else {
                throw JSONError(.invalidNumber, at: range.lowerBound)
            }
            return .number
        case .bool where text.equals("true") || text.equals("false"): return .bool
        case .null where text.equals("null"): return .null
        default: throw JSONError(.invalidLiteral, at: range.lowerBound)
        }
    }
}
