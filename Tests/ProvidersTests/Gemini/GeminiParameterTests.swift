import Testing
import Wire

@testable import Providers

@Suite("Parameters of requests to Gemini")
struct GeminiParameterTests {
    private let gemini = GeminiFixture()
    private let old = GeminiFixture("gemini-2.5-pro")

    private func configuration(_ model: String, _ rest: String) throws -> JSONValue {
        try GeminiFixture(model).request(messages: GeminiFixture.hello, "," + rest).configuration
    }

    @Test("T-11 Five stop sequences are sent, more are watched for")
    func stopSequences() throws {
        let five = try gemini.request(
            messages: GeminiFixture.hello, #","stop_sequences":["a","b","c","d","e\n"]"#)
        #expect(five.configuration["stopSequences"] == ["a", "b", "c", "d", "e\n"])
        #expect(five.context.stopSequences.isEmpty)
        let six = try gemini.request(
            messages: GeminiFixture.hello, #","stop_sequences":["a","b","c","d","e","f\n"]"#)
        #expect(six.configuration["stopSequences"] == nil && six.context.stopSequences.last == Array("f\n".utf8))
        #expect(six.receipt.contains(.stopSequences, .translated))
    }

    @Test("T-13 max_tokens is clamped to what one request may write")
    func maxTokens() throws {
        for (model, tokens) in [("gemini-4-argon", 65_536), ("gemini-2.0-flash", 8_192), ("new", 65_536)] {
            #expect(try configuration(model, #""max_tokens":128000"#)["maxOutputTokens"] == .integer(Int64(tokens)))
        }
        #expect(try configuration("gemini-4-argon", #""max_tokens":1"#)["maxOutputTokens"] == 1)
    }

    @Test("T-14 Sampling goes only where it is taken")
    func sampling() throws {
        let rest = #""temperature":0.30,"top_p":0.9,"top_k":40"#
        let old = try configuration("gemini-3.1-pro-preview", rest)
        #expect(old["temperature"] == 0.3 && old["topP"] == 0.9 && old["topK"] == 40)
        for model in ["gemini-3.6-flash", "gemini-3.8-flash", "gemini-4-argon", "gemini-3.5-flash-lite"] {
            let request = try GeminiFixture(model).request(messages: GeminiFixture.hello, "," + rest)
            #expect(request.configuration.object?.members.map(\.key) == ["thinkingConfig"])
            #expect(request.receipt.contains(.temperature, .dropped) && request.receipt.contains(.topK, .dropped))
        }
    }

    @Test(
        "T-15 Effort as a level or a budget, never both",
        arguments: [
            ("gemini-4-argon", "low", #"{"includeThoughts":true,"thinkingLevel":"LOW"}"#),
            ("gemini-4-argon", "max", #"{"includeThoughts":true,"thinkingLevel":"HIGH"}"#),
            ("gemini-3.8-flash", "xhigh", #"{"includeThoughts":true,"thinkingLevel":"HIGH"}"#),
            ("gemini-3-pro-preview", "medium", #"{"includeThoughts":true,"thinkingLevel":"HIGH"}"#),
            ("models/gemini-3.6-flash", "medium", #"{"includeThoughts":true,"thinkingLevel":"MEDIUM"}"#),
            ("gemini-2.5-pro", "low", #"{"includeThoughts":true,"thinkingBudget":2048}"#),
            ("gemini-2.5-pro", "max", #"{"includeThoughts":true,"thinkingBudget":32768}"#),
            ("gemini-2.5-flash", "high", #"{"includeThoughts":true,"thinkingBudget":24576}"#),
            ("gemini-2.5-flash-lite", "medium", #"{"includeThoughts":true,"thinkingBudget":8192}"#),
            ("gemini-2.0-flash", "high", "null"),
        ])
    func effort(model: String, effort: String, expected: String) throws {
        let request = try GeminiFixture(model).request(
            messages: GeminiFixture.hello, #","thinking":{"type":"adaptive"},"output_config":{"effort":"\#(effort)"}"#)
        #expect(request.configuration["thinkingConfig"] ?? .null == (try JSONValue(parsing: expected)))
        let fate = expected == "null" ? Fidelity.dropped : .translated
        #expect(request.receipt.contains(.effort, fate) && request.receipt.contains(.thinking, fate))
    }

    @Test(
        "T-15 Thinking without an effort: switched off, with a budget, as the model likes, or not shown",
        arguments: [
            ("gemini-4-argon", #"{"type":"disabled"}"#, #"{"thinkingLevel":"LOW"}"#),
            ("gemini-3.6-flash", #"{"type":"disabled"}"#, #"{"thinkingLevel":"MINIMAL"}"#),
            ("gemini-2.5-flash", #"{"type":"disabled"}"#, #"{"thinkingBudget":0}"#),
            ("gemini-2.5-pro", #"{"type":"disabled"}"#, #"{"thinkingBudget":128}"#),
            (
                "gemini-2.5-pro", #"{"type":"enabled","budget_tokens":4000}"#,
                #"{"includeThoughts":true,"thinkingBudget":4000}"#
            ),
            (
                "gemini-2.5-flash", #"{"type":"enabled","budget_tokens":63999}"#,
                #"{"includeThoughts":true,"thinkingBudget":24576}"#
            ),
            (
                "gemini-3.8-flash", #"{"type":"enabled","budget_tokens":2048}"#,
                #"{"includeThoughts":true,"thinkingLevel":"MEDIUM"}"#
            ),
            ("gemini-2.5-pro", #"{"type":"adaptive"}"#, #"{"includeThoughts":true,"thinkingBudget":-1}"#),
            ("gemini-3.8-flash", #"{"type":"adaptive"}"#, #"{"includeThoughts":true}"#),
            ("gemini-3.8-flash", #"{"type":"adaptive","display":"omitted"}"#, "null"),
            ("gemini-2.5-flash-lite", "null", "null"), ("gemini-2.5-flash", "null", #"{"includeThoughts":true}"#),
        ])
    func thinking(model: String, thinking: String, expected: String) throws {
        let request = try GeminiFixture(model).request(messages: GeminiFixture.hello, #","thinking":\#(thinking)"#)
        #expect(request.configuration["thinkingConfig"] ?? .null == (try JSONValue(parsing: expected)))
        let isHidden = thinking.contains("disabled") || thinking.contains("omitted")
        #expect(request.context.omitsThinking == isHidden)
    }

    @Test("T-16 Output formats: a schema, and beside tools of older models an instruction")
    func format() throws {
        let rest =
            #","output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}}}"#
        let tools = #","tools":[{"name":"t","input_schema":{"type":"object"}}]"#
        let schema: JSONValue = [
            "type": "object", "properties": ["a": ["type": "string"]], "additionalProperties": false,
        ]
        for request in [
            try gemini.request(messages: GeminiFixture.hello, rest + tools),
            try old.request(messages: GeminiFixture.hello, rest),
        ] {
            #expect(request.configuration["responseMimeType"] == "application/json")
            #expect(request.configuration["responseJsonSchema"] == schema)
            #expect(request.receipt.contains(.outputFormat, .translated))
        }
        let request = try old.request(messages: GeminiFixture.hello, rest + tools + #","system":"s""#)
        #expect(request.configuration["responseJsonSchema"] == nil && request.configuration["responseMimeType"] == nil)
        let system = request.json["systemInstruction"]?["parts"]?.array?.first?["text"]?.string ?? ""
        #expect(system == "s\n\nAnswer with nothing but JSON of this schema: \(schema.text)")
        #expect(request.receipt.contains(.outputFormat, .approximated))
    }

    @Test("T-17 Names of 128 characters stay; a first digit and other characters are replaced and come back")
    func names() throws {
        let long = String(repeating: "n", count: 128)
        let tools = [long, "1st", "-x"].map { #"{"name":"\#($0)","input_schema":{"type":"object"}}"# }
        let request = try gemini.request(
            messages: GeminiFixture.hello,
            #","tools":[\#(tools.joined(separator: ","))],"tool_choice":{"type":"tool","name":"1st"}"#)
        let names = request.functions.compactMap { $0["name"]?.string }
        #expect(names[0] == long && names[1].hasPrefix("_1st_") && names[2].hasPrefix("_-x_"))
        let allowed = request.json["toolConfig"]?["functionCallingConfig"]?["allowedFunctionNames"]
        #expect(allowed == [.string(names[1])] && request.receipt.contains(.toolName, .translated))
        var fixture = gemini.base
        fixture.adjust = { $0.toolNames = request.context.toolNames }
        let stream = GeminiFixture.chunk(#"{"functionCall":{"name":"\#(names[1])"}}"#, GeminiFixture.stop)
        let answer = fixture.answer(stream) { GenerateContentAnswer(model: "gemini-3.8-flash") }
        #expect(answer.content.first?["name"] == "1st" && answer.content.first?["input"] == [:])
    }
}
