import Wire

/// Unframes an answer's body, in place. Pure: bytes in, body out.
struct AnswerBody {
    private enum Framing {
        case length(left: Int64)
        case chunked(ChunkedDecoder)
        case untilClose
        case complete
    }
    private var framing: Framing
    /// What is wrong with the bytes behind those that were given last.
    private(set) var fault: HTTPParseError?

    init(_ announced: BodyFraming) {
        switch announced {
        case .none, .length(0): framing = .complete
        case .length(let length): framing = .length(left: length)
        case .chunked: framing = .chunked(ChunkedDecoder())
        case .untilClose: framing = .untilClose
        }
    }

    var isComplete: Bool {
        if case .complete = framing { true } else { false }
    }

    /// The connection ended; true if that completes the body.
    mutating func ended() -> Bool {
        guard case .untilClose = framing else { return isComplete }
        framing = .complete
        return true
    }

    /// Moves the body's bytes to the front of `bytes`. Returns how many they are, and how many bytes of the input were used
    /// for them: less than all only behind the end of the body.
    mutating func unframe(
        _ bytes: UnsafeMutableRawBufferPointer
    ) throws(HTTPParseError) -> (data: Int, used: Int) {
        switch framing {
        case .complete:
            return (0, 0)
        case .untilClose:
            return (bytes.count, bytes.count)
        case .length(let left):
            let taken = Int(min(left, Int64(bytes.count)))
            framing = left == Int64(taken) ? .complete : .length(left: left - Int64(taken))
            return (taken, taken)
        case .chunked(var decoder):
            return try unchunk(bytes, &decoder)
        }
    }

    private mutating func unchunk(
        _ bytes: UnsafeMutableRawBufferPointer, _ decoder: inout ChunkedDecoder
    ) throws(HTTPParseError) -> (data: Int, used: Int) {
        var position = 0, data = 0
        while true {
            let event: ChunkedEvent
            do throws(HTTPParseError) {
                event = try decoder.next(UnsafeRawBufferPointer(bytes), &position)
            } catch {
                // What came before the fault is good.
                guard data > 0 else { throw error }
                fault = error
                return (data, bytes.count)
            }
            switch event {
            case .data(let range):
                if range.lowerBound != data {
                    UnsafeMutableRawBufferPointer(rebasing: bytes[data...]).copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: bytes[range]))
                }
                data += range.count
            case .needMore:
                framing = .chunked(decoder)
                return (data, position)
            case .end:
                framing = .complete
                return (data, position)
            }
        }
    }
}
