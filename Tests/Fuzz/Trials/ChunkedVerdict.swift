import Wire

/// What is under a chunked body's framing.
struct ChunkedVerdict: Equatable {
    var body: [UInt8] = []
    var trailers: [UInt8] = []
    /// Bytes used, where it came to an end.
    var length: Int?
    var fault: HTTPParseError?

    init(_ bytes: UnsafeRawBufferPointer, _ pieces: Cuts) throws {
        var decoder = ChunkedDecoder()
        var before = 0
        try pieces.forEach(bytes) { piece in
            guard fault == nil, length == nil else { return }
            do {
                try read(piece, before, &decoder)
            } catch let error as HTTPParseError {
                fault = error
            }
            before += piece.count
        }
        trailers = decoder.trailers
        // What was given away before a fault depends on where the bytes were cut, and so may it.
        if fault != nil { trailers = [] }
        try require(body.count <= bytes.count && trailers.count <= bytes.count, "more than was sent")
    }

    private mutating func read(_ piece: UnsafeRawBufferPointer, _ before: Int, _ decoder: inout ChunkedDecoder) throws {
        var position = 0
        while true {
            let start = position
            switch try decoder.next(piece, &position) {
            case .data(let range):
                try require(!range.isEmpty && range.lowerBound >= start && range.upperBound <= position, "no data")
                body += piece.slice(range)
            case .needMore:
                try require(position == piece.count, "bytes are left")
                return
            case .end:
                length = before + position
                return
            }
        }
    }
}
