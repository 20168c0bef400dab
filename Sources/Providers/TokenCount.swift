import Wire

/// Counts of tokens as providers answer them, and as the Messages API does.
package enum TokenCount {
    /// `input_tokens` of OpenAI, `totalTokens` of Google, `inputTokens` of Bedrock; `nil` where none is a count.
    package static func read(_ answer: UnsafeRawBufferPointer) -> Int64? {
        guard let value = try? JSONValue(parsing: answer) else { return nil }
        let names = ["input_tokens", "totalTokens", "inputTokens"]
        return names.compactMap { value[$0]?.int64 }.first { $0 >= 0 }
    }

    package static func answer(_ tokens: Int64) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("input_tokens", tokens)
        json.endObject()
        return json.array
    }
}
