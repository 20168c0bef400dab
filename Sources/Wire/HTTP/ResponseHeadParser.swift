import CScan

/// Reads response heads strictly by RFC 9112, as their bytes arrive. One per connection, used again by `reset()`.
package struct ResponseHeadParser: Sendable {
    /// The head; meaningful once `parse` has answered true.
    package private(set) var head = ResponseHead()
    private var lines: HeadLines
    private var framing = FramingFields()
    private let maximumFields: Int
    private var stage = Stage.statusLine

    private enum Stage {
        case statusLine, fields, complete
    }

    /// - Parameters:
    ///   - maximumHeadBytes: 16...65535, the empty last line included.
    ///   - maximumFields: most field lines of a head.
    package init(maximumHeadBytes: Int = 32768, maximumFields: Int = 128) {
        precondition((16...65535).contains(maximumHeadBytes) && maximumFields > 0)
        self.lines = HeadLines(limit: maximumHeadBytes)
        self.maximumFields = maximumFields
        head.fields.reserveCapacity(32)
    }

    /// Hands over the head that was read, and takes one whose memory the next one may use.
    package mutating func exchange(_ other: inout ResponseHead) { swap(&head, &other) }

    /// Makes ready for the next response, also for the one after an interim one; the field array keeps its memory.
    package mutating func reset() {
        var fields = head.fields
        head.fields = []
        fields.removeAll(keepingCapacity: true)
        head = ResponseHead()
        head.fields = fields
        lines.reset()
        framing = FramingFields()
        stage = .statusLine
    }

    /// Reads on. `bytes` are all bytes of the connection from the head's first one; more may follow the head.
    ///
    /// - Parameter method: what was asked; the answer to HEAD has no body whatever its fields say.
    /// - Returns: true when the head is complete, in `head`.
    /// - Throws: the fault for which the connection is given up; the parser is then of no further use.
    package mutating func parse(
        _ bytes: UnsafeRawBufferPointer, forMethod method: HTTPMethod
    ) throws(HTTPParseError) -> Bool {
        if stage == .complete { return true }
        if stage == .statusLine, bytes.count > 0, bytes[0] != UInt8(ascii: "H") { throw .notHTTP }
        while let line = try lines.next(bytes) {
            switch stage {
            case .statusLine:
                try readStatusLine(bytes, line)
                stage = .fields
            case .fields where line.isEmpty:
                try finish(method)
                return true
            case .fields:
                let field = try HeadLines.field(bytes, line)
                guard head.fields.count < maximumFields else { throw .tooManyFields }
                head.fields.append(field)
                try framing.note(field, in: bytes)
            case .complete:
                return true
            }
        }
        return false
    }

    private mutating func readStatusLine(
        _ bytes: UnsafeRawBufferPointer, _ line: Range<Int>
    ) throws(HTTPParseError) {
        let start = line.lowerBound
        guard line.count >= 12, bytes[start + 8] == Ascii.space else { throw .statusLineMalformed }
        head.minorVersion = try HTTPVersion.minor(bytes, start..<start + 8)
        var status = 0
        for index in start + 9..<start + 12 {
            guard Ascii.isDigit(bytes[index]) else { throw .statusLineMalformed }
            status = status * 10 + Int(bytes[index] - Ascii.zero)
        }
        guard status >= 100 else { throw .statusLineMalformed }
        head.status = status
        // Some servers leave the space out when they have no reason to give.
        guard line.count > 12 else {
            head.reason = line.upperBound..<line.upperBound
            return
        }
        guard bytes[start + 12] == Ascii.space else { throw .statusLineMalformed }
        let reason = start + 13..<line.upperBound
        if let base = bytes.baseAddress, tg_http_value_length(base + reason.lowerBound, reason.count) < reason.count {
            throw bytes.hasStrayReturn(reason) ? .bareCarriageReturn : .statusLineMalformed
        }
        head.reason = reason
    }

    private mutating func finish(_ method: HTTPMethod) throws(HTTPParseError) {
        try framing.check(minorVersion: head.minorVersion)
        head.keepAlive = framing.keepsAlive(minorVersion: head.minorVersion)
        let hasNoBody = head.status < 200 || head.status == 204 || head.status == 304
        if method == .head || hasNoBody {
            // A server that announces a body where none can be might send it too: do not read on behind it. Only the answers to HEAD
            // and to a conditional GET tell of a body that stays away.
            let announces = framing.isChunked || (framing.contentLength ?? 0) > 0
            let mayAnnounce = method == .head || (method == .get && head.status == 304)
            if announces, !mayAnnounce { head.keepAlive = false }
        } else if framing.isChunked {
            head.framing = .chunked
        } else if let length = framing.contentLength {
            head.framing = .length(length)
        } else {
            head.framing = .untilClose
            head.keepAlive = false
        }
        head.nominatesFields = framing.nominates
        head.length = lines.start
        stage = .complete
    }
}
