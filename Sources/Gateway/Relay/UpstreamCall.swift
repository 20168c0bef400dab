import Providers
import Wire

/// What is sent to an upstream: made once, and sent with each attempt. Loop-confined.
final class UpstreamCall {
    /// Whose head and body go out.
    enum Form {
        /// The client's own, but for the model's name.
        case client
        /// The client's head with what is left of its betas, and its body with a few members changed.
        case edited(betas: String?)
        /// Ours.
        case own(accept: StaticString)
    }

    enum Answer {
        /// It speaks what the client speaks: its bytes go to the client.
        case same
        /// Messages events in the frames of Bedrock.
        case framed
        case translated(TranslationTarget, AnswerContext)
        /// A count of tokens in the provider's own form.
        case count
    }

    let form: Form
    /// The path behind the account's prefix; `nil`: the client's, with its query.
    let path: String?
    let answer: Answer
    /// What became of the request's parts, where it was translated.
    let receipt: FidelityReceipt?
    private let bytes: ByteWriter

    /// The client's own request, on a path of the account's.
    init(path: String?) {
        form = .client
        self.path = path
        answer = .same
        receipt = nil
        bytes = ByteWriter()
    }

    init(_ form: Form, path: String?, answer: Answer, receipt: FidelityReceipt? = nil, body: consuming ByteWriter) {
        self.form = form
        self.path = path
        self.answer = answer
        self.receipt = receipt
        bytes = body
    }

    /// The body, where it is not the client's. Valid as long as the call.
    var body: UnsafeRawBufferPointer { bytes.bytes }

    var isTransformed: Bool { if case .same = answer { false } else { true } }
}
