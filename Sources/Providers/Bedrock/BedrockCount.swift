import Wire

/// `POST /model/{id}/count-tokens`: the body that InvokeModel would get, in Base64; the rules for it are stricter. Only ids of
/// foundation models are taken. https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html
package enum BedrockCount {
    /// The request for a body that is counted; `betas` are those of a filter for counting.
    package static func write(
        _ body: UnsafeRawBufferPointer, _ members: [JSONMember], model: String, version: String, betas: BetaSelection
    ) throws(Refusal) -> ByteWriter {
        var inner = ByteWriter()
        try ClaudeBody(.bedrock, model: model, version: version, betas: betas).writeCount(body, members, into: &inner)
        var output = ByteWriter(capacity: inner.count / 3 * 4 + 64)
        output.append("{\"input\":{\"invokeModel\":{\"body\":\"")
        Base64.encode(inner.bytes, to: &output)
        output.append("\"}}}")
        return output
    }

    /// `inputTokens` of an answer; `nil` if it is none.
    package static func tokens(in answer: UnsafeRawBufferPointer) -> Int64? {
        var cursor = JSONCursor(answer)
        do throws(JSONError) {
            guard try cursor.enterObjectOrSkip() else { return nil }
            while let key = try cursor.nextKey() {
                if key.equals("inputTokens") { return try cursor.integerOrSkip().flatMap { $0 < 0 ? nil : $0 } }
                try cursor.skipValue()
            }
        } catch {
            return nil
        }
        return nil
    }

    /// `max_tokens` must be there and above the budget for thinking; a list of tools must not be empty.
    static func adapt(
        _ body: UnsafeRawBufferPointer, _ members: [JSONMember], removing: inout [BodyField],
        adding: inout ByteWriter
    ) {
        removing.append(BodyField("max_tokens"))
        if !adding.isEmpty { adding.append(",") }
        adding.append("\"max_tokens\":")
        adding.append(decimal: budget(body, members) + 1)
        for member in members where member.keyEquals("tools", in: body) && isEmptyList(member, body) {
            removing += [BodyField("tools"), BodyField("tool_choice")]
        }
    }

    private static func isEmptyList(_ member: JSONMember, _ body: UnsafeRawBufferPointer) -> Bool {
        guard member.kind == .array else { return member.kind == .null }
        var cursor = member.cursor(in: body)
        return (try? emptiness(&cursor)) ?? false
    }

    private static func emptiness(_ cursor: inout JSONCursor) throws(JSONError) -> Bool {
        try cursor.enterArray()
        return try !cursor.nextElement()
    }

    private static func budget(_ body: UnsafeRawBufferPointer, _ members: [JSONMember]) -> Int64 {
        var budget: Int64 = 0
        for member in members where member.keyEquals("thinking", in: body) {
            let thinking = try? JSONValue(parsing: body.slice(member.value))
            budget = max(0, min(thinking?["budget_tokens"]?.int64 ?? 0, UsageReport.largestCount))
        }
        return budget
    }
}
