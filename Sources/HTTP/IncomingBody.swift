import Wire

/// How much of a request's body is still to come, and in which framing. Pure: bytes in, body out.
struct IncomingBody {
    private enum Framing {
        case length(left: Int)
        case chunked(ChunkedDecoder)
        case complete
    }
    private var framing: Framing

    init(_ announced: BodyFraming) {
        switch announced {
        case .none, .untilClose, .length(0): framing = .complete
        case .length(let length): framing = .length(left: Int(clamping: length))
        case .chunked: framing = .chunked(ChunkedDecoder())
        }
    }

    var isComplete: Bool {
        if case .complete = framing { true } else { false }
    }

    /// The bytes still to come if their number is known: they may be read straight into the body.
    var left: Int? {
        if case .length(let left) = framing { left } else { nil }
    }

    mutating func arrived(_ count: Int) {
        guard case .length(let left) = framing else { return }
        framing = left == count ? .complete : .length(left: left - count)
    }

    /// Takes what belongs to the body from `bytes`; returns how many it used.
    mutating func consume(_ bytes: UnsafeRawBufferPointer, into body: RequestBody) throws(HTTPParseError) -> Int {
        switch framing {
        case .complete:
            return 0
        case .length(let left):
            let used = min(left, bytes.count)
            body.append(UnsafeRawBufferPointer(rebasing: bytes[..<used]))
            arrived(used)
            return used
        case .chunked(var decoder):
            var position = 0
            while true {
                switch try decoder.next(bytes, &position) {
                case .data(let range):
                    body.append(UnsafeRawBufferPointer(rebasing: bytes[range]))
                case .needMore:
                    framing = .chunked(decoder)
                    return position
                case .end:
                    framing = .complete
                    return position
                }
            }
        }
    }
}
