import Wire

/// The messages that a side of a connection finds in what it receives: where each head and each body ends is what smuggling is about.
struct MessageVerdict: Equatable {
    private(set) var messages: [Message] = []
    private(set) var fault: HTTPParseError?
    /// Bytes of the connection that whole messages took.
    private(set) var used = 0

    /// One of them.
    struct Message: Equatable {
        let headLength: Int
        let framing: BodyFraming
        var body: [UInt8] = []
        var isWhole = false
    }

    static func server(_ bytes: UnsafeRawBufferPointer, _ pieces: Cuts) throws -> MessageVerdict {
        var parser = RequestHeadParser(maximumHeadBytes: 4096, maximumFields: 128)
        return try MessageVerdict(bytes, pieces) { bytes throws(HTTPParseError) in
            parser.reset()
            guard try parser.parse(bytes) else { return nil }
            return (parser.head.length, parser.head.framing, parser.head.keepAlive)
        }
    }

    static func client(_ bytes: UnsafeRawBufferPointer, _ pieces: Cuts) throws -> MessageVerdict {
        var parser = ResponseHeadParser(maximumHeadBytes: 4096, maximumFields: 128)
        return try MessageVerdict(bytes, pieces) { bytes throws(HTTPParseError) in
            parser.reset()
            guard try parser.parse(bytes, forMethod: .post) else { return nil }
            return (parser.head.length, parser.head.framing, parser.head.keepAlive)
        }
    }

    private typealias Parse = (UnsafeRawBufferPointer) throws(HTTPParseError) -> (Int, BodyFraming, Bool)?

    private init(_ bytes: UnsafeRawBufferPointer, _ pieces: Cuts, _ parse: Parse) throws {
        var held: [UInt8] = []
        var connection = Connection()
        try pieces.forEach(bytes) { piece in
            guard fault == nil, !connection.isClosed else { return }
            held += piece
            do {
                while try step(&held, &connection, parse) {}
            } catch let error as HTTPParseError {
                fault = error
            }
        }
        // What of a body had come before its framing broke depends on the cuts.
        if fault != nil, messages.last?.isWhole == false { messages.removeLast() }
    }

    private struct Connection {
        var isClosed = false
        var keepAlive = true
        var remaining: Int64 = 0
        var decoder: ChunkedDecoder?
        var isInBody = false
    }

    /// Takes one step on; false: more must come.
    private mutating func step(_ held: inout [UInt8], _ connection: inout Connection, _ parse: Parse) throws -> Bool {
        guard connection.isInBody else { return try readHead(&held, &connection, parse) }
        let last = messages.count - 1
        switch messages[last].framing {
        case .none: break
        case .untilClose:
            messages[last].body += held
            held = []
            return false
        case .length:
            let taken = Int(min(connection.remaining, Int64(held.count)))
            messages[last].body += held.prefix(taken)
            held.removeFirst(taken)
            used += taken
            connection.remaining -= Int64(taken)
            if connection.remaining > 0 { return false }
        case .chunked:
            guard try readChunks(&held, &connection, last) else { return false }
        }
        messages[last].isWhole = true
        connection.isInBody = false
        connection.isClosed = !connection.keepAlive
        return !connection.isClosed
    }

    private mutating func readHead(
        _ held: inout [UInt8], _ connection: inout Connection, _ parse: Parse
    ) throws -> Bool {
        guard !held.isEmpty else { return false }
        let head = try held.withUnsafeBytes { bytes in try Cuts.withCopy(bytes) { try parse($0) } }
        guard let (length, framing, keepAlive) = head else { return false }
        held.removeFirst(length)
        used += length
        messages.append(Message(headLength: length, framing: framing))
        connection.keepAlive = keepAlive
        connection.isInBody = true
        if case .length(let length) = framing { connection.remaining = length }
        connection.decoder = framing == .chunked ? ChunkedDecoder() : nil
        return true
    }

    private mutating func readChunks(_ held: inout [UInt8], _ connection: inout Connection, _ last: Int) throws -> Bool
    {
        guard var decoder = connection.decoder else { return true }
        var position = 0
        var isWhole = false
        defer {
            connection.decoder = decoder
            held.removeFirst(position)
            used += position
        }
        try held.withUnsafeBytes { bytes in
            while true {
                switch try decoder.next(bytes, &position) {
                case .data(let range): messages[last].body += bytes.slice(range)
                case .needMore: return
                case .end:
                    isWhole = true
                    return
                }
            }
        }
        return isWhole
    }
}
