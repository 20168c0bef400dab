import CScan

/// Reads request heads strictly by RFC 9112, as their bytes arrive. One per connection, used again by `reset()`.
///
/// Whatever two readers could understand differently is refused. A line is judged as soon as it is whole, so the result
/// does not depend on how the bytes were cut.
package struct RequestHeadParser: Sendable {
    /// The head; meaningful once `parse` has answered true.
    package private(set) var head = RequestHead()
    private var lines: HeadLines
    private var framing = FramingFields()
    private let maximumFields: Int
    private var stage = Stage.start

    private enum Stage {
        /// Nothing read; one empty line may come first (RFC 9112 §2.2).
        case start
        /// The empty line was read.
        case requestLine
        case fields
        case complete
    }

    /// - Parameters:
    ///   - maximumHeadBytes: 16...65535, the empty last line included.
    ///   - maximumFields: most field lines of a head.
    package init(maximumHeadBytes: Int = 32768, maximumFields: Int = 128) {
        precondition((16...65535).contains(maximumHeadBytes) && maximumFields > 0)
        self.lines = HeadLines(limit: maximumHeadBytes)
        self.maximumFields = maximumFields
    }

    /// Hands over the head that was read, and takes one whose memory the next one may use.
    package mutating func exchange(_ other: inout RequestHead) { swap(&head, &other) }

    /// Makes ready for the next request; holds no memory until it comes.
    package mutating func reset() {
        head = RequestHead()
        lines.reset()
        framing = FramingFields()
        stage = .start
    }

    /// Reads on. `bytes` are all bytes of the connection from the head's first one; more may follow the head.
    ///
    /// - Returns: true when the head is complete, in `head`.
    /// - Throws: the fault for which the request is refused; the parser is then of no further use.
    package mutating func parse(_ bytes: UnsafeRawBufferPointer) throws(HTTPParseError) -> Bool {
        if stage == .complete { return true }
        if stage == .start, bytes.count > 0 {
            head.fields.reserveCapacity(32)
            // No need to wait for a line of what is not HTTP.
            guard isTokenStart(bytes, 0) || bytes[0] == Ascii.carriageReturn || bytes[0] == Ascii.lineFeed else {
                throw .notHTTP
            }
        }
        while let line = try lines.next(bytes) {
            switch stage {
            case .start where line.isEmpty:
                stage = .requestLine
            case .start, .requestLine:
                try readRequestLine(bytes, line)
                stage = .fields
            case .fields where line.isEmpty:
                try finish()
                return true
            case .fields:
                try readField(bytes, line)
            case .complete:
                return true
            }
        }
        return false
    }

    private mutating func readRequestLine(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>
    ) throws(HTTPParseError) {
        guard let base = bytes.baseAddress, !line.isEmpty else { throw .requestLineMalformed }
        let methodEnd = line.lowerBound + tg_http_token_length(base + line.lowerBound, line.count)
        guard methodEnd > line.lowerBound, methodEnd < line.upperBound, bytes[methodEnd] == Ascii.space else {
            throw bytes.hasStrayReturn(line) ? .bareCarriageReturn : .requestLineMalformed
        }
        let targetStart = methodEnd + 1
        guard let targetEnd = bytes.firstIndex(of: Ascii.space, in: targetStart..<line.upperBound) else {
            throw bytes.hasStrayReturn(line) ? .bareCarriageReturn : .requestLineMalformed
        }
        head.methodRange = line.lowerBound..<methodEnd
        head.method = .recognise(bytes.slice(head.methodRange))
        head.minorVersion = try HTTPVersion.minor(bytes, targetEnd + 1..<line.upperBound)
        head.target = targetStart..<targetEnd
        if bytes.slice(head.methodRange).equals("CONNECT") { throw .methodUnsupported }
        let target = try RequestTarget(bytes, head.target, method: head.method)
        head.path = target.path
        head.query = target.query
    }

    private mutating func readField(_ bytes: UnsafeRawBufferPointer, _ line: Range<Int>) throws(HTTPParseError) {
        let field = try HeadLines.field(bytes, line)
        guard head.fields.count < maximumFields else { throw .tooManyFields }
        head.fields.append(field)
        switch field.name {
        case .host:
            framing.hosts += 1
            if framing.hosts > 1 { throw .hostRepeated }
            guard RequestTarget.isAuthority(bytes.slice(field.valueRange)) else { throw .hostInvalid }
        case .expect:
            guard !framing.expectsContinue, bytes.slice(field.valueRange).equalsIgnoringCase("100-continue") else {
                throw .expectationUnknown
            }
            framing.expectsContinue = true
        default:
            try framing.note(field, in: bytes)
        }
    }

    private mutating func finish() throws(HTTPParseError) {
        if head.minorVersion >= 1, framing.hosts == 0 { throw .hostMissing }
        try framing.check(minorVersion: head.minorVersion)
        if framing.isChunked {
            head.framing = .chunked
        } else if let length = framing.contentLength {
            head.framing = .length(length)
        }
        head.keepAlive = framing.keepsAlive(minorVersion: head.minorVersion)
        // A 1.0 client cannot wait for an interim answer (RFC 9110 §10.1.1).
        head.expectsContinue = framing.expectsContinue && head.minorVersion >= 1 && head.framing != .none
        head.nominatesFields = framing.nominates
        head.length = lines.start
        stage = .complete
    }

    private func isTokenStart(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> Bool {
        guard let base = bytes.baseAddress else { return false }
        return tg_http_token_length(base + index, 1) == 1
    }
}

extension UnsafeRawBufferPointer {
    /// Whether a CR stands inside a line.
    func hasStrayReturn(_ line: Range<Int>) -> Bool {
        firstIndex(of: Ascii.carriageReturn, in: line) != nil
    }
}
