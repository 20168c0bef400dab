import Testing
import Wire

@testable import Providers

@Suite("The mock answers like the Messages API")
struct MockTests {
    private func script(_ body: String) throws -> MockScript {
        try #require(Array(body.utf8).withUnsafeBytes { MockScript(body: $0, serial: 7) })
    }

    /// A request whose last user message says `text`.
    private func request(_ text: String, stream: Bool = true, extra: String = "") throws -> MockAnswer {
        try script(
            #"{"model":"claude-x","max_tokens":9,"stream":\#(stream),"messages":[{"role":"user","content":"\#(text)"}]\#(extra)}"#
        ).message
    }

    private func text(_ answer: MockAnswer) -> String {
        String(decoding: answer.steps.flatMap(\.bytes), as: UTF8.self)
    }

    private func value(_ answer: MockAnswer) throws -> JSONValue { try JSONValue(parsing: text(answer)) }

    /// The data of a stream's events.
    private func events(_ answer: MockAnswer) throws -> [JSONValue] {
        try text(answer).split(separator: "\n\n").map { event in
            let lines = event.split(separator: "\n")
            #expect(lines.count == 2)
            let data = try JSONValue(parsing: String(try #require(lines.last).dropFirst(6)))
            #expect(data["type"]?.string.map { "event: \($0)" } == lines.first.map(String.init))
            return data
        }
    }

    @Test("A stream is whole by the meter that meters real ones")
    func stream() throws {
        let answer = try request("hello mock:words=5")
        #expect(answer.status == 200 && answer.contentType.hasPrefix("text/event-stream"))
        let facts = StreamFacts(text(answer))
        #expect(facts.hasStarted && facts.hasEnded && facts.malformed == 0 && facts.errorType.isEmpty)
        #expect(facts.id == "msg_mock7" && facts.model == "claude-x" && facts.stopReason == "end_turn")
        #expect(facts.usage.input > 0 && facts.usage.output == 5)
        let names = try events(answer).compactMap { $0["type"]?.string }
        #expect(
            names == ["message_start", "content_block_start", "ping"]
                + Array(repeating: "content_block_delta", count: 5) + [
                    "content_block_stop", "message_delta", "message_stop",
                ])
        #expect(answer.steps.count == names.count)
    }

    @Test("Streamed or not, the content and the usage are the same")
    func both() throws {
        let streamed = try request("mock:words=30"), whole = try value(try request("mock:words=30", stream: false))
        let said = try events(streamed).compactMap { $0["delta"]?["text"]?.string }.joined()
        #expect(whole["content"]?.array?.first?["text"]?.string == said)
        #expect(said.split(separator: " ").count == 30)
        var meter = MessageBodyMeter()
        Array(try request("mock:words=30", stream: false).steps.flatMap(\.bytes)).withUnsafeBytes {
            meter.consume($0, isLast: true)
        }
        let facts = meter.facts, streamedFacts = StreamFacts(text(streamed))
        #expect(meter.isRead && facts.reducer.usage.output == 30)
        // "stream":false is one byte longer than "stream":true, so the estimates may differ by one.
        #expect(abs(facts.reducer.usage.input - streamedFacts.usage.input) <= 1)
        #expect(whole["type"] == "message" && whole["role"] == "assistant" && whole["stop_reason"] == "end_turn")
    }

    @Test("A long conversation reads its beginning from the cache")
    func cache() throws {
        let long = String(repeating: "x", count: 40_000)
        let answer = try script(
            #"{"model":"m","system":"\#(long)","messages":[{"role":"user","content":"\#(String(repeating: "y", count: 400))"}]}"#
        ).message
        let usage = try #require(try value(answer)["usage"])
        let counts = ["input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"].compactMap {
            usage[$0]?.int64
        }
        #expect(counts.count == 3 && counts.allSatisfy { $0 > 0 })
        #expect(counts[1] >= 9_000 && counts[1] > counts[0] + counts[2])
    }

    @Test("A tool is called if it is offered, and once")
    func tools() throws {
        let tools = #","tools":[{"name":"Bash"}]"#
        let call = #"run mock:tool=Bash {\"command\":\"ls\"}"#
        let streamed = try request(call, extra: tools)
        let facts = StreamFacts(text(streamed))
        #expect(facts.stopReason == "tool_use" && facts.hasEnded && facts.usage.output > 0)
        let all = try events(streamed)
        let block = try #require(all.first { $0["type"] == "content_block_start" }?["content_block"])
        #expect(block["type"] == "tool_use" && block["name"] == "Bash" && block["input"] == [:])
        let json = all.compactMap { $0["delta"]?["partial_json"]?.string }.joined()
        #expect(try JSONValue(parsing: json) == ["command": "ls"])
        let whole = try value(try request(call, stream: false, extra: tools))
        #expect(whole["content"]?.array?.first?["input"] == ["command": "ls"] && whole["stop_reason"] == "tool_use")
        #expect(StreamFacts(text(try request(call))).stopReason == "end_turn")
        let result = try script(
            #"{"model":"m","messages":[{"role":"user","content":[{"type":"tool_result"},{"type":"text","text":"mock:tool=Bash"}]}]\#(tools)}"#
        )
        #expect(try value(result.message)["stop_reason"] == "end_turn")
    }

    @Test(
        "An error has the status asked for and the type that fits",
        arguments: [
            (400, "invalid_request_error"), (401, "authentication_error"), (402, "billing_error"),
            (403, "permission_error"),
            (404, "not_found_error"), (409, "conflict_error"), (413, "request_too_large"),
            (422, "invalid_request_error"),
            (429, "rate_limit_error"), (500, "api_error"), (503, "api_error"), (504, "timeout_error"),
            (529, "overloaded_error"),
        ])
    func errors(status: Int, type: String) throws {
        let answer = try request("mock:error=\(status) mock:pause=2s")
        #expect(
            answer.status == status && answer.contentType == "application/json"
                && answer.steps.first?.pause == 2_000_000_000)
        #expect(try value(answer)["type"] == "error")
        #expect(try value(answer)["error"]?["type"] == .string(type))
    }

    @Test(
        "What makes no sense is not done",
        arguments: ["mock:error=200", "mock:error=x", "mock:words=x", "mock:", "mock:nope=1", "mock:pause=x"])
    func nonsense(word: String) throws {
        let answer = try request(word)
        #expect(answer.status == 200 && StreamFacts(text(answer)).usage.output == 24)
        #expect(answer.steps.first?.pause == 0)
    }

    @Test("Words are within bounds", arguments: [("0", 1), ("-5", 1), ("3", 3)])
    func words(asked: String, output: Int64) throws {
        #expect(StreamFacts(text(try request("mock:words=\(asked)"))).usage.output == output)
    }

    @Test("Pauses stand where they are asked for")
    func pauses() throws {
        let answer = try request("mock:pause=2s mock:pace=50ms mock:words=3")
        let pauses = answer.steps.map(\.pause)
        #expect(pauses == [2_000_000_000, 0, 0, 50_000_000, 50_000_000, 50_000_000, 0, 0, 0])
        #expect(try request("mock:pause=1s", stream: false).steps.map(\.pause) == [1_000_000_000])
    }

    @Test("A stream can break off with an error event in its middle")
    func breaks() throws {
        let facts = StreamFacts(text(try request("mock:break mock:words=10")))
        #expect(facts.hasStarted && facts.hasEnded && facts.errorType == "overloaded_error" && facts.stopReason.isEmpty)
        #expect(facts.events == 3 + 5 + 1)
    }

    @Test("Tokens are counted")
    func count() throws {
        let answer = try script(#"{"model":"m","messages":[{"role":"user","content":"hello"}]}"#).count
        let value = try value(answer)
        #expect(answer.status == 200 && (value["input_tokens"]?.int64 ?? 0) > 0 && value.object?.members.count == 1)
        #expect(try self.value(try script("{}").count)["input_tokens"] == 1)
    }

    @Test("The words of earlier messages do not count, and odd requests are answered")
    func odd() throws {
        let earlier = try script(
            #"{"messages":[{"role":"user","content":"mock:error=500"},{"role":"assistant","content":"x"},{"role":"user","content":"y"}]}"#
        )
        #expect(earlier.message.status == 200)
        for body in [
            "{}", #"{"messages":5}"#, #"{"messages":[]}"#,
            #"{"messages":[{"role":"user"}],"tools":[1],"stream":"yes"}"#,
        ] {
            let answer = try script(body).message
            #expect(answer.status == 200)
            #expect(try value(answer)["usage"]?["input_tokens"]?.int64.map { $0 > 0 } == true)
        }
        for body in ["", "[]", "{", "5", "{} x"] {
            #expect(Array(body.utf8).withUnsafeBytes { MockScript(body: $0, serial: 1) } == nil)
        }
    }
}
