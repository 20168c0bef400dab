import Configuration
import Testing
import Wire

@testable import Providers

@Suite("Messages requests to Gemini")
struct GeminiRequestTests {
    private let gemini = GeminiFixture()

    @Test("A request of Claude Code")
    func golden() throws {
        let signature = gemini.base.signature("f:c2lnLWE=")
        let request = try gemini.request(
            #"""
            {"model":"claude-opus-5-5","max_tokens":128000,"stream":true,"temperature":1,
             "system":[
               {"type":"text","text":"x-anthropic-billing-header: cc_version=2.1; cc_entrypoint=cli"},
               {"type":"text","text":"You are Claude Code.","cache_control":{"type":"ephemeral"}},
               {"type":"text","text":"Line\nbreak \"quoted\""}],
             "metadata":{"user_id":"{\"device_id\":\"d\"}"},
             "thinking":{"type":"adaptive"},"output_config":{"effort":"high"},
             "tools":[
               {"name":"Read","description":"Reads a file.","input_schema":{"$schema":"http://json-schema.org/draft-07/schema#","type":"object","properties":{"path":{"description":"Where.","type":"string"},"limit":{"type":"integer","exclusiveMinimum":0}},"required":["path"],"additionalProperties":false}},
               {"name":"mcp__shop__list","input_schema":{"type":"object","properties":{}},"cache_control":{"type":"ephemeral"}}],
             "messages":[
               {"role":"user","content":[
                 {"type":"text","text":"Look at this"},
                 {"type":"image","source":{"type":"base64","media_type":"image/png","data":"iVBORw0KGgoAAAANSUhEUgAA"}}]},
               {"role":"assistant","content":[
                 {"type":"thinking","thinking":"I read both.","signature":"\#(signature)"},
                 {"type":"text","text":"Reading."},
                 {"type":"tool_use","id":"toolu_a","name":"Read","input":{"path":"/a"}},
                 {"type":"tool_use","id":"toolu_b","name":"Read","input":{"path":"/b"}}]},
               {"role":"user","content":[
                 {"type":"tool_result","tool_use_id":"toolu_b","content":"no such file","is_error":true},
                 {"type":"tool_result","tool_use_id":"toolu_a","content":[{"type":"text","text":"one"},{"type":"text","text":"two"}]},
                 {"type":"text","text":"<system-reminder>be brief</system-reminder>"}]}]}
            """#)
        let expected: JSONValue = [
            "systemInstruction": ["parts": [["text": "You are Claude Code.\n\nLine\nbreak \"quoted\""]]],
            "contents": [
                [
                    "role": "user",
                    "parts": [
                        ["text": "Look at this"],
                        ["inlineData": ["mimeType": "image/png", "data": "iVBORw0KGgoAAAANSUhEUgAA"]],
                    ],
                ],
                [
                    "role": "model",
                    "parts": [
                        ["text": "Reading."],
                        [
                            "functionCall": ["id": "toolu_a", "name": "Read", "args": ["path": "/a"]],
                            "thoughtSignature": "c2lnLWE=",
                        ],
                        ["functionCall": ["id": "toolu_b", "name": "Read", "args": ["path": "/b"]]],
                    ],
                ],
                [
                    "role": "user",
                    "parts": [
                        ["functionResponse": ["id": "toolu_a", "name": "Read", "response": ["output": "one\ntwo"]]],
                        [
                            "functionResponse": [
                                "id": "toolu_b", "name": "Read", "response": ["error": "no such file"],
                            ]
                        ],
                        ["text": "<system-reminder>be brief</system-reminder>"],
                    ],
                ],
            ],
            "tools": [
                [
                    "functionDeclarations": [
                        [
                            "name": "Read", "description": "Reads a file.",
                            "parametersJsonSchema": [
                                "type": "object",
                                "properties": [
                                    "path": ["type": "string", "description": "Where."],
                                    "limit": ["type": "integer", "description": "Constraints: exclusiveMinimum: 0"],
                                ],
                                "required": ["path"], "additionalProperties": false,
                            ],
                        ],
                        [
                            "name": "mcp__shop__list", "parametersJsonSchema": ["type": "object", "properties": [:]],
                        ],
                    ]
                ]
            ],
            "generationConfig": [
                "maxOutputTokens": 65536, "temperature": 1,
                "thinkingConfig": ["includeThoughts": true, "thinkingLevel": "HIGH"],
            ],
        ]
        #expect(request.json == expected, "\(request.json.text)")
        let receipt = request.receipt
        #expect(receipt.contains(.ownReasoning, .translated) && receipt.contains(.maxTokensClamped, .approximated))
        #expect(receipt.contains(.attribution, .dropped) && receipt.contains(.cacheControl, .dropped))
        #expect(receipt.contains(.toolSchema, .approximated) && receipt.contains(.toolSchema, .forwarded))
        #expect(receipt.contains(.thinking, .translated) && receipt.contains(.effort, .translated))
        #expect(receipt.losses == [.toolSchema], "\(receipt.losses)")
    }

    @Test("The least: no system, no tools, nothing configured")
    func least() throws {
        let request = try gemini.request(messages: GeminiFixture.hello)
        let expected: JSONValue = [
            "contents": [["role": "user", "parts": [["text": "hello"]]]],
            "generationConfig": ["thinkingConfig": ["includeThoughts": true]],
        ]
        #expect(request.json == expected, "\(request.json.text)")
    }

    @Test("The conversation begins with the user")
    func begins() throws {
        let request = try gemini.request(messages: #"{"role":"assistant","content":"hi"},"# + GeminiFixture.hello)
        #expect(request.contents.map { $0["role"]?.string } == ["user", "model", "user"])
    }

    @Test("Vertex gets no ids, and the dummy signature as bytes")
    func vertex() throws {
        let request = try GeminiFixture("gemini-3.1-pro-preview", .vertex).request(messages: Self.foreignCall)
        let call: JSONValue = [
            "functionCall": ["name": "Read", "args": ["path": "/a"]],
            "thoughtSignature": "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=",
        ]
        #expect(request.parts(1) == [call])
        #expect(request.parts(2) == [["functionResponse": ["name": "Read", "response": ["output": "one"]]]])
    }

    static let foreignCall = #"""
        {"role":"user","content":"read"},
        {"role":"assistant","content":[{"type":"tool_use","id":"toolu_a","name":"Read","input":{"path":"/a"}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_a","content":"one"}]}
        """#

    @Test("Files by URL, documents and what cannot be read")
    func files() throws {
        let request = try gemini.request(
            messages: #"""
                {"role":"user","content":[
                  {"type":"image","source":{"type":"url","url":"https://x.test/A.PNG?s=1"}},
                  {"type":"image","source":{"type":"url","url":"https://x.test/a"}},
                  {"type":"document","source":{"type":"url","url":"https://x.test/a.pdf"}},
                  {"type":"document","title":"Plan","source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0x"}},
                  {"type":"image","source":{"type":"base64","media_type":"image/gif","data":"R0lGODlh"}},
                  {"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"R0lGODlhAQABAIAAAAAAAAAAAA"}}]}
                """#)
        let gif: JSONValue = ["text": "[A GIF image stood here, which the model cannot read.]"]
        #expect(
            request.parts(0) == [
                ["fileData": ["mimeType": "image/png", "fileUri": "https://x.test/A.PNG?s=1"]],
                ["fileData": ["mimeType": "image/jpeg", "fileUri": "https://x.test/a"]],
                ["fileData": ["mimeType": "application/pdf", "fileUri": "https://x.test/a.pdf"]],
                ["text": "[Document: Plan]"],
                ["inlineData": ["mimeType": "application/pdf", "data": "JVBERi0x"]],
                gif, gif,
            ])
        #expect(request.receipt.contains(.image, .dropped))
    }

    // MARK: Tools

    @Test(
        "Tool choices",
        arguments: [
            (#"{"type":"auto"}"#, #"{"functionCallingConfig":{"mode":"AUTO"}}"#),
            (#"{"type":"any"}"#, #"{"functionCallingConfig":{"mode":"ANY"}}"#),
            (#"{"type":"none"}"#, #"{"functionCallingConfig":{"mode":"NONE"}}"#),
            (
                #"{"type":"tool","name":"t","disable_parallel_tool_use":true}"#,
                #"{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["t"]}}"#
            ),
        ])
    func toolChoice(choice: String, expected: String) throws {
        let tools = #","tools":[{"name":"t","input_schema":{"type":"object"}}],"tool_choice":\#(choice)"#
        let request = try gemini.request(messages: GeminiFixture.hello, tools)
        #expect(request.json["toolConfig"] ?? .null == (try JSONValue(parsing: expected)))
        #expect(request.receipt.contains(.toolChoice, .translated))
        #expect(request.receipt.contains(.parallelToolUse, .dropped) == choice.contains("parallel"))
    }

    @Test("A choice of a tool that is not there is refused")
    func unknownToolChoice() {
        let rest = #","tools":[{"name":"t"}],"tool_choice":{"type":"tool","name":"unknown"}"#
        #expect(throws: Refusal.self) { try gemini.request(messages: GeminiFixture.hello, rest) }
    }

    private static let search = #"{"type":"web_search_20260209","name":"web_search"}"#

    @Test("T-22 Anthropic's search becomes Google's; a forced choice of it has nothing to name")
    func search() throws {
        let rest = #","tools":[\#(Self.search)],"tool_choice":{"type":"tool","name":"web_search"}"#
        let request = try gemini.request(messages: GeminiFixture.hello, rest)
        #expect(request.json["tools"] == [["googleSearch": [:]]] && request.json["toolConfig"] == nil)
        #expect(request.receipt.contains(.webSearch, .translated) && request.receipt.contains(.toolChoice, .dropped))
    }

    @Test("T-22 Search beside functions: new models, said to be meant; older ones only functions")
    func searchBesideFunctions() throws {
        let rest = #","tools":[{"name":"t","input_schema":{"type":"object"}},\#(Self.search)]"#
        let new = try gemini.request(messages: GeminiFixture.hello, rest)
        #expect(new.json["tools"]?.array?.last == ["googleSearch": [:]])
        #expect(new.json["toolConfig"] == ["includeServerSideToolInvocations": true])
        let vertex = try GeminiFixture("gemini-3.8-flash", .vertex).request(messages: GeminiFixture.hello, rest)
        #expect(vertex.json["tools"]?.array?.count == 2 && vertex.json["toolConfig"] == nil)
        let old = try GeminiFixture("gemini-2.5-flash").request(messages: GeminiFixture.hello, rest)
        #expect(old.json["tools"]?.array?.count == 1 && old.receipt.contains(.webSearch, .dropped))
    }

    // MARK: Counting

    @Test("T-19 Counting takes the whole prompt")
    func count() throws {
        let body =
            #"{"model":"m","system":"s","max_tokens":5,"messages":[\#(GeminiFixture.hello)],"tools":[{"name":"t","input_schema":{"type":"object"}}]}"#
        let counted = try gemini.count(body)
        let prompt: JSONObject = [
            "systemInstruction": ["parts": [["text": "s"]]],
            "contents": [["role": "user", "parts": [["text": "hello"]]]],
            "tools": [
                [
                    "functionDeclarations": [
                        ["name": "t", "parametersJsonSchema": ["type": "object", "properties": [:]]]
                    ]
                ]
            ],
        ]
        var inner: JSONObject = ["model": "models/gemini-3.1-pro-preview"]
        for member in prompt.members { inner.append(member.key, member.value) }
        #expect(counted == ["generateContentRequest": .object(inner)])
        let vertex = try GeminiFixture("gemini-3.8-flash", .vertex).count(body)
        #expect(vertex == .object(prompt))
    }
}
