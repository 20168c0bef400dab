import Testing
import Wire

@testable import Providers

@Suite("Traps of conversations on the way to OpenAI")
struct OpenAIConversationTests {
    private typealias Fixture = OpenAIFixture

    private static let calls =
        Fixture.hello + "," + Fixture.assistant(Fixture.call("toolu_a"), Fixture.call("toolu_b", "B", #"{"x":1.50}"#))

    private static let image =
        #"{"type":"image","source":{"type":"base64","media_type":"image/jpeg","data":"iVBORw0KGgoAAAANSUhEUgAAAAE="}}"#
    private static let pngURL: JSONValue = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAE="
    private static let pdf =
        #"{"type":"document","title":"a.pdf","source":{"type":"base64","media_type":"application/pdf","data":"JVBERg=="}}"#

    private func text(_ text: String) -> String { #"{"type":"text","text":"\#(text)"}"# }

    private static let conversation =
        calls + ","
        + #"{"role":"system","content":"mind the gap"},"#
        + Fixture.user(
            #"{"type":"text","text":"first"}"#, Fixture.result("toolu_x", #","content":"lost""#),
            Fixture.result("toolu_b", #","content":"two""#))

    private static let orphan = "[Result of the tool call toolu_x, which is not part of this conversation]"

    @Test("T-2 Results stand behind their calls, one for each; nothing comes between: Chat Completions")
    func chatResults() throws {
        let request = try Fixture.chat.request(messages: Self.conversation)
        #expect(
            request.messages == [
                ["role": "user", "content": "hello"],
                [
                    "role": "assistant", "content": nil,
                    "tool_calls": [
                        ["id": "toolu_a", "type": "function", "function": ["name": "A", "arguments": "{}"]],
                        ["id": "toolu_b", "type": "function", "function": ["name": "B", "arguments": #"{"x":1.50}"#]],
                    ],
                ],
                ["role": "tool", "tool_call_id": "toolu_b", "content": "two"],
                ["role": "tool", "tool_call_id": "toolu_a", "content": "[no result]"],
                ["role": "user", "content": .string("first\n\(Self.orphan)\nlost")],
                ["role": "system", "content": "mind the gap"],
            ])
        #expect(
            request.receipt.contains(.orphanedResult, .approximated)
                && request.receipt.contains(.missingResult, .approximated))
    }

    @Test("T-2 Results stand behind their calls, one for each; nothing comes between: Responses")
    func responsesResults() throws {
        let request = try Fixture.responses.request(messages: Self.conversation)
        #expect(
            request.input == [
                ["type": "message", "role": "user", "content": [["type": "input_text", "text": "hello"]]],
                ["type": "function_call", "call_id": "toolu_a", "name": "A", "arguments": "{}"],
                ["type": "function_call", "call_id": "toolu_b", "name": "B", "arguments": #"{"x":1.50}"#],
                ["type": "function_call_output", "call_id": "toolu_b", "output": "two"],
                ["type": "function_call_output", "call_id": "toolu_a", "output": "[no result]"],
                [
                    "type": "message", "role": "user",
                    "content": [
                        ["type": "input_text", "text": "first"],
                        ["type": "input_text", "text": .string(Self.orphan)], ["type": "input_text", "text": "lost"],
                    ],
                ],
                ["type": "message", "role": "system", "content": "mind the gap"],
            ])
    }

    @Test("T-2 A second result for the same call is text; so is one for a call of an earlier turn")
    func resultsTwice() throws {
        let request = try Fixture.chat.request(
            messages: Self.calls + ","
                + Fixture.user(
                    Fixture.result("toolu_a", #","content":"1""#), Fixture.result("toolu_b", #","content":"2""#),
                    Fixture.result("toolu_a", #","content":"3""#))
                + "," + Fixture.assistant(text("so")) + ","
                + Fixture.user(Fixture.result("toolu_b", #","content":"4""#)))
        let roles = request.messages.compactMap { $0["role"]?.string }
        #expect(roles == ["user", "assistant", "tool", "tool", "user", "assistant", "user"])
        #expect(request.messages[4]["content"]?.string?.hasSuffix("conversation]\n3") == true)
        #expect(request.messages[6]["content"]?.string?.hasSuffix("conversation]\n4") == true)
    }

    @Test("T-3 Images of results: in Chat Completions behind all of them, in Responses inside")
    func media() throws {
        let messages =
            Self.calls + ","
            + Fixture.user(
                Fixture.result("toolu_a", #","content":[{"type":"text","text":"seen"},\#(Self.image)]"#),
                Fixture.result("toolu_b", #","is_error":true,"content":[\#(Self.image)]"#), text("and?"))
        let chat = try Fixture.chat.request(messages: messages)
        let image: JSONValue = ["type": "image_url", "image_url": ["url": Self.pngURL]]
        #expect(
            Array(chat.messages[2...]) == [
                [
                    "role": "tool", "tool_call_id": "toolu_a",
                    "content": "seen\n(attachment: see the next message)",
                ],
                [
                    "role": "tool", "tool_call_id": "toolu_b",
                    "content": "Error: \n(attachment: see the next message)",
                ],
                [
                    "role": "user",
                    "content": [
                        ["type": "text", "text": "[Attachment of the tool result toolu_a]"], image,
                        ["type": "text", "text": "[Attachment of the tool result toolu_b]"], image,
                        ["type": "text", "text": "and?"],
                    ],
                ],
            ])
        let responses = try Fixture.responses.request(messages: messages)
        let inside: JSONValue = ["type": "input_image", "detail": "auto", "image_url": Self.pngURL]
        #expect(
            responses.input[3...4].map { $0["output"] } == [
                [["type": "input_text", "text": "seen"], inside], [["type": "input_text", "text": "Error:"], inside],
            ])
        #expect(chat.receipt.contains(.toolResultMedia, .approximated))
        #expect(responses.receipt.contains(.toolResultMedia, .translated))
    }

    private static let failed =
        calls + ","
        + Fixture.user(
            Fixture.result("toolu_a", #","is_error":true,"content":"boom""#), Fixture.result("toolu_b"))

    private func outputs(_ messages: String) throws -> [[String?]] {
        [
            try Fixture.chat.request(messages: messages).messages[2...3].map { $0["content"]?.string },
            try Fixture.responses.request(messages: messages).input[3...4].map { $0["output"]?.string },
        ]
    }

    @Test("T-4 Failures are told in the text")
    func failures() throws {
        for output in try outputs(Self.failed) { #expect(output[0] == "Error: boom") }
    }

    @Test("T-5 A result without content is an empty one")
    func missingContent() throws {
        for output in try outputs(Self.failed) { #expect(output[1] == "") }
    }

    @Test("T-6 Blank texts are left out, and turns that have nothing else")
    func blanks() throws {
        let messages =
            Fixture.user(text(#" \n"#), text("a")) + ","
            + Fixture.assistant(#"{"type":"thinking","thinking":"t","signature":"foreign"}"#, text("")) + ","
            + Fixture.hello
        let chat = try Fixture.chat.request(messages: messages)
        #expect(
            chat.messages.map { $0["content"] } == ["a\nhello"]
                || chat.messages.map { $0["content"] } == ["a", "hello"])
        let texts = try Fixture.responses.request(messages: messages).input.flatMap { $0["content"]?.array ?? [] }
        #expect(texts == [["type": "input_text", "text": "a"], ["type": "input_text", "text": "hello"]])
        #expect(throws: Refusal.self) { try Fixture.chat.request(messages: Fixture.user(text(" "))) }
    }

    private static let system =
        #","system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=1; cch=0;"},{"type":"text","text":"a","cache_control":{"type":"ephemeral"}},{"type":"text","text":" "},{"type":"text","text":"b"}]"#

    @Test("T-7 The system prompt is one text in its order, without what changes with each session")
    func system() throws {
        let messages =
            Fixture.hello + #",{"role":"system","content":[{"type":"text","text":"c"},{"type":"text","text":"d"}]}"#
        let chat = try Fixture.chat.request(messages: messages, Self.system)
        #expect(
            chat.messages == [
                ["role": "system", "content": "a\n\nb"], ["role": "user", "content": "hello"],
                ["role": "system", "content": "c\n\nd"],
            ])
        let responses = try Fixture.responses.request(messages: messages, Self.system)
        #expect(responses.json["instructions"] == "a\n\nb")
        #expect(responses.input.last == ["type": "message", "role": "system", "content": "c\n\nd"])
        #expect(!responses.json.text.contains("cache_control") && chat.receipt.contains(.attribution, .dropped))
        let local = try Fixture.local.request(messages: messages, Self.system)
        #expect(
            local.messages == [
                ["role": "system", "content": "a\n\nb"],
                ["role": "user", "content": "hello\n<system-message>\nc\n\nd\n</system-message>"],
            ])
    }

    @Test("T-20 Images are what their first bytes say; URLs go to who takes them, files to nobody")
    func images() throws {
        let url = #"{"type":"image","source":{"type":"url","url":"https://example.org/a.png"}}"#
        let chat = try Fixture.chat.request(messages: Fixture.user(Self.image, url))
        #expect(
            chat.messages[0]["content"] == [
                ["type": "image_url", "image_url": ["url": Self.pngURL]],
                ["type": "image_url", "image_url": ["url": "https://example.org/a.png"]],
            ])
        let responses = try Fixture.responses.request(messages: Fixture.user(Self.image, url))
        #expect(
            responses.input[0]["content"]?.array?.map { $0["image_url"] } == [
                Self.pngURL, "https://example.org/a.png",
            ])
        let file = #"{"type":"image","source":{"type":"file","file_id":"file_1"}}"#
        for fixture in [Fixture.chat, .responses] {
            #expect(throws: Refusal.self) { try fixture.request(messages: Fixture.user(file)) }
        }
    }

    @Test("T-21 Documents: PDFs as files, texts as text, URLs where they are taken")
    func documents() throws {
        let plain =
            #"{"type":"document","title":"t","context":"c","source":{"type":"text","media_type":"text/plain","data":"body"}}"#
        let blocks =
            #"{"type":"document","source":{"type":"content","content":[{"type":"text","text":"inner"}]}}"#
        let messages = Fixture.user(Self.pdf, plain, blocks)
        #expect(
            try Fixture.chat.request(messages: messages).messages[0]["content"] == [
                ["type": "file", "file": ["filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="]],
                ["type": "text", "text": "[Document: t]\nc\nbody"], ["type": "text", "text": "inner"],
            ])
        #expect(
            try Fixture.responses.request(messages: messages).input[0]["content"] == [
                ["type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,JVBERg=="],
                ["type": "input_text", "text": "[Document: t]\nc\nbody"], ["type": "input_text", "text": "inner"],
            ])
        let url = Fixture.user(#"{"type":"document","source":{"type":"url","url":"https://example.org/a.pdf"}}"#)
        #expect(throws: Refusal.self) { try Fixture.chat.request(messages: url) }
        #expect(
            try Fixture.responses.request(messages: url).input[0]["content"] == [
                ["type": "input_file", "file_url": "https://example.org/a.pdf"]
            ])
    }

    @Test("T-29 Edits of the context are left to nobody; what was compacted goes on as text")
    func contextManagement() throws {
        let messages =
            Fixture.user(#"{"type":"compaction","content":"We spoke of it."}"#, text("go on"))
        for fixture in [Fixture.chat, .responses] {
            let request = try fixture.request(
                messages: messages, #","context_management":{"edits":[{"type":"clear_tool_uses_20250919"}]}"#)
            #expect(!request.json.text.contains("context_management") && request.json.text.contains("We spoke of it."))
            #expect(request.receipt.contains(.contextManagement, .dropped))
        }
    }

    @Test("T-32 Prefill is refused")
    func prefill() {
        for fixture in [Fixture.chat, .responses, .local] {
            #expect(throws: Refusal.self) {
                try fixture.request(messages: Fixture.hello + "," + Fixture.assistant(text("{")))
            }
        }
    }

    @Test("T-40 Texts, thoughts and calls of a turn keep their order")
    func order() throws {
        let state = Fixture.responses.base.signature("rs_1/QUJD")
        let messages =
            Fixture.hello + ","
            + Fixture.assistant(
                text("one"), #"{"type":"thinking","thinking":"hm","signature":"\#(state)"}"#, Fixture.call("toolu_a"),
                text("two"), Fixture.call("toolu_b"))
            + "," + Fixture.user(Fixture.result("toolu_a"), Fixture.result("toolu_b"))
        let input = try Fixture.responses.request(messages: messages).input
        #expect(
            Array(input[1...5]) == [
                ["type": "message", "role": "assistant", "content": "one"],
                [
                    "type": "reasoning", "id": "rs_1", "summary": [["type": "summary_text", "text": "hm"]],
                    "encrypted_content": "QUJD",
                ],
                ["type": "function_call", "call_id": "toolu_a", "name": "A", "arguments": "{}"],
                ["type": "message", "role": "assistant", "content": "two"],
                ["type": "function_call", "call_id": "toolu_b", "name": "A", "arguments": "{}"],
            ])
        // Chat Completions have one place for all texts of a turn.
        let chat = try Fixture.chat.request(messages: messages).messages[1]
        #expect(chat["content"] == "one\ntwo" && chat["tool_calls"]?.array?.count == 2)
    }

    @Test("T-41 History with calls, request without tools")
    func historyAlone() throws {
        let messages = Self.calls + "," + Fixture.user(Fixture.result("toolu_a"), Fixture.result("toolu_b"))
        for fixture in [Fixture.chat, .responses, .local] {
            let request = try fixture.request(
                messages: messages, #","tool_choice":{"type":"auto","disable_parallel_tool_use":true}"#)
            #expect(request.json["tools"] == nil && request.json["tool_choice"] == nil)
            #expect(request.json["parallel_tool_calls"] == nil)
        }
    }
}
