import Testing
import Wire

@testable import Providers

@Suite("Errors of providers")
struct ErrorTranslationTests {
    private func refusal(
        _ status: Int, _ body: String, aws: String = "", retryAfter: Int? = nil, standing: Bool = false,
        sent: SentMedia = [.image, .document]
    ) -> Refusal {
        let body = Array(body.utf8).withUnsafeBytes { UpstreamErrorBody($0, awsType: aws) }
        return ErrorTranslation.refusal(
            .init(status: status, body: body, retryAfter: retryAfter, hasStandingCredential: standing, sent: sent),
            model: "m", account: "acct")
    }

    private func error(_ members: String) -> String { #"{"error":{\#(members)}}"# }

    @Test(
        "Throttling is no matter of length, whatever it is told with",
        arguments: [
            (429, "ThrottlingException"), (429, "ThrottlingException:http://internal.amazon.com/"), (429, ""),
            (400, "ThrottlingException"),
        ])
    func throttling(status: Int, type: String) {
        for text in ["Too many tokens, please wait before trying again.", "Too many tokens per day, please wait."] {
            let refusal = refusal(status, #"{"message":"\#(text)"}"#, aws: type)
            #expect(refusal.status == 429 && "\(refusal.type)" == "rate_limit_error" && !refusal.isFinal)
            #expect(refusal.message == text)
        }
    }

    @Test("Only what can be a matter of the request is too long", arguments: [400, 413, 422, 429, 500, 503])
    func tooLong(status: Int) {
        let isTooLong = status < 429
        let refusal = refusal(status, error(#""message":"maximum context length is 1000 tokens, not 2000""#))
        #expect((refusal.status == 400) == isTooLong)
        #expect(refusal.message.hasPrefix("prompt is too long: 2000 tokens > 1000") == isTooLong)
        #expect(refusal.isFinal == isTooLong)
    }

    @Test("What Anthropic says of an answer that does not fit goes on as it is")
    func anthropicsLength() {
        let text = "input length and `max_tokens` exceed context limit: 199000 + 20000 > 200000, decrease one of them"
        let body = #"{"type":"error","error":{"type":"invalid_request_error","message":"\#(text)"}}"#
        #expect(refusal(400, body).message == text)
    }

    @Test(
        "An image or a PDF that a model does not take is told in the words that take it out of the conversation",
        arguments: [
            (500, "image input is not supported - hint: if this is unexpected, provide the mmproj", "image"),
            (400, "local is not a multimodal model", "image"),
            (400, "At most 0 image(s) may be provided in one prompt.", "image"),
            (404, "No endpoints found that support image input", "image"),
            (400, "Failed to deserialize the JSON body: unknown variant `image_url`, expected `text`", "image"),
            (400, "Invalid content type. image_url is only supported by certain models.", "image"),
            (400, "Unable to process input image. Please retry.", "image"),
            (400, "This model doesn't support the image field for user messages. Remove image and try again.", "image"),
            (400, "The document has no pages.", "PDF"), (400, "This model doesn't support documents.", "PDF"),
            (422, "unknown variant `file`, expected `text` or `image_url`", "PDF"),
            (400, "Unknown part type: file", "PDF"), (400, "unsupported content[].type", "PDF"),
            (400, "This model does not support file content types.", "PDF"),
        ])
    func media(status: Int, text: String, what: String) {
        let told = "Could not process \(what): \(text)"
        for isGoogle in [true, false] {
            let body = error(#""message":"\#(text)""# + (isGoogle ? #","status":"INVALID_ARGUMENT""# : ""))
            let refusal = refusal(status, body)
            #expect(refusal.status == 400 && "\(refusal.type)" == "invalid_request_error" && refusal.isFinal)
            #expect(refusal.message == told)
            let media: SentMedia = what == "image" ? .image : .document
            let failure = Array(body.utf8).withUnsafeBytes { UpstreamFailure(inStream: $0, sent: media) }
            #expect(failure.type == "invalid_request_error" && failure.message == told)
        }
        #expect(refusal(429, error(#""message":"\#(text)""#)).status == 429)
        #expect(refusal(503, error(#""message":"\#(text)""#)).status == 529)
    }

    @Test(
        "Words about images are no refusal of one where nothing was sent, where it passes, or where a model is not there",
        arguments: [
            (400, "Unable to process input image.", SentMedia.document), (400, "The document has no pages.", .image),
            (400, "unknown variant `image_url`", SentMedia()),
            (500, "Worker failed: invalid image reference vllm", .image),
            (500, "support documents", .document), (404, "The model `qwen-image input` does not exist", .image),
            (400, "Unknown inference profile input: x", .document), (503, "image input is not supported", .image),
        ])
    func noMedia(status: Int, text: String, sent: SentMedia) {
        let body = error(#""message":"\#(text)""#)
        #expect(!refusal(status, body, sent: sent).message.hasPrefix("Could not process"))
        guard status == 400 else { return }
        let failure = Array(body.utf8).withUnsafeBytes { UpstreamFailure(inStream: $0, sent: sent) }
        #expect(!failure.message.hasPrefix("Could not process"))
    }

    @Test(
        "What an error quotes of the request is not its reason",
        arguments: [
            "{'msg': 'x', 'input': {'text': '%'", "{\\\"msg\\\": 1, \\\"input\\\": {\\\"text\\\": \\\"%\\\"",
            "[type=missing, input_value={'text': '%'",
        ])
    func quoted(form: String) {
        for text in ["the file input", "the image input of the form", "maximum context length is 10 tokens, not 20"] {
            let quote = form.replacing("%", with: text)
            for body in [error(#""message":"1 validation error: tools must be set. \#(quote)""#)] {
                let refusal = refusal(400, body)
                #expect(refusal.status == 400 && refusal.message.hasPrefix("1 validation error"), "\(refusal.message)")
            }
        }
        let named = error(#""message":"Invalid 'input': maximum context length is 1000 tokens.""#)
        #expect(refusal(400, named).message == "prompt is too long", "a name is no quote")
        let long = error(#""message":"No such field. \#(String(repeating: "x", count: 1000)) context window""#)
        #expect(refusal(400, long).message.hasPrefix("No such field."))
        let numbers = "maximum context length is 1000 tokens, not 2000. \(form.replacing("%", with: "9000 tokens"))"
        #expect(
            refusal(400, error(#""message":"\#(numbers)""#)).message == "prompt is too long: 2000 tokens > 1000 maximum"
        )
    }

    @Test("By OpenAI's codes too", arguments: ["invalid_image_format", "image_too_large", "image_parse_error"])
    func mediaCodes(code: String) {
        let refusal = refusal(400, error(#""message":"No.","code":"\#(code)","type":"invalid_request_error""#))
        #expect(refusal.status == 400 && refusal.message == "Could not process image: No.")
    }

    @Test(
        "What the provider's rules forbid is final, and no matter of a credential",
        arguments: [
            (403, #"{"code":"No permission","error":"Content violates usage guidelines. SAFETY_CHECK_TYPE_BIO"}"#),
            (400, #"{"error":{"code":"invalid_prompt","message":"It was flagged by our usage policy."}}"#),
            (400, #"{"error":{"code":"content_policy_violation","message":"No."}}"#),
            (403, #"{"error":{"code":403,"message":"Moderation: your input was flagged"}}"#),
        ])
    func blocked(status: Int, body: String) {
        let refusal = refusal(status, body)
        #expect(refusal.status == 400 && "\(refusal.type)" == "policy_blocked" && refusal.isFinal)
    }

    @Test("A credential that is refused: with one that stays the same nothing is repeated", arguments: [401, 402, 403])
    func credential(status: Int) {
        for standing in [false, true] {
            let refusal = refusal(status, error(#""message":"no""#), standing: standing)
            #expect(refusal.status == 500 && refusal.isFinal == standing && refusal.message.contains("acct"))
        }
        #expect(refusal(400, #"{"error":"Incorrect API key provided"}"#).status == 500)
    }

    @Test(
        "A code that is a status counts as one where the answer's is none",
        arguments: [
            (400, 400, "invalid_request_error"), (401, 500, "api_error"), (402, 500, "api_error"),
            (403, 500, "api_error"), (404, 404, "not_found_error"), (413, 413, "request_too_large"),
            (429, 429, "rate_limit_error"), (500, 500, "api_error"), (502, 500, "api_error"),
            (503, 529, "overloaded_error"), (529, 529, "overloaded_error"), (504, 504, "timeout_error"),
        ])
    func numbers(code: Int, status: Int, type: String) {
        for code in ["\(code)", "\"\(code)\""] {
            let body = error(#""message":"Words.","type":"SomeError","code":\#(code)"#)
            for body in [body, "[\(body)]", #"{"object":"error","message":"Words.","type":"X","code":\#(code)}"#] {
                let refusal = refusal(200, body)
                #expect(refusal.status == status && "\(refusal.type)" == type, "\(body)")
            }
        }
        #expect(refusal(500, error(#""message":"x","code":\#(code)"#)).status == 500, "the answer's own comes first")
    }

    @Test(
        "What FastAPI says is the reason",
        arguments: [
            (#"{"detail":"Not allowed here"}"#, "Not allowed here"),
            (
                #"{"detail":[{"type":"missing","loc":["body","messages",0,"role"],"msg":"Field required"},{"msg":"Bad"}]}"#,
                "body.messages.0.role: Field required; Bad"
            ),
            (#"{"detail":[]}"#, "the provider gave no reason"), (#"{"detail":7}"#, "the provider gave no reason"),
            (#"{"detail":["a"]}"#, "a"),
        ])
    func reasons(body: String, text: String) {
        #expect(refusal(422, body).message == text)
    }

    @Test("When to come back stands at limits only")
    func retryAfter() {
        #expect(refusal(429, error(#""message":"x""#), retryAfter: 7).retryAfter == 7)
        #expect(refusal(400, error(#""message":"x""#), retryAfter: 7).retryAfter == nil)
    }

    @Test("The provider's own name for an error is kept")
    func names() {
        let bodies = [
            (#"{"error":{"type":"a","code":"b","status":"c"}}"#, "c"), (#"{"error":{"type":"a","code":429}}"#, "a"),
            (#"{"error":{"code":"b","innererror":{"code":"i"}}}"#, "i"), (#"{"error":"x","code":"b"}"#, "b"),
            (#"{"message":"x"}"#, "Aws"), (#"{"error":{"message":"x"}}"#, "Aws"),
        ]
        for (body, code) in bodies {
            let error = Array(body.utf8).withUnsafeBytes { UpstreamErrorBody($0, awsType: "Aws:http://x") }
            #expect(error.code == code)
        }
    }
}
