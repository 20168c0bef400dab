import Configuration
import Wire

/// Usage objects of Chat Completions and of Responses, in our classes. Their prompts include what was read from the cache and
/// written to it; ours do not (T-25). https://platform.openai.com/docs/api-reference/responses/object
struct OpenAIUsage {
    private var prompt: Int64 = 0
    private var completion: Int64 = 0
    private var total: Int64?
    private var cached: Int64 = 0
    private var written: Int64 = 0
    private var writtenLong: Int64 = 0
    private var reasoning: Int64 = 0
    private var reportedTicks: Int64?

    /// Throws where the text is no JSON object; counts that cannot be are taken as zero.
    init(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(bytes)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals("prompt_tokens") || key.equals("input_tokens") {
                prompt = try Self.count(&cursor)
            } else if key.equals("completion_tokens") || key.equals("output_tokens") {
                completion = try Self.count(&cursor)
            } else if key.equals("total_tokens") {
                total = try Self.count(&cursor)
            } else if key.equals("cost_in_usd_ticks") {
                reportedTicks = try Self.count(&cursor)
            } else if key.equals("prompt_tokens_details") || key.equals("input_tokens_details") {
                try readPromptDetails(&cursor)
            } else if key.equals("completion_tokens_details") || key.equals("output_tokens_details") {
                try readCompletionDetails(&cursor)
            } else {
                try cursor.skipValue()
            }
        }
    }

    /// - Parameter excludesReasoning: completion tokens do not include what was thought (xAI's Chat Completions): the rest of the
    ///   total is what was written.
    func usage(excludesReasoning: Bool) -> TokenUsage {
        var usage = TokenUsage()
        usage.input = max(0, prompt - cached - written)
        usage.cacheRead = min(cached, prompt)
        usage.cacheWrite1h = min(writtenLong, written)
        usage.cacheWrite5m = written - usage.cacheWrite1h
        usage.thinking = reasoning
        usage.reportedCost = reportedTicks.flatMap { NanoUSD(xAITicks: $0) }
        usage.output = completion
        if excludesReasoning { usage.output = max(completion, total.map { $0 - prompt } ?? completion + reasoning) }
        return usage
    }

    private static func count(_ cursor: inout JSONCursor) throws(JSONError) -> Int64 {
        guard try cursor.peekKind() == .number else {
            try cursor.skipValue()
            return 0
        }
        let number = try cursor.readNumber()
        // Some servers write `10.0`.
        guard let value = number.int64 ?? Int64(exactly: number.double),
            (0...UsageReport.largestCount).contains(value)
        else { return 0 }
        return value
    }

    private mutating func readPromptDetails(_ cursor: inout JSONCursor) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return }
        while let key = try cursor.nextKey() {
            if key.equals("cached_tokens") {
                cached = try Self.count(&cursor)
            } else if key.equals("cache_write_tokens") {
                written = try Self.count(&cursor)
            } else if key.equals("cache_write_tokens_details"), try cursor.peekKind() == .object {
                try cursor.enterObject()
                while let key = try cursor.nextKey() {
                    if key.equals("ttl_12h_tokens") {
                        writtenLong = try Self.count(&cursor)
                    } else {
                        try cursor.skipValue()
                    }
                }
            } else {
                try cursor.skipValue()
            }
        }
    }

    private mutating func readCompletionDetails(_ cursor: inout JSONCursor) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return }
        while let key = try cursor.nextKey() {
            if key.equals("reasoning_tokens") {
                reasoning = try Self.count(&cursor)
            } else {
                try cursor.skipValue()
            }
        }
    }
}

extension ServiceTier {
    /// As an answer names it; a name that is not known counts as the standard.
    init(_ name: JSONString) { self = (try? name.decoded()).flatMap { ServiceTier(named: $0) } ?? .standard }
}
