import Providers
import Wire

/// What the gateway has to know of a request's body, found by one scan while it arrives; everything else in it is the upstream's
/// business and goes out as it came.
struct MessagesBody {
    private var scanner = JSONObjectScanner()

    /// The value of `model` as it stands between its quotes.
    private(set) var model: JSONString?
    /// The value of `model` with its quotes.
    private(set) var modelValue: Range<Int>?
    private(set) var isStreamed = false
    /// `max_tokens`, if it is there and an integer.
    private(set) var maxTokens: Int64?

    /// What is in it that matters wherever it stands.
    private(set) var marks = BodyMarks()

    /// The members of the first level.
    var members: [JSONMember] { scanner.members }

    /// Reads on; `bytes` is all of the body so far.
    mutating func consume(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        try scanner.consume(bytes)
        marks.consume(bytes)
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
    mutating func finish(_ bytes: UnsafeRawBufferPointer, namesModel: Bool) throws(Fault) {
        do throws(JSONError) {
            try scanner.finish(bytes)
        } catch {
            throw .notJSON(error)
        }
        marks.finish(bytes)
        var seen: (model: Bool, stream: Bool, maxTokens: Bool) = (false, false, false)
        for member in scanner.members {
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
