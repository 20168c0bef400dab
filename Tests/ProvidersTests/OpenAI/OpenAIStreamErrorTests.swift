import MessagesGrammar
import Testing
import Wire

@testable import Providers

@Suite("Errors within OpenAI's streams")
struct OpenAIStreamErrorTests {
    private typealias Fixture = OpenAIFixture

    /// The same error as Responses tell it: as a flat event, as the nested one that OpenAI sends, and as a response that failed.
    private static func responses(_ code: String, _ text: String, type: String = "invalid_request_error") -> [String] {
        let error = #""code":"\#(code)","message":"\#(text)","param":null"#
        return [
            event("error", #"{"type":"error","sequence_number":2,\#(error)}"#),
            event("error", #"{"type":"error","sequence_number":2,"error":{"type":"\#(type)",\#(error)}}"#),
            Fixture.completed(#","error":{\#(error)}"#, type: "failed"),
        ]
    }

    private static func chat(_ members: String) -> String { dataLines(#"{"error":{\#(members)}}"#) }

    private static let kinds: [(String, String, Int, String, String)] = [
        ("insufficient_quota", "You exceeded your current quota", 429, "billing_error", "no credit"),
        ("rate_limit_exceeded", "Rate limit reached for org-1.", 429, "rate_limit_error", "Rate limit reached"),
        (
            "context_length_exceeded", "Your input exceeds the context window of this model.", 400,
            "invalid_request_error", "prompt is too long"
        ),
        ("invalid_prompt", "Invalid prompt: it was flagged.", 400, "policy_blocked", "flagged"),
        ("invalid_prompt", "The prompt is empty.", 400, "invalid_request_error", "empty"),
        ("content_policy_violation", "No.", 400, "policy_blocked", "No."),
        // Names that are not of the prompt win over its words.
        ("throttling_error", "Too many tokens, please wait.", 429, "rate_limit_error", "Too many tokens"),
        ("server_error", "The context window could not be made.", 500, "api_error", "context window"),
        ("server_is_overloaded", "Busy.", 529, "overloaded_error", "Busy."),
    ]

    @Test("Every form of an error is read alike", arguments: kinds.indices)
    func forms(index: Int) {
        let (code, text, status, type, told) = Self.kinds[index]
        let chat = Self.chat(#""message":"\#(text)","code":"\#(code)""#)
        let streams =
            Self.responses(code, text).map { (Fixture.responses, Fixture.text(0, "a"), $0) }
            + [(Fixture.chat, Fixture.chunk(#""content":"a""#), chat)]
        for (fixture, begin, error) in streams {
            let answer = fixture.answer(begin + error)
            #expect(answer.events.last?["error"]?["type"]?.string == type && answer.errorType == type)
            #expect(answer.events.last?["error"]?["message"]?.string?.contains(told) == true, "\(answer.output)")
            #expect(MessagesGrammar.fault(in: answer.output) == nil && !answer.output.contains("org-"))
            fixture.expectSameByEveryCut(begin + error)
        }
        let failure = Array(#"{"code":"\#(code)","message":"\#(text)"}"#.utf8).withUnsafeBytes {
            UpstreamFailure(inStream: $0, sent: [])
        }
        let refusal = Refusal.failed(failure, "acct")
        #expect(refusal.status == status && "\(refusal.type)" == type && refusal.message.contains(told))
        #expect(refusal.isFinal == (status == 400 || type == "billing_error"))
    }

    @Test(
        "Codes that are statuses",
        arguments: [
            (400, "invalid_request_error"), (401, "api_error"), (402, "api_error"), (403, "api_error"),
            (404, "not_found_error"), (413, "request_too_large"), (429, "rate_limit_error"), (500, "api_error"),
            (503, "overloaded_error"), (529, "overloaded_error"),
        ])
    func numbers(code: Int, type: String) {
        let answer = Fixture.local.answer(
            Fixture.chunk(#""content":"a""#) + Self.chat(#""message":"Words.","type":"Error","code":\#(code)"#))
        #expect(answer.errorType == type && answer.events.last?["error"]?["type"]?.string == type)
    }

    @Test("A prompt that is too long, found out in the stream")
    func tooLong() {
        let text = "This model's maximum context length is 4096 tokens, not 5000."
        let failure = Array(#"{"code":400,"message":"\#(text)"}"#.utf8).withUnsafeBytes {
            UpstreamFailure(inStream: $0, sent: [])
        }
        #expect(Refusal.failed(failure, "acct").message == "prompt is too long: 5000 tokens > 4096 maximum")
    }

    @Test(
        "Throttling in the middle of Bedrock's stream",
        arguments: [
            ("throttlingException", "Too many tokens, please wait.", "rate_limit_error"),
            ("validationException", "Input is too long for requested model.", "invalid_request_error"),
            ("serviceUnavailableException", "Too many tokens.", "overloaded_error"),
        ])
    func bedrock(name: String, text: String, type: String) {
        let failure = Array(name.utf8).withUnsafeBytes { name in
            Array(#"{"message":"\#(text)"}"#.utf8).withUnsafeBytes {
                UpstreamFailure(exception: name, payload: $0, sent: [])
            }
        }
        #expect(failure.type == type)
        #expect(type != "rate_limit_error" || failure.message == text)
    }
}
