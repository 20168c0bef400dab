import Configuration
import Testing
import Wire

@testable import Providers

@Suite("What cannot be said in a dialect is told in the receipt, and refused where nothing may be lost")
struct FidelityLossTests {
    private enum Target: CaseIterable {
        case chat, responses, grok, gemini, vertex, nova

        var fixture: TranslationFixture { fixture(rejectsLosses: false) }

        func fixture(rejectsLosses: Bool) -> TranslationFixture {
            let (dialect, kind, model): (Dialect, ProviderKind, String) =
                switch self {
                case .chat: (.chatCompletions, .openAI, "gpt-4.1")
                case .responses: (.responses, .openAI, "gpt-5.5")
                case .grok: (.responses, .xAI, "grok-4.7")
                case .gemini: (.generateContent, .gemini, "gemini-3.8-flash")
                case .vertex: (.generateContent, .vertex, "gemini-3.8-flash")
                case .nova: (.converse, .bedrock, "amazon.nova-pro-v1:0")
                }
            return TranslationFixture(dialect, kind, model: model, rejectsLosses: rejectsLosses)
        }
    }

    private struct Sent {
        let json: JSONValue
        let receipt: FidelityReceipt

        func became(_ feature: RequestFeature) -> [Fidelity] {
            Fidelity.allCases.filter { receipt.contains(feature, $0) }
        }
    }

    private func send(_ body: String, _ fixture: TranslationFixture, counts: Bool = false) throws -> Sent {
        try Array(body.utf8).withUnsafeBytes { bytes in
            var output = ByteWriter()
            let request = try Translation.request(
                bytes, for: fixture.target, sessionID: [], fixture.context, counts: counts, into: &output)
            return Sent(json: try JSONValue(parsing: output.text), receipt: request.receipt)
        }
    }

    private func send(_ rest: String, to target: Target) throws -> Sent {
        try send(#"{"messages":[{"role":"user","content":"hello"}],\#(rest)}"#, target.fixture)
    }

    private func isRefused(_ rest: String, by target: Target) -> Bool {
        let body = #"{"messages":[{"role":"user","content":"hello"}],\#(rest)}"#
        return (try? send(body, target.fixture(rejectsLosses: true))) == nil
    }

    // MARK: Search

    private func search(_ rest: String) -> String {
        #""tools":[{"type":"web_search_20250305","name":"web_search",\#(rest)}]"#
    }

    @Test("The domains of a search go to who takes them, without paths")
    func allowedDomains() throws {
        let plain = search(#""allowed_domains":["a.org","b.org"]"#)
        for target in [Target.responses, .grok] {
            let sent = try send(plain, to: target)
            #expect(sent.json["tools"]?.array?[0]["filters"] == ["allowed_domains": ["a.org", "b.org"]])
            #expect(sent.became(.allowedDomains) == [.translated] && !isRefused(plain, by: target))
        }
        let paths = try send(search(#""allowed_domains":["a.org\/blog"]"#), to: .responses)
        #expect(paths.json["tools"]?.array?[0]["filters"] == ["allowed_domains": ["a.org"]])
        #expect(paths.became(.allowedDomains) == [.approximated])
        for target in [Target.gemini, .vertex] {
            #expect(try send(plain, to: target).became(.allowedDomains) == [.dropped])
            #expect(isRefused(plain, by: target))
        }
    }

    @Test("So do the domains that it is to leave alone")
    func blockedDomains() throws {
        let rest = search(#""blocked_domains":["a.org"]"#)
        let openAI = try send(rest, to: .responses)
        #expect(openAI.json["tools"]?.array?[0]["filters"] == ["blocked_domains": ["a.org"]])
        #expect(openAI.became(.blockedDomains) == [.approximated])
        let grok = try send(rest, to: .grok)
        #expect(grok.json["tools"]?.array?[0]["filters"] == ["excluded_domains": ["a.org"]])
        #expect(grok.became(.blockedDomains) == [.translated])
        let vertex = try send(rest, to: .vertex)
        #expect(vertex.json["tools"]?.array?[0] == ["googleSearch": ["excludeDomains": ["a.org"]]])
        #expect(vertex.became(.blockedDomains) == [.translated])
        let gemini = try send(rest, to: .gemini)
        #expect(gemini.json["tools"]?.array?[0] == ["googleSearch": [:]])
        #expect(gemini.became(.blockedDomains) == [.dropped] && isRefused(rest, by: .gemini))
    }

    @Test("Where the user is, and how often may be searched")
    func searchBounds() throws {
        let location = #"{"type":"approximate","city":"Bern","country":"CH"}"#
        let rest = search(#""user_location":\#(location),"max_uses":3"#)
        let openAI = try send(rest, to: .responses)
        #expect(openAI.json["tools"]?.array?[0]["user_location"] == (try JSONValue(parsing: location)))
        #expect(openAI.json["max_tool_calls"] == 3 && !isRefused(rest, by: .responses))
        for target in [Target.grok, .gemini] {
            let sent = try send(rest, to: target)
            #expect(sent.became(.userLocation) == [.dropped] && sent.became(.maxUses) == [.dropped])
            #expect(sent.json["max_tool_calls"] == nil && isRefused(rest, by: target))
        }
        #expect(try send(search(#""max_uses":null,"user_location":null"#), to: .gemini).became(.maxUses) == [])
    }

    // MARK: Servers

    @Test("Servers that Anthropic would call are told as its own tools are", arguments: Dialect.allCases.dropFirst())
    func servers(dialect: Dialect) throws {
        let target = try #require(Target.allCases.first { $0.fixture.target.dialect == dialect })
        let own = #"{"name":"A","input_schema":{"type":"object"}}"#
        let set = #"{"type":"mcp_toolset","mcp_server_name":"x"}"#
        let servers = #""mcp_servers":[{"type":"url","url":"https://x.test","name":"x"}]"#
        for rest in [#""tools":[\#(set),\#(own)]"#, #"\#(servers),"tools":[\#(own)]"#] {
            let sent = try send(rest, to: target)
            #expect(sent.became(.serverTools) == [.dropped] && sent.became(.tools) == [.translated])
            #expect(isRefused(rest, by: target))
        }
        #expect(throws: Refusal.self) { try send(#""tools":[\#(set)]"#, to: target) }
        #expect(throws: Refusal.self) { try send(servers, to: target) }
        #expect(try send(#""mcp_servers":[]"#, to: target).became(.serverTools) == [])
    }

    @Test("A tool that the client runs needs a name, whatever its type")
    func nameless() throws {
        for type in ["", #","type":"custom""#] {
            let error = #expect(throws: Refusal.self) {
                try send(#""tools":[{"input_schema":{}\#(type)}]"#, to: .responses)
            }
            #expect(error?.message.contains("tools.0.name") == true)
        }
    }

    // MARK: Thinking and formats

    @Test("Where tools forbid to think, neither thinking nor effort is told as translated")
    func thinkingBesideTools() throws {
        let tools = #""tools":[{"name":"A","input_schema":{"type":"object"}}]"#
        let thinking = #""thinking":{"type":"adaptive"},"output_config":{"effort":"max"}"#
        for model in ["gpt-5.4", "gpt-5.5", "gpt-5.6-sol", "gpt-6-sol", "unheard-of"] {
            let fixture = TranslationFixture(.chatCompletions, .openAI, model: model)
            func send(_ rest: String) throws -> Sent {
                try self.send(#"{"messages":[{"role":"user","content":"hello"}],\#(rest)}"#, fixture)
            }
            let beside = try send("\(tools),\(thinking)")
            #expect(beside.json["reasoning_effort"] == "none")
            #expect(beside.became(.thinking) == [.dropped] && beside.became(.effort) == [.dropped])
            let off = try send(#"\#(tools),"thinking":{"type":"disabled"}"#)
            #expect(off.json["reasoning_effort"] == "none" && off.became(.thinking) == [.translated])
            #expect(try send(thinking).became(.thinking) == [.translated])
        }
    }

    @Test("A format by its former name is the same format")
    func formerFormat() throws {
        let format = #"{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"integer"}}}}"#
        for target in Target.allCases {
            let former = try send(#""output_format":\#(format)"#, to: target)
            let present = try send(#""output_config":{"format":\#(format)}"#, to: target)
            #expect(former.json == present.json && former.receipt == present.receipt)
            #expect(former.json.text.contains("integer") && former.became(.otherFields) == [])
        }
        #expect(try send(#""output_format":null"#, to: .responses).became(.outputFormat) == [])
    }

    @Test("A schema that is not taken strictly is no guarantee")
    func looseFormat() throws {
        func rest(_ required: String) -> String {
            #""output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":[\#(required)],"additionalProperties":false}}}"#
        }
        for target in [Target.chat, .responses, .grok] {
            #expect(try send(rest(#""a""#), to: target).became(.outputFormat) == [.approximated])
            #expect(isRefused(rest(#""a""#), by: target))
            #expect(try send(rest(#""a","b""#), to: target).became(.outputFormat) == [.translated])
        }
    }

    // MARK: Conversations

    @Test("What is said of a document goes with it, wherever it stands")
    func documents() throws {
        let file = #""source":{"type":"base64","media_type":"application/pdf","data":"JVBERg=="}"#
        let url = #""source":{"type":"url","url":"https://x.test/a.pdf"}"#
        for target in Target.allCases {
            for source in [file, url] {
                let document = #"{"type":"document","title":"Plan 9","context":"of the year",\#(source)}"#
                for content in [document, #"{"type":"tool_result","tool_use_id":"toolu_a","content":[\#(document)]}"#] {
                    let body =
                        #"{"messages":[{"role":"user","content":"go"},{"role":"assistant","content":[{"type":"tool_use","id":"toolu_a","name":"A","input":{}}]},{"role":"user","content":[\#(content)]}]}"#
                    guard let sent = try? send(body, target.fixture) else {
                        // Only these take no URLs.
                        #expect(source == url && (target == .chat || target == .nova))
                        continue
                    }
                    #expect(sent.json.text.contains("Plan 9") && sent.json.text.contains("of the year"))
                }
            }
        }
        let untitled = #"{"type":"document","context":"c","source":{"type":"content","content":"inner"}}"#
        let sent = try send(#"{"messages":[{"role":"user","content":[\#(untitled)]}]}"#, Target.responses.fixture)
        #expect(sent.json["input"]?.array?[0]["content"]?.array?.map { $0["text"] } == ["[Document]\nc", "inner"])
    }

    @Test("A text between calls that loses its place is told")
    func textBetweenCalls() throws {
        func body(_ blocks: String...) -> String {
            #"{"messages":[{"role":"user","content":"go"},{"role":"assistant","content":[\#(blocks.joined(separator: ","))]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_a"},{"type":"tool_result","tool_use_id":"toolu_b"}]}]}"#
        }
        let calls = ["a", "b"].map { #"{"type":"tool_use","id":"toolu_\#($0)","name":"A","input":{}}"# }
        let text = #"{"type":"text","text":"so"}"#
        for target in [Target.chat, .nova] {
            let between = try send(body(calls[0], text, calls[1]), target.fixture)
            #expect(between.receipt.contains(.toolUse, .approximated))
            #expect(throws: Refusal.self) {
                try send(body(calls[0], text, calls[1]), target.fixture(rejectsLosses: true))
            }
            #expect(try send(body(text, calls[0], calls[1]), target.fixture).became(.toolUse) == [.translated])
        }
        for target in [Target.responses, .gemini] {
            #expect(try send(body(calls[0], text, calls[1]), target.fixture).became(.toolUse) == [.translated])
        }
    }

    @Test("A conversation that ends with the assistant can be counted, though not be gone on with")
    func countsPrefill() throws {
        let body = #"{"messages":[{"role":"user","content":"go"},{"role":"assistant","content":"well"}]}"#
        for target in [Target.responses, .gemini, .nova] {
            #expect(throws: Refusal.self) { try send(body, target.fixture) }
            #expect(try send(body, target.fixture, counts: true).json.text.contains("well"))
        }
        let chat = Target.chat.fixture
        let estimate = try Array(body.utf8).withUnsafeBytes {
            try Translation.estimate($0, for: chat.target, chat.context)
        }
        #expect(estimate > 0)
    }
}
