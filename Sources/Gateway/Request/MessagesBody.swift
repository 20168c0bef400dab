import Providers
import Sessions
import Wire

/// What the gateway has to know of a request's body, found by one scan while it arrives; everything else in it is the upstream's
/// business and goes out as it came. Loop-confined; a class, as a value of this size would stand in the frame of each stage.
final class MessagesBody {
    /// What depends on the bytes alone that were read.
    struct Reading {
        fileprivate var scanner = JSONObjectScanner()
        fileprivate var marks = BodyMarks()

        /// Of the first level, so far.
        var memberCount: Int { scanner.members.count }

        fileprivate mutating func consume(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
            try scanner.consume(bytes)
            marks.consume(bytes)
        }
    }

    private var reading = Reading()
    /// How it begins, as far as it has whole pieces; `nil`: it has none.
    private(set) var trail: PrefixTrail?

    /// The value of `model` as it stands between its quotes.
    private(set) var model: JSONString?
    /// The value of `model` with its quotes.
    private(set) var modelValue: Range<Int>?
    private(set) var isStreamed = false
    /// `max_tokens`, if it is there and an integer.
    private(set) var maxTokens: Int64?

    /// What is in it that matters wherever it stands.
    var marks: BodyMarks { reading.marks }

    /// The members of the first level.
    var members: [JSONMember] { reading.scanner.members }

    /// Reads on; `bytes` is all of the body so far. What this caller has sent before at the same place is not read again.
    func consume(
        _ bytes: UnsafeRawBufferPointer, _ memory: inout PrefixMemory, caller: @autoclosure () -> UInt64
    ) throws(JSONError) {
        guard bytes.count - (trail?.places.last?.end ?? 0) >= PrefixTrail.pieceBytes else { return }
        var trail = self.trail.take() ?? PrefixTrail(caller: caller())
        let before = trail.places.count
        trail.goOn(bytes, memory.hasher)
        self.trail = trail
        // What stands in front of a known piece need not be known.
        var unread = trail.places[before...]
        for index in unread.indices.reversed() {
            guard let known = memory.reading(unread[index]) else { continue }
            reading = known
            unread = unread[(index + 1)...]
            break
        }
        for place in unread {
            try reading.consume(bytes.slice(0..<place.end))
            memory.keep(reading, at: place)
        }
    }

    /// What is wrong with a body that is a JSON object.
    enum Fault: Error {
        case notJSON(JSONError)
        case missing(StaticString)
        case wrongType(StaticString, expected: StaticString)
        /// A member that decides about routing or money stands there twice: which one would the upstream take?
        case duplicate(StaticString)
    }

    /// Checks the whole body and finds what routing needs.
    ///
    /// - Parameter namesModel: the body must say which model; elsewhere the path does.
    func finish(_ bytes: UnsafeRawBufferPointer, namesModel: Bool) throws(Fault) {
        do throws(JSONError) {
            try reading.scanner.finish(bytes)
        } catch {
            throw .notJSON(error)
        }
        reading.marks.finish(bytes)
        var seen: (model: Bool, stream: Bool, maxTokens: Bool) = (false, false, false)
        for member in members {
            if member.keyEquals("model", in: bytes) {
                if seen.model { throw .duplicate("model") }
                seen.model = true
                guard let name = member.string(in: bytes) else { throw .wrongType("model", expected: "a string") }
                model = name
                modelValue = member.value
            } else if member.keyEquals("stream", in: bytes) {
                if seen.stream { throw .duplicate("stream") }
                seen.stream = true
                isStreamed = member.bool(in: bytes) ?? false
            } else if member.keyEquals("max_tokens", in: bytes) {
                if seen.maxTokens { throw .duplicate("max_tokens") }
                seen.maxTokens = true
                maxTokens = member.int64(in: bytes)
            }
        }
        if namesModel, !seen.model { throw .missing("model") }
    }
}
