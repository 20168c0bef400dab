import Testing
import Wire

@testable import Telemetry

@Suite("What a client may not say or send")
struct HostileExportTests {
    private func attribute(_ key: String, _ value: String) -> String {
        #"{"key":"\#(key)","value":{"stringValue":"\#(value)"}}"#
    }

    private func record(_ attributes: [String]) -> String {
        #"{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"attributes":[\#(attributes.joined(separator: ","))]}]}]}]}"#
    }

    private func written(_ json: String, _ signal: Signal) throws -> ClientPayloadWriter.Result {
        try SampleExports.write(SampleExports.binary(json, signal), signal)
    }

    private func attributes(_ result: ClientPayloadWriter.Result) throws -> [String: String] {
        try ProtobufMessage(result.bytes).at(1, 2, 2).clientAttributes(6)
    }

    // MARK: Content

    /// Texts of which none may pass in an attribute that nobody knows.
    private static let secrets = [
        "the canary sings", "/home/alice/canary.txt", "C:\\\\canary", #"{\"canary\":1}"#, "sk-ant-canary0123456789",
        "tgk_canary0123456789", "金絲雀在唱歌", "canary=1", String(repeating: "canary", count: 40),
    ]

    @Test(
        "Prompts, parameters, paths and errors of tools stay here whatever they are called",
        arguments: [
            "prompt", "response", "tool_parameters", "tool_input", "tool_output", "body", "body_ref",
            "hook_definitions",
            "file_path", "full_command", "bash_command", "description", "user_prompt", "error", "error_message",
            "exception.message", "exception.stacktrace", "server_name", "command_name", "tomorrow",
            "response.model_output",
            "new_context", "workspace.host_paths", "input", "text",
        ])
    func content(key: String) throws {
        for secret in Self.secrets {
            let list = [attribute("event.name", "tool_result"), attribute(key, secret)]
            let result = try written(record(list), .logs)
            #expect(try attributes(result)[key] == nil && result.edits["content"] == 1, "\(secret)")
        }
    }

    @Test("What a provider complains of passes with what tells of its request only, in spans too")
    func errors() throws {
        let list = [attribute("event.name", "api_error"), attribute("error", "prompt is too long")]
        #expect(try attributes(written(record(list), .logs))["error"] == "prompt is too long")
        func status(_ span: String) throws -> Bool {
            let json =
                #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"\#(span)","status":{"code":2,"message":"no such file"}}]}]}]}"#
            return try ProtobufMessage(written(json, .spans).bytes).at(1, 2, 2, 15).has(2)
        }
        #expect(try status("claude_code.llm_request") && !status("claude_code.tool.execution"))
    }

    @Test("Names and values of Claude Code's own pass")
    func known() throws {
        let values = [
            "model": "anthropic/claude-opus-4-5[1m]", "tool_name": "mcp__a__b", "tool_use_id": "toolu_01ABC",
            "query_source": "main", "session.id": "0b7e4a4c-1f4e-4a57-8f6a-0c8a2d1f0001", "client_request_id": "req_1",
            "agent.name": "code reviewer", "speed": "fast", "status_code": "529", "error_type": "Error:ENOENT",
            "event.timestamp": "2026-11-21T16:00:00.000Z", "app.version": "2.1.329", "terminal.type": "xterm 256",
            "decision": "accept", "language": "C++", "server_scope": "project", "hook_event": "PreToolUse",
        ]
        let found = try attributes(written(record(values.map { attribute($0.key, $0.value) }), .logs))
        #expect(found == values)
    }

    // MARK: Claims

    @Test("Nobody names attributes, metrics, events or a service as the gateway does, nor as back ends would write it")
    func claims() throws {
        let list = [
            attribute("tollgate_team", "thieves"), attribute("Tollgate-x", "y"), attribute("user_id", "root"),
            attribute("user_email", "root@example.com"), attribute("event.name", "tollgate.audit"),
            attribute("tollgates", "1"),
        ]
        let result = try written(record(list), .logs), found = try attributes(result)
        #expect(found == ["tollgates": "1", "claude_code.installation.id": "root", "user.id": "alice@example.com"])
        #expect(result.edits == ["reserved": 3, "claim": 1])
        let metrics = ["tollgate.requests", "tollgate_requests", "their.requests"].map {
            #"{"name":"\#($0)","gauge":{"dataPoints":[{"asInt":1}]}}"#
        }
        let resource = #"{"attributes":[\#(attribute("service.name", "tollgate"))]}"#
        let json =
            #"{"resourceMetrics":[{"resource":\#(resource),"scopeMetrics":[{"metrics":[\#(metrics.joined(separator: ","))]}]}]}"#
        let written = try written(json, .metrics)
        #expect(written.items == 1 && written.edits["reserved"] == 3)
        #expect(try ProtobufMessage(written.bytes).at(1, 1).clientAttributes(1)["service.name"] == nil)
        let policy = AttributePolicy(keepsContent: true, service: "gate-eu")
        let called = Array("gate-eu".utf8).withUnsafeBytes { policy.isGateway($0) }
        #expect(called)
    }

    @Test("What lies in lists is judged like what does not")
    func nested() throws {
        let map =
            #"{"kvlistValue":{"values":[\#(attribute("prompt", "the canary sings")),\#(attribute("tollgate.team", "thieves"))]}}"#
        let resource = #"{"attributes":[{"key":"list","value":{"arrayValue":{"values":[\#(map)]}}}]}"#
        let result = try written(#"{"resourceLogs":[{"resource":\#(resource)}]}"#, .logs)
        let text = String(decoding: result.bytes, as: UTF8.self)
        #expect(!text.contains("canary") && !text.contains("thieves") && text.contains("list"))
    }

    // MARK: Amounts

    private func nested(_ path: [Int], _ inner: [UInt8]) -> [UInt8] {
        path.reversed().reduce(inner) { inner, number in
            var writer = ByteWriter()
            inner.withUnsafeBytes { writer.append(number, bytes: $0) }
            return writer.array
        }
    }

    @Test("A great many of what takes two bytes and grows when it is stamped are refused")
    func amounts() throws {
        func empty(_ field: UInt8, _ count: Int) -> [UInt8] { (0..<count).flatMap { _ in [field << 3 | 2, 0] } }
        let count = ClientPayloadWriter.maximumItems + 1
        #expect(throws: OTLPFault.tooLarge) {
            try SampleExports.write(nested([1, 2, 2, 7], empty(1, count)), .metrics)
        }
        #expect(throws: OTLPFault.tooLarge) {
            try nested([1, 2], empty(2, count)).withUnsafeBytes { _ = try ClientActivity.records(in: $0) }
        }
        #expect(throws: OTLPFault.tooLarge) { try SampleExports.write(empty(1, 200_000), .spans) }
    }

    @Test("Each thing has its own 128 attributes")
    func each() throws {
        let many = (0..<100).map { attribute("k\($0)", "v") }.joined(separator: ",")
        let event = #"{"name":"e","attributes":[\#(many)]}"#
        let json =
            #"{"resourceSpans":[{"scopeSpans":[{"spans":[{"attributes":[\#(many)],"events":[\#(event),\#(event)]}]}]}]}"#
        #expect(try written(json, .spans).edits.isEmpty)
    }
}
