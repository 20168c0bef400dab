import CScan

/// The elements of a comma-separated field value (RFC 9110 §5.6.1), trimmed, empty ones left out, nothing allocated.
///
/// Quoted strings are not understood: use it for lists of tokens (`Connection`, `Transfer-Encoding`, `anthropic-beta`).
package struct HTTPList: Sequence, IteratorProtocol {
    private let bytes: UnsafeRawBufferPointer
    private let end: Int
    private var position: Int

    /// `bytes` must outlive the iteration.
    package init(_ bytes: UnsafeRawBufferPointer, _ value: Range<Int>) {
        self.bytes = bytes
        self.position = value.lowerBound
        self.end = value.upperBound
    }

    /// The next element, as offsets into the bytes given.
    package mutating func next() -> Range<Int>? {
        while position < end {
            let comma = bytes.firstIndex(of: Ascii.comma, in: position..<end) ?? end
            let element = bytes.trimmingBlanks(position..<comma)
            position = comma + 1
            if !element.isEmpty { return element }
        }
        return nil
    }
}

/// What the field lines say about framing and the connection's future, gathered line by line.
struct FramingFields: Sendable {
    var contentLength: Int64?
    var isChunked = false
    var hosts = 0
    var expectsContinue = false
    var saysClose = false
    var saysKeepAlive = false
    var nominates = false

    mutating func note(_ field: HTTPField, in bytes: UnsafeRawBufferPointer) throws(HTTPParseError) {
        switch field.name {
        case .contentLength:
            if contentLength != nil { throw .contentLengthRepeated }
            contentLength = try FramingFields.length(bytes.slice(field.valueRange))
        case .transferEncoding:
            if isChunked { throw .transferEncodingInvalid }
            try FramingFields.checkCoding(bytes, field.valueRange)
            isChunked = true
        case .connection:
            noteConnection(bytes, field.valueRange)
        default:
            break
        }
    }

    private mutating func noteConnection(_ bytes: UnsafeRawBufferPointer, _ value: Range<Int>) {
        for element in HTTPList(bytes, value) {
            let option = bytes.slice(element)
            if option.equalsIgnoringCase("close") {
                saysClose = true
            } else if option.equalsIgnoringCase("keep-alive") {
                saysKeepAlive = true
            } else {
                nominates = true
            }
        }
    }

    /// Whether the connection stays open after this message (RFC 9112 §9.3).
    func keepsAlive(minorVersion: Int) -> Bool {
        !saysClose && (minorVersion >= 1 || saysKeepAlive)
    }

    /// Both lengths at once, or a coding that HTTP/1.0 does not have, make the framing ambiguous (RFC 9112 §6.1).
    func check(minorVersion: Int) throws(HTTPParseError) {
        guard isChunked else { return }
        if minorVersion == 0 { throw .transferEncodingInOldVersion }
        if contentLength != nil { throw .bothLengths }
    }

    /// Digits only: no sign, no blank, no list.
    private static func length(_ value: UnsafeRawBufferPointer) throws(HTTPParseError) -> Int64 {
        guard value.count > 0, value.allSatisfy(Ascii.isDigit) else { throw .contentLengthInvalid }
        // A long number that begins with zeros need not be large; nobody writes one without meaning to confuse.
        guard value.count <= 18 else {
            throw value[0] == Ascii.zero ? .contentLengthInvalid : .contentLengthTooLarge
        }
        return value.reduce(into: 0) { $0 = $0 * 10 + Int64($1 - Ascii.zero) }
    }

    /// Only `chunked`, once and alone, is known; `chunked` anywhere but last is a framing attack rather than a wish.
    private static func checkCoding(_ bytes: UnsafeRawBufferPointer, _ value: Range<Int>) throws(HTTPParseError) {
        if bytes.slice(value).equalsIgnoringCase("chunked") { return }
        var codings = 0
        var chunked = 0
        var lastIsChunked = false
        for element in HTTPList(bytes, value) {
            let coding = bytes.slice(element)
            guard let base = coding.baseAddress, tg_http_token_length(base, coding.count) == coding.count else {
                throw .transferEncodingInvalid
            }
            codings += 1
            lastIsChunked = coding.equalsIgnoringCase("chunked")
            if lastIsChunked { chunked += 1 }
        }
        let misplaced = chunked > 1 || (chunked == 1 && !lastIsChunked)
        // `chunked` with nothing but empty elements beside it is an invalid value too.
        throw misplaced || codings == chunked ? .transferEncodingInvalid : .transferEncodingUnknown
    }
}
