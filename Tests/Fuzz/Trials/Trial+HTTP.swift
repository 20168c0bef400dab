import Wire

extension Trial {
    /// HTTP/1.1 as bytes: heads of both sides, and a connection's messages one behind the other.
    static let http = [
        Trial(name: "request-head") { try sameVerdict($0, parsed: HeadVerdict.request) },
        Trial(name: "response-head") { try sameVerdict($0, parsed: HeadVerdict.response) },
        Trial(name: "chunked") { bytes in
            try sameVerdict(bytes) { bytes, pieces in try ChunkedVerdict(bytes, pieces) }
        },
        Trial(name: "server-messages") { bytes in
            try sameVerdict(bytes) { bytes, pieces in try MessageVerdict.server(bytes, pieces) }
        },
        Trial(name: "client-messages") { bytes in
            try sameVerdict(bytes) { bytes, pieces in try MessageVerdict.client(bytes, pieces) }
        },
    ]

    /// A parser must come to the same verdict however its bytes are cut.
    static func sameVerdict<Verdict: Equatable>(
        _ bytes: UnsafeRawBufferPointer, _ ways: [Cuts]? = nil,
        parsed: (UnsafeRawBufferPointer, Cuts) throws -> Verdict
    ) throws {
        var first: Verdict?
        for pieces in ways ?? Cuts.ways(bytes) {
            let verdict = try parsed(bytes, pieces)
            try require(first == nil || first == verdict, "cut at \(pieces.ends): \(verdict), whole: \(first as Any)")
            first = first ?? verdict
        }
    }
}

/// What a head's parser says of some bytes.
enum HeadVerdict: Equatable {
    case incomplete
    case refused(HTTPParseError)
    case head(Head)

    /// What both kinds of heads have.
    struct Head: Equatable {
        let length: Int
        let framing: BodyFraming
        let keepAlive: Bool
        let fields: [HTTPField]
        let line: [Range<Int>]
        let kind: Int
    }

    static func request(_ bytes: UnsafeRawBufferPointer, _ pieces: Cuts) throws -> HeadVerdict {
        var parser = RequestHeadParser(maximumHeadBytes: 4096, maximumFields: 32)
        let verdict = try arriving(bytes, pieces) { (bytes) throws(HTTPParseError) in
            try parser.parse(bytes)
        } head: {
            let head = parser.head
            return Head(
                length: head.length, framing: head.framing, keepAlive: head.keepAlive, fields: head.fields,
                line: [head.methodRange, head.target, head.path, head.query],
                kind: head.minorVersion + (head.expectsContinue ? 2 : 0) + (head.nominatesFields ? 4 : 0))
        }
        if case .head(let head) = verdict {
            try head.check(bytes)
            try require(head.framing != .untilClose, "a request has no body until the end")
            try require(!bytes.slice(head.line[1]).contains { $0 <= 0x20 || $0 == 0x7F }, "a blank in the target")
            try require(bytes.slice(head.line[0]).count > 0, "no method")
            for field in head.fields { _ = parser.head.isHopByHop(field, in: bytes) }
        }
        return verdict
    }

    static func response(_ bytes: UnsafeRawBufferPointer, _ pieces: Cuts) throws -> HeadVerdict {
        var parser = ResponseHeadParser(maximumHeadBytes: 4096, maximumFields: 32)
        let verdict = try arriving(bytes, pieces) { (bytes) throws(HTTPParseError) in
            try parser.parse(bytes, forMethod: .post)
        } head: {
            let head = parser.head
            return Head(
                length: head.length, framing: head.framing, keepAlive: head.keepAlive, fields: head.fields,
                line: [head.reason], kind: head.status * 2 + head.minorVersion)
        }
        if case .head(let head) = verdict {
            try head.check(bytes)
            try require((200...1999).contains(head.kind), "no status")
        }
        return verdict
    }

    private static func arriving(
        _ bytes: UnsafeRawBufferPointer, _ pieces: Cuts,
        _ parse: (UnsafeRawBufferPointer) throws(HTTPParseError) -> Bool, head: () -> Head
    ) throws -> HeadVerdict {
        var verdict = HeadVerdict.incomplete
        try pieces.forEachPrefix(bytes) { prefix in
            guard verdict == .incomplete else { return }
            do {
                if try parse(prefix) { verdict = .head(head()) }
            } catch let fault as HTTPParseError {
                verdict = .refused(fault)
            }
        }
        return verdict
    }
}

extension HeadVerdict.Head {
    /// What holds for every head that is believed: nothing in it can be read as another line.
    fileprivate func check(_ bytes: UnsafeRawBufferPointer) throws {
        try require(length <= bytes.count && length <= 4096 && fields.count <= 32, "a head beyond its limits")
        try require(bytes.slice(length - 4..<length).equals("\r\n\r\n"), "a head without an empty line")
        for range in line { try require(range.upperBound <= length, "a part of the first line beyond the head") }
        for field in fields {
            let name = bytes.slice(field.nameRange), value = bytes.slice(field.valueRange)
            try require(field.valueRange.upperBound <= length, "a field beyond the head")
            try require(!name.isEmpty && !name.contains { $0 <= 0x20 || $0 >= 0x7F || $0 == 0x3A }, "no name")
            try require(!value.contains { $0 < 0x20 && $0 != 0x09 || $0 == 0x7F }, "a control character in a value")
            try require(FieldName.recognise(name) == field.name, "a name of its own")
        }
    }
}
