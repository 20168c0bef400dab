import Testing
import Wire

@testable import Providers

@Suite struct AnswerTests {
    @Test("A refusal is Anthropic's envelope with our request id, in a body and as an event")
    func refusals() throws {
        let refusal = Refusal.unroutedModel("gpt \"9\"")
        let body = try JSONValue(parsing: String(decoding: refusal.body(requestID: "req_1"), as: UTF8.self))
        #expect(body["type"] == "error" && body["request_id"] == "req_1")
        #expect(body["error"]?["type"] == "not_found_error")
        #expect(refusal.status == 404 && refusal.isFinal)
        let event = String(decoding: refusal.event(requestID: "req_1"), as: UTF8.self)
        #expect(event.hasPrefix("event: error\ndata: {") && event.hasSuffix("}\n\n"))
        for refusal in [Refusal.missingCredential, .unknownCredential, .revokedCredential] {
            #expect(refusal.status == 401 && refusal.isFinal && refusal.message != "invalid x-api-key")
        }
    }

    @Test("No credential and nothing of ours goes upstream, everything else does")
    func forwarding() {
        let kept: Set<FieldName> = [
            .anthropicVersion, .anthropicBeta, .anthropicOther, .userAgent, .contentType, .claudeCodeSessionID, .xApp,
            .other,
            .xStainless, .accept,
        ]
        let dropped: Set<FieldName> = [
            .authorization, .xAPIKey, .cookie, .tollgateAPIKey, .tollgateMetadata, .tollgateOther, .host,
            .contentLength,
            .acceptEncoding, .traceparent, .tracestate, .baggage, .expect,
        ]
        for name in kept { #expect(AnthropicEndpoint.forwards(requestField: name, passesThrough: false), "\(name)") }
        for name in dropped {
            #expect(!AnthropicEndpoint.forwards(requestField: name, passesThrough: false), "\(name)")
        }
        #expect(AnthropicEndpoint.forwards(requestField: .authorization, passesThrough: true))
        #expect(!AnthropicEndpoint.forwards(requestField: .tollgateAPIKey, passesThrough: true))
        #expect(!AnthropicEndpoint.returns(responseField: .anthropicRateLimit, passesThrough: false))
        #expect(AnthropicEndpoint.returns(responseField: .anthropicRateLimit, passesThrough: true))
        #expect(!AnthropicEndpoint.returns(responseField: .requestID, passesThrough: true))
        #expect(AnthropicEndpoint.returns(responseField: .retryAfter, passesThrough: false))
    }

    @Test("Models come in pages as the SDK asks for them")
    func pages() throws {
        let list = ModelList((1...5).map { (id: "claude-\($0)", displayName: "C\($0)") })
        func page(_ query: String) throws -> (ids: [String], more: JSONValue?) {
            let value = try JSONValue(parsing: String(decoding: try list.page(query: query).get(), as: UTF8.self))
            guard case .array(let data)? = value["data"] else { return ([], nil) }
            return (data.compactMap { if case .string(let id)? = $0["id"] { id } else { nil } }, value["has_more"])
        }
        #expect(try page("").ids.count == 5)
        #expect(try page("limit=2").ids == ["claude-1", "claude-2"])
        #expect(try page("limit=2").more == true)
        #expect(try page("limit=2&after_id=claude-4").ids == ["claude-5"])
        #expect(try page("limit=2&after_id=claude-4").more == false)
        #expect(try page("before_id=claude-3&limit=1").ids == ["claude-2"])
        for wrong in ["limit=0", "limit=x", "after_id=nobody"] { #expect(throws: Refusal.self) { try page(wrong) } }
        #expect(list.model("claude-3") != nil && list.model("claude%2D3") != nil && list.model("gpt") == nil)
    }

    private func script(_ text: String, stream: Bool, tools: String = "[]") throws -> MockAnswer {
        let body =
            #"{"model":"m","stream":\#(stream),"tools":\#(tools),"messages":[{"role":"user","content":"\#(text)"}]}"#
        return try Array(body.utf8).withUnsafeBytes { try #require(MockScript(body: $0, serial: 1)).message }
    }

    @Test("The mock's streams are streams of the Messages API, with usage")
    func mockStream() throws {
        var meter = MessageStreamMeter()
        for step in try script("hi mock:words=7", stream: true).steps {
            step.bytes.withUnsafeBytes { meter.consume($0) }
        }
        #expect(meter.hasEnded && meter.facts.stopReason == "end_turn" && meter.facts.reducer.usage.output == 7)
        #expect(meter.facts.reducer.usage.input > 0 && meter.malformedEvents == 0)
    }

    @Test("The mock calls tools, fails and waits as it is told")
    func mockDirections() throws {
        let call = try script(#"mock:tool=Bash {\"command\":\"ls\"}"#, stream: false, tools: #"[{"name":"Bash"}]"#)
        let text = String(decoding: call.steps[0].bytes, as: UTF8.self)
        #expect(text.contains(#""stop_reason":"tool_use""#) && text.contains(#""input":{"command":"ls"}"#))
        #expect(try script("mock:error=529", stream: true).status == 529)
        #expect(try script("mock:pause=2s", stream: false).steps[0].pause == 2_000_000_000)
        var broken = MessageStreamMeter()
        for step in try script("mock:break", stream: true).steps { step.bytes.withUnsafeBytes { broken.consume($0) } }
        #expect(broken.facts.errorType == "overloaded_error")
    }
}
