import Wire

/// Usage objects of the Messages API.
enum MessageUsage {
    /// Of `message_start`: clients show the context by it (T-24).
    static func write(input: Int64, _ json: inout JSONWriter) {
        var usage = TokenUsage()
        usage.input = input
        usage.output = 1
        write(usage, &json)
    }

    static func write(_ usage: TokenUsage, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("input_tokens", usage.input)
        json.member("cache_creation_input_tokens", usage.cacheWrite5m + usage.cacheWrite1h)
        json.member("cache_read_input_tokens", usage.cacheRead)
        json.member("output_tokens", usage.output)
        if usage.thinking > 0 {
            json.key("output_tokens_details")
            json.beginObject()
            json.member("thinking_tokens", usage.thinking)
            json.endObject()
        }
        if usage.webSearchRequests > 0 {
            json.key("server_tool_use")
            json.beginObject()
            json.member("web_search_requests", usage.webSearchRequests)
            json.endObject()
        }
        json.endObject()
    }
}
