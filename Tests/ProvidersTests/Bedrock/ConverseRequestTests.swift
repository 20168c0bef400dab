import Testing
import Wire

@testable import Providers

@Suite("Messages requests become Converse requests")
struct ConverseRequestTests {
    private func request(_ rest: String, messages: String = #"[{"role":"user","content":"hi"}]"#) -> String {
        #"{"model":"m","max_tokens":100,"messages":\#(messages)\#(rest)}"#
    }

    @Test("A whole request")
    func golden() throws {
        let body = #"""
            {"model":"claude-sonnet-5-5","max_tokens":4096,"stream":true,"temperature":0.5,"top_p":0.9,"top_k":3,
             "stop_sequences":["END"],
             "system":[{"type":"text","text":"x-anthropic-billing-header: cc=1"},{"type":"text","text":"Be brief."}],
             "tools":[{"name":"Read","description":"Reads.","input_schema":{"$schema":"s","type":"object","properties":{"p":{"type":"string"}},"required":["p"],"additionalProperties":false}}],
             "tool_choice":{"type":"any"},
             "messages":[
              {"role":"user","content":[{"type":"text","text":"Look:"},{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB"}}]},
              {"role":"system","content":"Now in May."},
              {"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":"theirs"},{"type":"text","text":"Reading."},{"type":"tool_use","id":"toolu_1","name":"Read","input":{"p":1.50}}]},
              {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"failed","is_error":true}]}]}
            """#
        let request = try BedrockFixture.converse(body)
        let expected = try JSONValue(
            parsing: #"""
                {"messages":[
                  {"role":"user","content":[{"text":"Look:"},{"image":{"format":"png","source":{"bytes":"iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB"}}},{"text":"<system-message>\nNow in May.\n</system-message>"}]},
                  {"role":"assistant","content":[{"text":"Reading."},{"toolUse":{"toolUseId":"toolu_1","name":"Read","input":{"p":1.50}}}]},
                  {"role":"user","content":[{"toolResult":{"toolUseId":"toolu_1","content":[{"text":"failed"}],"status":"error"}}]}],
                 "system":[{"text":"Be brief."}],
                 "toolConfig":{"tools":[{"toolSpec":{"name":"Read","description":"Reads.","inputSchema":{"json":{"type":"object","properties":{"p":{"type":"string"}},"required":["p"]}}}}],
                  "toolChoice":{"any":{}}},
                 "inferenceConfig":{"maxTokens":4096,"temperature":0.5,"topP":0.9,"stopSequences":["END"]}}
                """#)
        #expect(request.body == expected, "\(request.body.text)")
        #expect(request.onlyStopSequence == Array("END".utf8))
        #expect(
            request.receipt.text
                == "forwarded=temperature,top_p,tool_schema; translated=text,system_prompt,image,tool_use,tool_result,is_error,max_tokens,stop_sequences,tools,tool_choice; approximated=system_message; dropped=attribution,thinking_of_others,top_k"
        )
    }

    // MARK: Tools

    private let history =
        #"[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"Old","input":{}},{"type":"tool_use","id":"t2","name":"Old","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"1"},{"type":"tool_result","tool_use_id":"t2","content":"2"}]}]"#

    @Test("T-41 A history with calls brings its tools when the request has none")
    func historyTools() throws {
        let request = try BedrockFixture.converse(request("", messages: history))
        let tools = request.body["toolConfig"]?["tools"]?.array ?? []
        #expect(tools.count == 1 && tools.first?["toolSpec"]?["name"] == "Old")
        #expect(
            tools.first?["toolSpec"]?["inputSchema"]?["json"] == ["type": "object", "properties": [:]])
        #expect(request.body["toolConfig"]?["toolChoice"] == nil)
        let none = try BedrockFixture.converse(self.request(""))
        #expect(none.body["toolConfig"] == nil && none.body["system"] == nil)
    }

    @Test("T-41 No tool is to be called: none are sent, unless the history has calls")
    func toolChoiceNone() throws {
        let tools = #","tools":[{"name":"New","input_schema":{"type":"object"}}],"tool_choice":{"type":"none"}"#
        let alone = try BedrockFixture.converse(request(tools))
        #expect(alone.body["toolConfig"] == nil && alone.receipt.contains(.toolChoice, .translated))
        let behind = try BedrockFixture.converse(request(tools, messages: history))
        #expect(behind.body["toolConfig"]?["tools"]?.array?.count == 1)
        #expect(behind.body["toolConfig"]?["toolChoice"] == nil && behind.receipt.contains(.toolChoice, .approximated))
    }

    @Test("T-17 Long names are shortened everywhere alike, and found again")
    func longNames() throws {
        let name = "mcp__server__" + String(repeating: "x", count: 100)
        let body = request(
            #","tools":[{"name":"\#(name)","input_schema":{}}],"tool_choice":{"type":"tool","name":"\#(name)"}"#,
            messages:
                #"[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"\#(name)","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1"}]}]"#
        )
        let request = try BedrockFixture.converse(body)
        let config = request.body["toolConfig"]
        let short = config?["toolChoice"]?["tool"]?["name"]?.string ?? ""
        #expect(short.utf8.count == 64 && config?["tools"]?.array?.first?["toolSpec"]?["name"]?.string == short)
        let call = request.body["messages"]?.array?[1]["content"]?.array?.first
        #expect(call?["toolUse"]?["name"]?.string == short)
        let original = Array(short.utf8).withUnsafeBytes {
            request.context.toolNames.original(of: JSONString($0, hasEscapes: false))
        }
        #expect(original == Array(name.utf8))
    }

    @Test("T-18 Ids that Converse refuses are replaced, in call and result alike")
    func ids() throws {
        let id = "functions.Bash:0 " + String(repeating: "y", count: 60)
        let request = try BedrockFixture.converse(
            request(
                "",
                messages:
                    #"[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"tool_use","id":"\#(id)","name":"A","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"\#(id)","content":"x"}]}]"#
            ))
        let messages = request.body["messages"]?.array ?? []
        let sent = messages[1]["content"]?.array?.first?["toolUse"]?["toolUseId"]?.string ?? ""
        #expect(sent.utf8.count <= 64 && sent.hasPrefix("call_"))
        #expect(messages[2]["content"]?.array?.first?["toolResult"]?["toolUseId"]?.string == sent)
    }

    // MARK: Messages

    @Test("T-2 Results stand first, one for each call; what else the user says belongs to the last")
    func results() throws {
        let messages =
            #"[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"A","input":{}},{"type":"text","text":"and"},{"type":"tool_use","id":"t2","name":"B","input":{}}]},{"role":"system","content":"note"},{"role":"user","content":[{"type":"text","text":"go on"},{"type":"tool_result","tool_use_id":"t2","content":"two"}]}]"#
        let request = try BedrockFixture.converse(request("", messages: messages))
        let turns = request.body["messages"]?.array ?? []
        #expect(turns.compactMap { $0["role"]?.string } == ["user", "assistant", "user"])
        #expect(
            turns[1]["content"]?.array?.map { $0.object?.members.first?.key ?? "" } == ["text", "toolUse", "toolUse"])
        let expected = try JSONValue(
            parsing: #"""
                [{"toolResult":{"toolUseId":"t2","content":[{"text":"two"}]}},
                 {"toolResult":{"toolUseId":"t1","content":[{"text":"[no result]"},{"text":"go on"},{"text":"<system-message>\nnote\n</system-message>"}]}}]
                """#)
        #expect(turns[2]["content"] == expected, "\(turns[2].text)")
        #expect(request.receipt.contains(.toolResult, .approximated))
    }

    @Test("T-4 T-5 Failures say something, by status where the model knows it, else by text; results may be empty")
    func emptyResults() throws {
        let messages =
            #"[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"A","input":{}},{"type":"tool_use","id":"t2","name":"A","input":{}},{"type":"tool_use","id":"t3","name":"A","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","is_error":true},{"type":"tool_result","tool_use_id":"t2","content":" "},{"type":"tool_result","tool_use_id":"t3","content":"bad","is_error":true}]}]"#
        let nova = try BedrockFixture.converse(request("", messages: messages))
        #expect(
            nova.body["messages"]?.array?[2]["content"]
                == (try JSONValue(
                    parsing:
                        #"[{"toolResult":{"toolUseId":"t1","content":[{"text":"Error"}],"status":"error"}},{"toolResult":{"toolUseId":"t2","content":[{"text":""}]}},{"toolResult":{"toolUseId":"t3","content":[{"text":"bad"}],"status":"error"}}]"#
                )))
        let llama = try BedrockFixture.converse(
            request("", messages: messages), to: BedrockFixture.target(BedrockFixture.llama))
        #expect(
            llama.body["messages"]?.array?[2]["content"]
                == (try JSONValue(
                    parsing:
                        #"[{"toolResult":{"toolUseId":"t1","content":[{"text":"Error:"}]}},{"toolResult":{"toolUseId":"t2","content":[{"text":""}]}},{"toolResult":{"toolUseId":"t3","content":[{"text":"Error:"},{"text":"bad"}]}}]"#
                )))
        #expect(llama.receipt.contains(.toolResultError, .approximated))
    }

    @Test("T-6 Blank texts are left out, roles alternate, and the first is the user's")
    func roles() throws {
        let messages =
            #"[{"role":"assistant","content":"Hello"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"text","text":" \n"}]},{"role":"assistant","content":[{"type":"thinking","thinking":"x","signature":"theirs"}]},{"role":"user","content":"b"}]"#
        let request = try BedrockFixture.converse(request("", messages: messages))
        let expected = try JSONValue(
            parsing: #"""
                [{"role":"user","content":[{"text":"[The conversation begins.]"}]},
                 {"role":"assistant","content":[{"text":"Hello"}]},
                 {"role":"user","content":[{"text":"a"},{"text":"b"}]}]
                """#)
        #expect(request.body["messages"] == expected, "\(request.body.text)")
    }

    @Test("T-20 T-21 Media by what they are; names of documents are ours and unique")
    func media() throws {
        func document(_ title: String) -> String {
            #"{"type":"document","title":"\#(title)","source":{"type":"base64","media_type":"application/pdf","data":"JVBERg=="}}"#
        }
        let messages =
            #"[{"role":"user","content":[\#(document("a/b \\\"c\\\".pdf")),\#(document("a"))]},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"Read","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":[\#(document("x"))]}]}]"#
        let request = try BedrockFixture.converse(request("", messages: messages))
        let turns = request.body["messages"]?.array ?? []
        let first = turns[0]["content"]?.array ?? []
        #expect(first[0]["text"] == #"[document-1: a/b "c".pdf]"#)
        #expect(
            first[1]["document"]
                == ["format": "pdf", "name": "document-1", "source": ["bytes": "JVBERg=="]])
        #expect(first[3]["document"]?["name"] == "document-2")
        let inner = turns[2]["content"]?.array?.first?["toolResult"]?["content"]?.array ?? []
        #expect(inner.count == 2 && inner[1]["document"]?["name"] == "document-3")
        for source in [
            #"{"type":"base64","media_type":"image/bmp","data":"Qk0="}"#, #"{"type":"url","url":"https://x/y.png"}"#,
        ] {
            let refusal = #expect(throws: Refusal.self) {
                try BedrockFixture.converse(
                    self.request("", messages: #"[{"role":"user","content":[{"type":"image","source":\#(source)}]}]"#))
            }
            #expect(refusal?.status == 400)
        }
    }

    @Test("T-8 Reasoning goes back only if this model minted it, in its own form")
    func reasoning() throws {
        let target = BedrockFixture.target()
        let prefix = String(decoding: target.reasoningState.prefix, as: UTF8.self)
        let messages =
            #"[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"thinking","thinking":"first\n","signature":"\#(prefix)tSIG+/="},{"type":"redacted_thinking","data":"\#(prefix)rAAEC"},{"type":"redacted_thinking","data":"Eq9theirs"},{"type":"text","text":"ok"}]},{"role":"user","content":"more"}]"#
        let request = try BedrockFixture.converse(request("", messages: messages), to: target)
        let expected = try JSONValue(
            parsing: #"""
                [{"reasoningContent":{"reasoningText":{"text":"first\n","signature":"SIG+/="}}},
                 {"reasoningContent":{"redactedContent":"AAEC"}},{"text":"ok"}]
                """#)
        #expect(request.body["messages"]?.array?[1]["content"] == expected, "\(request.body.text)")
        let other = try BedrockFixture.converse(
            self.request("", messages: messages), to: BedrockFixture.target(BedrockFixture.llama))
        #expect(other.body["messages"]?.array?[1]["content"] == [["text": "ok"]])
    }

    // MARK: Parameters

    @Test("T-13 What is asked beyond every model's limit is left to the model's own")
    func limits() throws {
        func maximum(_ tokens: Int, _ limit: Int64?) throws -> JSONValue? {
            try BedrockFixture.converse(
                #"{"model":"m","max_tokens":\#(tokens),"messages":[{"role":"user","content":"hi"}]}"#,
                to: BedrockFixture.target(maximumOutput: limit)
            ).body["inferenceConfig"]?["maxTokens"]
        }
        #expect(try maximum(128_000, nil) == nil)
        #expect(try maximum(128_000, 10_000) == 10_000)
        #expect(try maximum(1, nil) == 1)
    }

    @Test("A schema for the answer is said in the system prompt")
    func schema() throws {
        let request = try BedrockFixture.converse(
            request(
                #","output_config":{"format":{"type":"json_schema","schema":{"type":"object"}},"effort":"high"},"thinking":{"type":"adaptive"}"#
            ))
        let text = request.body["system"]?.array?.last?["text"]?.string ?? ""
        #expect(text.hasSuffix("\n{\"type\":\"object\"}"))
        #expect(request.receipt.contains(.outputFormat, .approximated) && request.receipt.contains(.effort, .dropped))
        #expect(request.receipt.contains(.thinking, .dropped))
    }
}
