import Wire

/// A provider that answers like the Messages API without one: for the first minute, for demonstrations and for tests.
///
/// What it answers follows from the request alone. Words in the last user message direct it:
///
/// | word | effect |
/// |---|---|
/// | `mock:words=200` | so many words of text (default 24) |
/// | `mock:pause=2s` | waits before the first byte |
/// | `mock:pace=50ms` | waits between two words (default 15ms; streamed answers only) |
/// | `mock:tool=Bash` | calls that tool if it is offered; its input is what stands in `{…}` behind |
/// | `mock:error=529` | answers with that status and an error of the fitting type |
/// | `mock:break` | a stream that ends with an `error` event in its middle |
package struct MockScript {
    private let request: JSONValue
    private let directions: Directions
    private let id: String

    /// `serial` makes the ids of the answers different. `nil` if the body is no JSON object.
    package init?(body: UnsafeRawBufferPointer, serial: Int64) {
        guard let request = try? JSONValue(parsing: body), request.object != nil else { return nil }
        self.request = request
        directions = Directions(Self.lastUserText(of: request))
        id = "msg_mock\(serial)"
    }

    /// `POST /v1/messages/count_tokens`.
    package var count: MockAnswer { .json(["input_tokens": .integer(promptTokens)]) }

    /// `POST /v1/messages`.
    package var message: MockAnswer {
        if let status = directions.errorStatus {
            return .error(
                Self.errorType(of: status), "The mock was asked for this error.", status: status,
                pause: directions.pause)
        }
        guard case .bool(true)? = request["stream"] else { return whole }
        return streamed
    }

    private var model: String {
        if case .string(let name)? = request["model"] { name } else { "mock" }
    }

    // MARK: Content

    private var isToolCall: Bool {
        guard let tool = directions.tool, !lastIsToolResult else { return false }
        return offeredTools.contains(tool)
    }

    private var offeredTools: [String] {
        guard case .array(let tools)? = request["tools"] else { return [] }
        return tools.compactMap { if case .string(let name)? = $0["name"] { name } else { nil } }
    }

    private var text: [String] {
        let sentence = [
            "This", "answer", "comes", "from", "the", "mock", "provider", "of", "Tollgate.", "Set", "ANTHROPIC_API_KEY",
            "and",
            "restart,", "and", "the", "same", "request", "goes", "to", "Anthropic.", "Every", "token", "is", "counted.",
        ]
        return (0..<directions.words).map { sentence[$0 % sentence.count] + ($0 + 1 < directions.words ? " " : "") }
    }

    private var toolBlock: JSONValue {
        [
            "type": "tool_use", "id": .string("toolu_\(id)"), "name": .string(directions.tool ?? ""),
            "input": directions.input,
        ]
    }

    private var stopReason: JSONValue { isToolCall ? "tool_use" : "end_turn" }

    // MARK: Usage

    /// Four bytes a token, as the estimates of the gateway have it.
    private var promptTokens: Int64 { max(1, Int64(request.text.utf8.count) / TokenEstimate.bytesPerToken) }

    /// Everything but the last message is taken from the cache once there is enough of it, as with a real session.
    private var usage: JSONObject {
        var last: Int64 = 0
        if case .array(let messages)? = request["messages"], let message = messages.last {
            last = Int64(message.text.utf8.count) / TokenEstimate.bytesPerToken
        }
        let prompt = promptTokens
        let cached = prompt - last >= 1_024 ? prompt - last : 0
        let written = cached > 0 ? min(last, prompt) / 2 : 0
        var usage = JSONObject()
        usage.append("input_tokens", .integer(max(1, prompt - cached - written)))
        usage.append("cache_creation_input_tokens", .integer(written))
        usage.append("cache_read_input_tokens", .integer(cached))
        usage.append(
            "cache_creation",
            ["ephemeral_5m_input_tokens": .integer(written), "ephemeral_1h_input_tokens": .integer(0)])
        usage.append("service_tier", "standard")
        return usage
    }

    private func usage(output: Int64) -> JSONValue {
        var all = usage
        all.append("output_tokens", .integer(output))
        return .object(all)
    }

    private var outputTokens: Int64 { isToolCall ? 20 : Int64(directions.words) }

    // MARK: Answers

    private func envelope(content: JSONValue, stop: JSONValue, output: Int64) -> JSONValue {
        [
            "id": .string(id), "type": "message", "role": "assistant", "model": .string(model), "content": content,
            "stop_reason": stop, "stop_sequence": .null, "usage": usage(output: output),
        ]
    }

    private var whole: MockAnswer {
        let content: JSONValue = isToolCall ? [toolBlock] : [["type": "text", "text": .string(text.joined())]]
        return .json(envelope(content: content, stop: stopReason, output: outputTokens), pause: directions.pause)
    }

    private var streamed: MockAnswer {
        var steps: [MockAnswer.Step] = []
        func add(_ name: StaticString, _ data: JSONValue, pause: Int64 = 0) {
            var output = ByteWriter()
            Array(data.text.utf8).withUnsafeBytes { SSEWriter.append(event: name, data: $0, to: &output) }
            steps.append(.init(pause: pause, bytes: output.array))
        }
        add(
            "message_start", ["type": "message_start", "message": envelope(content: [], stop: .null, output: 1)],
            pause: directions.pause)
        let block: JSONValue = isToolCall ? emptied(toolBlock) : ["type": "text", "text": ""]
        add("content_block_start", ["type": "content_block_start", "index": 0, "content_block": block])
        add("ping", ["type": "ping"])
        let deltas: [JSONValue] =
            isToolCall
            ? [["type": "input_json_delta", "partial_json": .string(directions.input.text)]]
            : text.map { ["type": "text_delta", "text": .string($0)] }
        for (index, delta) in deltas.enumerated() {
            if directions.breaks, index == deltas.count / 2 {
                add(
                    "error",
                    ["type": "error", "error": ["type": "overloaded_error", "message": "The mock broke off."]])
                return MockAnswer(status: 200, contentType: Self.eventStream, steps: steps)
            }
            add(
                "content_block_delta", ["type": "content_block_delta", "index": 0, "delta": delta],
                pause: directions.pace)
        }
        add("content_block_stop", ["type": "content_block_stop", "index": 0])
        add(
            "message_delta",
            [
                "type": "message_delta", "delta": ["stop_reason": stopReason, "stop_sequence": .null],
                "usage": usage(output: outputTokens),
            ])
        add("message_stop", ["type": "message_stop"])
        return MockAnswer(status: 200, contentType: Self.eventStream, steps: steps)
    }

    private static let eventStream = "text/event-stream; charset=utf-8"

    /// A tool call begins without its input, which comes in deltas.
    private func emptied(_ block: JSONValue) -> JSONValue {
        var copy = JSONObject()
        for member in block.object?.members ?? [] {
            copy.append(member.key, member.key == "input" ? .object(JSONObject()) : member.value)
        }
        return .object(copy)
    }

    private static func errorType(of status: Int) -> String {
        switch status {
        case 400: "invalid_request_error"
        case 401: "authentication_error"
        case 402: "billing_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 409: "conflict_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 504: "timeout_error"
        case 529: "overloaded_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }

    // MARK: Conversation

    private var lastIsToolResult: Bool {
        guard case .array(let messages)? = request["messages"], case .array(let blocks)? = messages.last?["content"]
        else {
            return false
        }
        return blocks.contains { $0["type"] == "tool_result" }
    }

    private static func lastUserText(of request: JSONValue) -> String {
        guard case .array(let messages)? = request["messages"],
            let last = messages.last(where: { $0["role"] == "user" })
        else { return "" }
        switch last["content"] {
        case .string(let text)?: return text
        case .array(let blocks)?:
            return blocks.compactMap { if case .string(let text)? = $0["text"] { text } else { nil } }.joined(
                separator: "\n")
        default: return ""
        }
    }
}
