import Providers
import Wire

/// What is sent to an upstream: made once, and sent with each attempt. Loop-confined.
final class UpstreamCall {
    enum Answer {
        /// It speaks what the client speaks: its bytes go to the client.
        case same
        case translated(Dialect, AnswerContext)
        /// A count of tokens in the provider's own form.
        case count(Dialect)
    }

    /// The path behind the account's prefix; `nil`: the client's, with its query.
    let path: String?
    let answer: Answer
    private let request: Translation.Request?

    /// The client's own request.
    init() {
        path = nil
        answer = .same
        request = nil
    }

    init(path: String, answer: Answer, _ request: Translation.Request) {
        self.path = path
        self.answer = answer
        self.request = request
    }

    /// What became of the request's parts, where it was translated.
    var receipt: FidelityReceipt? { request?.receipt }

    /// The body; empty: the client's. Valid as long as the call.
    var body: UnsafeRawBufferPointer { request?.body.bytes ?? UnsafeRawBufferPointer(start: nil, count: 0) }

    var isTransformed: Bool { if case .same = answer { false } else { true } }
}
