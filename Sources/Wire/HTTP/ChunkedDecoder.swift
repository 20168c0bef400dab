/// What the next bytes of a chunked body are.
package enum ChunkedEvent: Sendable, Equatable {
    /// Body bytes, as offsets into the bytes given; `position` stands behind them, or behind the end of their chunk.
    case data(Range<Int>)
    /// All bytes given are used up.
    case needMore
    /// The body is complete, its trailers too; `position` stands behind it.
    case end
}

/// Takes the chunk framing off a body that arrives in pieces (RFC 9112 §7.1). HOT: data is never copied.
///
/// Strict: sizes have 1 to 15 hexadecimal digits, lines end in CR LF, extensions are bounded and ignored. Trailers are
/// bounded and checked like header fields; those that may stand in a trailer are kept.
package struct ChunkedDecoder: Sendable {
    /// The trailer lines that may be passed on, each with its CR LF; complete at `.end`.
    package private(set) var trailers: [UInt8] = []

    private var state = State.size(digits: 0)
    private var remaining: Int64 = 0
    private var extensionBytes = 0
    private var trailerBytes = 0
    private var line: [UInt8] = []

    private static let maximumDigits = 15
    /// Over all chunks of a body: enough for any signature scheme, too little to hide a flood in.
    private static let maximumExtensionBytes = 16384
    private static let maximumTrailerBytes = 8192

    private enum State: Equatable {
        case size(digits: Int)
        case extensions
        case sizeLineFeed
        case data
        case dataReturn
        case dataLineFeed
        case trailer
        case end
    }

    /// A decoder at the first chunk of a body.
    package init() {}

    /// Makes ready for the next body.
    package mutating func reset() {
        self = ChunkedDecoder()
    }

    /// Reads on from `position`, which moves behind what was used.
    package mutating func next(
        _ bytes: UnsafeRawBufferPointer, _ position: inout Int
    ) throws(HTTPParseError) -> ChunkedEvent {
        while position < bytes.count || state == .end {
            switch state {
            case .size(let digits):
                if digits == 0, let whole = Self.wholeChunk(bytes, &position) { return .data(whole) }
                try readSize(bytes[position], digits)
                position += 1
            case .extensions:
                try readExtension(bytes[position])
                position += 1
            case .sizeLineFeed:
                guard bytes[position] == Ascii.lineFeed else { throw .chunkSizeInvalid }
                position += 1
                state = remaining == 0 ? .trailer : .data
            case .data:
                let start = position
                let count = Int(min(remaining, Int64(bytes.count - position)))
                position += count
                remaining -= Int64(count)
                if remaining == 0 { state = .dataReturn }
                return .data(start..<position)
            case .dataReturn:
                guard bytes[position] == Ascii.carriageReturn else { throw .chunkEndMissing }
                position += 1
                state = .dataLineFeed
            case .dataLineFeed:
                guard bytes[position] == Ascii.lineFeed else { throw .chunkEndMissing }
                position += 1
                state = .size(digits: 0)
            case .trailer:
                try readTrailer(bytes, &position)
            case .end:
                return .end
            }
        }
        return .needMore
    }

    /// The data of a chunk that begins at `position` and is here whole, without extensions, as most are that bring an event each. Any other
    /// is left to be read step by step.
    private static func wholeChunk(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Range<Int>? {
        var start = position, size = 0
        while start < min(bytes.count, position + 6), let value = Hex.value(of: bytes[start]) {
            size = size << 4 | Int(value)
            start += 1
        }
        guard size > 0, bytes.count - start >= size + 4, bytes.isLineEnd(at: start) else { return nil }
        start += 2
        guard bytes.isLineEnd(at: start + size) else { return nil }
        position = start + size + 2
        return start..<start + size
    }

    private mutating func readSize(_ byte: UInt8, _ digits: Int) throws(HTTPParseError) {
        if let value = Hex.value(of: byte) {
            guard digits < ChunkedDecoder.maximumDigits else { throw .chunkSizeInvalid }
            remaining = (digits == 0 ? 0 : remaining << 4) | Int64(value)
            state = .size(digits: digits + 1)
            return
        }
        guard digits > 0 else { throw .chunkSizeInvalid }
        switch byte {
        case Ascii.carriageReturn: state = .sizeLineFeed
        case Ascii.semicolon: state = .extensions
        default: throw .chunkSizeInvalid
        }
    }

    private mutating func readExtension(_ byte: UInt8) throws(HTTPParseError) {
        if byte == Ascii.carriageReturn {
            state = .sizeLineFeed
            return
        }
        extensionBytes += 1
        let isLegal = byte >= Ascii.space && byte != 0x7F || byte == Ascii.tab
        guard isLegal, extensionBytes <= ChunkedDecoder.maximumExtensionBytes else { throw .chunkExtensionInvalid }
    }

    /// Trailers are rare: each line is gathered and judged when it is whole.
    private mutating func readTrailer(
        _ bytes: UnsafeRawBufferPointer, _ position: inout Int
    ) throws(HTTPParseError) {
        let room = ChunkedDecoder.maximumTrailerBytes - trailerBytes
        let end = min(bytes.count, position + room)
        let lineFeed = bytes.firstIndex(of: Ascii.lineFeed, in: position..<end)
        let taken = lineFeed.map { $0 + 1 } ?? end
        line.append(contentsOf: bytes[position..<taken])
        trailerBytes += taken - position
        position = taken
        guard lineFeed != nil else {
            if trailerBytes >= ChunkedDecoder.maximumTrailerBytes { throw .trailerTooLarge }
            return
        }
        guard line.count >= 2, line[line.count - 2] == Ascii.carriageReturn else { throw .bareLineFeed }
        if line.count == 2 {
            state = .end
        } else {
            try keepTrailer()
        }
        line.removeAll(keepingCapacity: true)
    }

    private mutating func keepTrailer() throws(HTTPParseError) {
        let length = line.count - 2
        let parsed = line.withUnsafeBytes { bytes in
            Result { () throws(HTTPParseError) in try HeadLines.field(bytes, 0..<length) }
        }
        if try ChunkedDecoder.mayTrail(parsed.get().name) { trailers.append(contentsOf: line) }
    }

    /// Fields that frame, route, authenticate or describe the message mean nothing behind it (RFC 9110 §6.5.1).
    private static func mayTrail(_ name: FieldName) -> Bool {
        switch name {
        case .host, .contentLength, .expect, .contentType, .contentEncoding, .cacheControl, .authorization, .xAPIKey,
            .wwwAuthenticate, .cookie, .setCookie, .retryAfter, .location, .date, .tollgateAPIKey, .tollgateMetadata,
            .tollgateLoggingConfig, .tollgateAnthropicBeta, .tollgateFidelity, .tollgateOther:
            false
        default: !name.isHopByHop
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func isLineEnd(at index: Int) -> Bool {
        self[index] == Ascii.carriageReturn && self[index + 1] == Ascii.lineFeed
    }
}
