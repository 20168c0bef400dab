import Testing
import Wire

@testable import Providers

@Suite struct ContentMessagesTests {
    private static let body = #"""
        {"model":"m","system":[{"type":"text","text":"be good","cache_control":{"type":"ephemeral"}}],"messages":[
        {"role":"user","content":"my key is KEY"},
        {"role":"assistant","content":[{"type":"thinking","thinking":"hm KEY","signature":"s"},{"type":"text","text":"ok"},
          {"type":"tool_use","id":"t1","name":"Bash","input":{"command":"echo KEY","KEY":[1,{"x":"KEY"}]}}]},
        {"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"KEY\n"},
          {"type":"tool_result","tool_use_id":"t2","content":[{"type":"text","text":"KEY"}]},
          {"type":"image","source":{"type":"base64","data":"KEYKEY"}}]}]}
        """#

    private func messages(_ maximum: Int = 10_000) -> ContentMessages {
        ContentMessages(maximumBytes: maximum) {
            $0.split(separator: "KEY", omittingEmptySubsequences: false).joined(separator: "…")
        }
    }

    @Test("A request is told as the conventions say, with every text replaced and no picture")
    func input() throws {
        let body = try JSONValue(parsing: Self.body)
        let text = try #require(messages().input(body))
        #expect(!text.json.contains("KEY") && text.dropped == 0 && !text.isCut)
        let found = try JSONValue(parsing: text.json)
        let expected = try JSONValue(
            parsing: #"""
                [{"role":"user","parts":[{"type":"text","content":"my key is …"}]},
                {"role":"assistant","parts":[{"type":"reasoning","content":"hm …"},{"type":"text","content":"ok"},
                {"type":"tool_call","id":"t1","name":"Bash","arguments":{"command":"echo …","…":[1,{"x":"…"}]}}]},
                {"role":"user","parts":[{"type":"tool_call_response","id":"t1","response":"…\n"},
                {"type":"tool_call_response","id":"t2","response":[{"type":"text","content":"…"}]},
                {"type":"image","size":59}]}]
                """#)
        #expect(found == expected)
        #expect(messages().system(body)?.json == #"[{"type":"text","content":"be good"}]"#)
    }

    @Test("Names of tools and ids are replaced too, numbers that may be a card's, and what a name says is a secret")
    func everything() throws {
        let body = try JSONValue(
            parsing: #"""
                {"messages":[{"role":"KEY","content":[{"type":"KEY"},{"type":"tool_use","id":"KEY","name":"KEY",
                "input":{"card":4111,"password":"hunter","note":"n"}}]}]}
                """#)
        let messages = ContentMessages(maximumBytes: 10_000) {
            $0 == "4111" || $0 == "KEY" || $0 == "password=hunter" ? "…" : $0
        }
        let text = try #require(messages.input(body)).json
        #expect(
            !text.contains("KEY") && !text.contains("4111") && !text.contains("hunter") && text.contains(#""note":"n""#)
        )
    }

    @Test(
        "What a name says is a secret goes as a whole, also with blanks and quotes in it, and the name's own replacement does not"
    )
    func named() throws {
        let body = try JSONValue(
            parsing: #"""
                {"messages":[{"role":"user","content":[{"type":"tool_use","id":"t","name":"n",
                "input":{"password":"a \"quoted\" one","pin":12,"KEY":"v","n":7}}]}]}
                """#)
        let messages = ContentMessages(maximumBytes: 10_000) { text in
            if text == "KEY" || text.hasPrefix("KEY=") { return "…" + text.dropFirst(3) }
            let names = ["password=", "pin="].filter { text.hasPrefix($0) }
            return names.isEmpty ? text : names[0] + "…" + text.drop { $0 != " " && $0 != "\"" }
        }
        let text = try #require(messages.input(body)).json
        #expect(text.contains(#""arguments":{"password":"…","pin":"…","…":"v","n":7}"#), "\(text)")
    }

    @Test("Without room for all the newest messages are told, and how many are missing")
    func room() throws {
        let body = try JSONValue(parsing: Self.body)
        let last = try #require(messages(300).input(body))
        #expect(last.dropped == 2 && !last.isCut)
        let cut = try #require(messages(50).input(body))
        #expect(cut.dropped == 2 && cut.isCut && cut.json.utf8.count <= 50)
    }

    @Test("What is no request of messages says nothing", arguments: ["{}", #"{"messages":"x"}"#, "[]", "null"])
    func nothing(body: String) throws {
        let body = try JSONValue(parsing: body)
        #expect(messages().input(body) == nil && messages().system(body) == nil && messages().output(body) == nil)
    }

    private static let stream = """
        event: message_start
        data: {"type":"message_start","message":{"id":"m"}}

        event: content_block_start
        data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"K"}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"EY é"}}

        event: content_block_start
        data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t","name":"Bash","input":{}}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\\"a\\":"}}

        event: content_block_delta
        data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"\\"KEY\\"}"}}

        event: message_delta
        data: {"type":"message_delta","delta":{"stop_reason":"tool_use"}}


        """

    private func output(_ stream: ArraySlice<UInt8>) -> ContentMessages.Text? {
        stream.withUnsafeBytes { StreamedContent($0).output(messages()) }
    }

    @Test("A stream is put together again, so that what was cut between two events is found")
    func streamed() throws {
        let text = try #require(output(Array(Self.stream.utf8)[...]))
        #expect(
            try JSONValue(parsing: text.json)
                == JSONValue(
                    parsing: #"""
                        [{"role":"assistant","parts":[{"type":"text","content":"… é"},
                        {"type":"tool_call","id":"t","name":"Bash","arguments":{"a":"…"}}],"finish_reason":"tool_use"}]
                        """#))
    }

    @Test("Every cut of a stream is JSON, and never shows what is to be replaced in whole")
    func cuts() throws {
        let bytes = Array(Self.stream.utf8)
        for end in bytes.indices {
            guard let text = output(bytes[..<end]) else { continue }
            #expect(throws: Never.self) { try JSONValue(parsing: text.json) }
            #expect(!text.json.contains("KEY"), "cut at \(end)")
        }
    }
}
