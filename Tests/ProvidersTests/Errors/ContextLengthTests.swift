import Testing

@testable import Providers

@Suite("Requests that do not fit a model")
struct ContextLengthTests {
    private static let limit = "This model's maximum context length is 32768 tokens."

    @Test(
        "The prompt alone is too long: with the numbers that were said",
        arguments: [
            ("\(limit) However, your messages resulted in 40000 tokens.", "40000 tokens > 32768"),
            (
                "\(limit) However, you requested 72000 tokens (40000 in the messages, 32000 in the completion).",
                "40000 tokens > 32768"
            ),
            ("\(limit) However, your request has 40,000 input tokens.", "40000 tokens > 32768"),
            (
                "This model's maximum prompt length is 131072 but the request contains 140001 tokens.",
                "140001 tokens > 131072"
            ),
            (
                "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
                "1200000 tokens > 1048576"
            ),
            (
                "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
                "5000 tokens > 4096"
            ),
            (
                "The decoder prompt (length 5951) is longer than the maximum model length of 4096. Make sure that `max_model_len` is no smaller than the number of text tokens.",
                "5951 tokens > 4096"
            ),
            ("Requested input length 40001 exceeds maximum input length 32768", "40001 tokens > 32768"),
            ("`inputs` must have less than 4095 tokens. Given: 5000", "5000 tokens > 4095"),
            ("Your request exceeded model token limit: 262144 (requested: 291351)", "291351 tokens > 262144"),
            ("Prompt has 5000 tokens, but the configured context size is 4096 tokens", "5000 tokens > 4096"),
            ("gpt-4000-mini's context window is 8192 tokens, these are 9000.", "9000 tokens > 8192"),
        ])
    func prompts(text: String, numbers: String) {
        #expect(ContextLength.isMentioned(text.lowercased()))
        #expect(ContextLength.told(text) == "prompt is too long: \(numbers) maximum")
    }

    @Test(
        "Only the answer that was asked for is too long: Claude Code asks for a shorter one",
        arguments: [
            (
                "'max_tokens' or 'max_completion_tokens' is too large: 32000. \(limit.dropLast()) and your request has 5000 input tokens (32000 > 32768 - 5000).",
                "5000 + 32000 > 32768"
            ),
            (
                "\(limit) However, you requested 37000 tokens (5000 in the messages, 32000 in the completion). Please reduce the length of the messages or completion.",
                "5000 + 32000 > 32768"
            ),
            (
                "\(limit) However, you requested 37200 tokens (5000 in the messages, 200 in the functions, and 32000 in the completion).",
                "5200 + 32000 > 32768"
            ),
            (
                "This endpoint's maximum context length is 128000 tokens. However, you requested about 150000 tokens (120000 of text input, 2000 of tool input, 28000 in the output).",
                "122000 + 28000 > 128000"
            ),
            (
                "This model's maximum context length is 1024 tokens. However, you requested 100 output tokens and your prompt contains at least 925 input tokens, for a total of at least 1025 tokens.",
                "925 + 100 > 1024"
            ),
            (
                "Requested token count exceeds the model's maximum context length of 32768 tokens. You requested a total of 37000 tokens: 5000 tokens from the input messages and 32000 tokens for the completion.",
                "5000 + 32000 > 32768"
            ),
            (
                "`inputs` tokens + `max_new_tokens` must be <= 4096. Given: 3000 `inputs` tokens and 2000 `max_new_tokens`",
                "3000 + 2000 > 4096"
            ),
        ])
    func answers(text: String, numbers: String) {
        #expect(ContextLength.isMentioned(text.lowercased()))
        #expect(ContextLength.told(text) == "input length and `max_tokens` exceed context limit: \(numbers)")
    }

    @Test(
        "No number is made up",
        arguments: [
            ("Your input exceeds the context window of this model.", "prompt is too long"),
            ("\(limit)", "prompt is too long"),
            ("\(limit) Your request has 5000 input tokens.", "prompt is too long"),
            (
                "The model returned the following errors: Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.",
                "prompt is too long"
            ), ("Range of input length should be [1, 258048]", "prompt is too long"),
            ("Prompt exceeds max length", "prompt is too long"),
            ("Input is too long for requested model.", "Input is too long."),
            ("The request size (31000000 bytes) exceeds 30.000MB limit.", "Input is too long."),
            ("context window 99999999999999999999999 > 300", "prompt is too long"), ("", "prompt is too long"),
        ])
    func others(text: String, told: String) {
        #expect(ContextLength.isMentioned(text.lowercased()) || text.isEmpty)
        #expect(ContextLength.told(text) == told)
        #expect(ContextLength.told(told) == told && ContextLength.isTold(told))
    }
}
