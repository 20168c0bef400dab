import SeededRandom
import Testing
import Wire

@testable import Sessions

@Suite struct ConversationScanTests {
    private func scan(_ body: String) -> Conversation { scan(Array(body.utf8)) }

    private func scan(_ body: [UInt8]) -> Conversation {
        body.withUnsafeBytes { bytes in
            var scanner = JSONObjectScanner()
            guard (try? scanner.finish(bytes)) != nil else { return Conversation() }
            return Conversation(body: bytes, members: scanner.members)
        }
    }

    private static let tools = [
        #"{"name":"Bash","description":"Run \"things\"","input_schema":{"type":"object","properties":{"command":{"type":"string"}}}}"#,
        #"{"name":"Read","input_schema":{"type":"object","properties":{"cache_control":{"type":"string"}}}}"#,
    ]
    private static let system = [
        #"{"type":"text","text":"x-anthropic-billing-header: cc_version=2.1.329.e8d; cc_entrypoint=cli;"}"#,
        #"{"type":"text","text":"You are Claude Code.","cache_control":{"type":"ephemeral"}}"#,
        #"{"type":"text","text":"Be terse.","cache_control":{"type":"ephemeral","ttl":"1h"}}"#,
    ]

    private func body(
        _ messages: [String], tools: [String] = Self.tools, system: [String] = Self.system, more: String = ""
    ) -> String {
        #"{"model":"claude-opus-5-5","messages":[\#(messages.joined(separator: ","))],"#
            + #""system":[\#(system.joined(separator: ","))],"tools":[\#(tools.joined(separator: ","))]"#
            + #","max_tokens":32000\#(more),"stream":true}"#
    }

    private let prompt =
        #"{"role":"user","content":[{"type":"text","text":"<system-reminder>\nIt is \"Monday\".\n</system-reminder>"},{"type":"text","text":"Go"}]}"#
    private let environment = #"{"role":"system","content":"Linux","output_config":{"effort":"medium"}}"#
    private func calls(_ ids: String...) -> String {
        #"{"role":"assistant","content":[{"type":"thinking","thinking":"","signature":"EqQB"}"#
            + ids.map { #",{"type":"tool_use","id":"\#($0)","name":"Bash","input":{"command":"ls","a":[1,{}]}}"# }
            .joined()
            + "]}"
    }
    private func results(_ ids: String..., and more: String = "") -> String {
        #"{"role":"user","content":["#
            + ids.map { #"{"tool_use_id":"\#($0)","type":"tool_result","content":"a\n\"b\"","is_error":false}"# }
            .joined(separator: ",") + more + "]}"
    }

    @Test("Segments stand in the order of the cache: tools, system blocks, messages")
    func order() {
        let found = scan(body([prompt, environment, calls("t1", "t2"), results("t1", "t2")]))
        #expect(
            found.segments.map(\.kind) == [.tools, .tools] + [.system, .system, .system]
                + Array(repeating: .message, count: 4))
        #expect(found.segments.map(\.index) == [0, 1, 0, 1, 2, 0, 1, 2, 3])
        #expect(found.segments.map(\.mark) == [nil, nil, nil, .fiveMinutes, .hour, nil, nil, nil, nil])
        #expect(found.segments.map(\.isAttribution) == [false, false, true] + Array(repeating: false, count: 6))
        #expect(found.segments.suffix(4).map(\.role) == [.user, .system, .assistant, .user])
        #expect(found.segments.suffix(4).map(\.blocks) == [2, 1, 3, 2])
        #expect(found.segments[0].bytes == Self.tools[0].utf8.count && found.segments[5].bytes == prompt.utf8.count)
        #expect(found.messageCount == 4 && Set(found.segments.map(\.hash)).count == 9)
    }

    @Test("Results of tools are those that came since the newest answer")
    func newestResults() {
        let failed =
            #",{"type":"tool_result","tool_use_id":"t\u0034","is_error":true,"content":[{"type":"text","text":"No"}]}"#
        let found = scan(
            body([
                prompt, calls("t1"), results("t1"), calls("t2", "t3", "t4"), results("t2", "t3", and: failed),
                environment,
            ]))
        #expect(
            found.toolResults == [
                ToolResult(id: "t2", isError: false, bytes: 10), ToolResult(id: "t3", isError: false, bytes: 10),
                ToolResult(id: "t4", isError: true, bytes: 29),
            ])
        #expect(scan(body([prompt, calls("t1"), results("t1"), calls("t2")])).toolResults.isEmpty)
    }

    @Test("Blocks of odd shapes say of results and prompts what a JSON reader would say")
    func oddBlocks() {
        func results(_ blocks: String) -> [ToolResult] {
            scan(body([prompt, calls("t"), #"{"content":[\#(blocks)],"role":"user"}"#])).toolResults
        }
        func prompts(_ blocks: String) -> Int {
            scan(body([prompt, calls("t"), #"{"role":"user","content":[\#(blocks)]}"#])).promptCount - 1
        }
        let plain = ToolResult(id: "t", isError: true, bytes: 3)
        #expect(results(#"{"type":"tool_result","tool_use_id":"t","content":"x","is_error":true}"#) == [plain])
        #expect(results(#"{"type":"tool_result","tool_use_id":"t","content": "x" ,"is_error": true }"#) == [plain])
        #expect(
            results(#"{"\u0074ype":"tool\u005fresult","tool_use_id":"t","is_error":true,"content":"x"}"#) == [plain])
        #expect(results(#"{"type":"tool_result","tool_use_id":"","content":"x"}"#).isEmpty)
        #expect(results(#"{"type":"tool_result","tool_use_id":5,"content":"x"}"#).isEmpty)
        #expect(results(#"["type","tool_result"],{"type":["tool_result"],"tool_use_id":"t"}"#).isEmpty)
        #expect(results(#"{"type":"x","input":{"type":"tool_result","tool_use_id":"t"}}"#).isEmpty)
        let nested =
            #"{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"}\","}],"is_error":"true"}"#
        #expect(results(nested) == [ToolResult(id: "t", isError: false, bytes: 31)])
        #expect(prompts(nested) == 0 && prompts(nested + #",{"type":"text","text":"Go"}"#) == 1)
        #expect(prompts(#"{"type":"text","text":"<system-reminder>x</system-reminder>"}"#) == 0)
        #expect(prompts(#"{"text":"Go","type":"text"}"#) == 1 && prompts(#"{"\u0074ype":"tool_result"}"#) == 0)
        // Of a block that is no text all of it is said, not what it calls `text`.
        let keys = ["A", "B"].map {
            scan(body([#"{"role":"user","content":[{"type":"image","source":"\#($0)","text":"x"}]}"#])).promptKey
        }
        #expect(keys[0] != keys[1])
        let thoughts = [
            #"{"type":"redacted_thinking","data":"x"}"#, #"{"signature":"s","type":"thinking"}"#,
            #"{"type":"text","text":"thinking"}"#,
        ]
        #expect(
            thoughts.map { scan(body([#"{"role":"assistant","content":[\#($0)]}"#])).segments.last?.thinks } == [
                true, true, false,
            ])
    }

    @Test("The key of a prompt is that of its whole loop and of no other prompt")
    func promptKeys() {
        let loop = [prompt, environment, calls("t1"), results("t1")]
        let first = scan(body([prompt])), later = scan(body(loop + [calls("t2"), results("t2"), environment]))
        #expect(first.promptCount == 1 && later.promptCount == 1 && first.promptIndex == 0 && later.promptIndex == 0)
        #expect(first.promptKey == later.promptKey && first.promptKey != 0)
        let second = scan(body(loop + [#"{"role":"assistant","content":"Done"}"#, prompt]))
        #expect(second.promptCount == 2 && second.promptIndex == 5 && second.promptKey != first.promptKey)
        let typed = scan(body(loop + [calls("t2"), results("t2", and: #",{"type":"text","text":"Stop"}"#)]))
        #expect(typed.promptCount == 2 && typed.promptIndex == 5)
        #expect(scan(body([environment])).promptIndex == nil && scan(body([environment])).promptKey == 0)
        let reminder = #"{"role":"user","content":"<system-reminder>x</system-reminder>"}"#
        #expect(scan(body(loop + [reminder])).promptKey == first.promptKey)
        // As a string and as a block it is the same.
        let other = #"{"role":"user","content":"Go"}"#,
            same = #"{"role":"user","content":[{"type":"text","text":"Go"}]}"#
        #expect(scan(body([other])).promptKey == scan(body([same])).promptKey)
    }

    @Test("A breakpoint that moves, and a string that becomes a block for it, change no hash")
    func movingBreakpoints() {
        let plain = scan(body([#"{"role":"user","content":"Go \"on\""}"#, calls("t1"), results("t1", "t2")]))
        let marked = scan(
            body([
                #"{"role":"user","content":[{"type":"text","text":"Go \"on\"","cache_control":{"type":"ephemeral"}}]}"#,
                calls("t1").replacing(
                    #"{"type":"tool_use""#, with: #"{"cache_control":{"ttl":"1h","type":"ephemeral"},"type":"tool_use""#
                ),
                results("t1", "t2").replacing(
                    #""is_error":false}]"#, with: #""is_error":false,"cache_control":null}]"#),
            ]))
        #expect(plain.segments.map(\.hash) == marked.segments.map(\.hash))
        #expect(marked.segments.suffix(3).map(\.mark) == [.fiveMinutes, .hour, nil])
        let system = #"{"model":"m","system":"Be terse.","messages":[]}"#
        let blocks =
            #"{"model":"m","system":[{"type":"text","text":"Be terse.","cache_control":{"type":"ephemeral"}}],"messages":[]}"#
        #expect(scan(system).segments.count == 1 && scan(blocks).segments.count == 1)
        #expect(scan(system).segments.map(\.hash) == scan(blocks).segments.map(\.hash))
    }

    @Test("A tool's input and schema may have something called cache_control that counts")
    func lookalikes() {
        let one =
            #"{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"n","input":{"cache_control":{"type":"x"}}}]}"#
        #expect(
            scan(body([one])).segments.last?.hash
                != scan(body([one.replacing(#""x""#, with: #""y""#)])).segments.last?.hash)
        let said = #"{"role":"user","content":"\"cache_control\":{\"type\":\"ephemeral\"}"}"#
        let found = scan(body([said]))
        #expect(found.segments.last?.mark == nil)
        #expect(found.segments.last?.hash != scan(body([said.replacing(#"l\"}"#, with: #"k\"}"#)])).segments.last?.hash)
    }

    @Test("White space between the parts does not count, inside of strings it does")
    func whiteSpace() {
        let compact = body([prompt, calls("t1"), results("t1")])
        var spaced = "", isInString = false, isEscaped = false
        for character in compact {
            if character == "\"", !isEscaped { isInString.toggle() }
            isEscaped = character == "\\" && !isEscaped
            spaced.append(character)
            if !isInString, ",:{[".contains(character) { spaced.append(",".contains(character) ? "\n  " : " ") }
        }
        let one = scan(compact), other = scan(spaced)
        #expect(one.segments.map(\.hash) == other.segments.map(\.hash) && one.promptKey == other.promptKey)
        #expect(one.toolResults.map(\.id) == other.toolResults.map(\.id))
        let blank = scan(body([prompt.replacing("Go", with: "Go ")]))
        #expect(blank.segments.last?.hash != scan(body([prompt])).segments.last?.hash)
    }

    @Test("Any byte of a segment changes its hash and no other's")
    func eachByte() {
        let whole = body([prompt, calls("t1"), results("t1")]), reference = scan(whole)
        var bytes = Array(whole.utf8)
        var changed = 0
        for index in bytes.indices where (0x61...0x79).contains(bytes[index]) {
            bytes[index] += 1
            let found = scan(bytes)
            bytes[index] -= 1
            guard found.segments.count == reference.segments.count else { continue }
            let differing = zip(found.segments, reference.segments).filter { $0.hash != $1.hash }.count
            #expect(differing <= 1)
            changed += differing
        }
        #expect(changed > 300)
    }

    @Test("What changes the meaning of the same messages is remembered")
    func parameters() {
        let plain = scan(body([prompt])).parameters
        #expect(plain == PromptParameters())
        func with(_ more: String) -> PromptParameters { scan(body([prompt], more: "," + more)).parameters }
        #expect(with(#""tool_choice":{"type":"any"}"#).toolChoice != 0)
        #expect(with(#""thinking":{"type":"adaptive"}"#).thinking != 0)
        #expect(with(#""thinking":{"type":"adaptive"}"#) == with(#""thinking": { "type": "adaptive" }"#))
        #expect(with(#""thinking":{"type":"adaptive"}"#) != with(#""thinking":{"type":"disabled"}"#))
        #expect(with(#""speed":"fast""#).speed != 0 && with(#""output_config":{"effort":"low"}"#).outputConfig != 0)
        #expect(with(#""context_management":{"edits":[]}"#).contextManagement != 0)
        #expect(scan(body([prompt], more: #","cache_control":{"type":"ephemeral","ttl":"1h"}"#)).automaticMark == .hour)
    }

    @Test(
        "What is no body of the Messages API gives no segments",
        arguments: [
            "{}", #"{"messages":null}"#, #"{"messages":{}}"#, #"{"messages":[1,null,"a",[2]]}"#,
            #"{"tools":{},"system":3}"#,
            #"{"messages":[{"role":"user","content":[}]}"#, #"{"messages":[]}"#,
            #"{"tools":[],"system":[],"messages":[]}"#,
        ])
    func malformed(body: String) {
        #expect(scan(body).segments.allSatisfy { $0.kind == .message && $0.role == .other })
        #expect(scan(body).promptIndex == nil && scan(body).toolResults.isEmpty)
    }

    @Test("No damage to a body traps")
    func damaged() {
        let bytes = Array(body([prompt, environment, calls("t1"), results("t1")]).utf8)
        for end in 0..<bytes.count { #expect(scan(Array(bytes[..<end])) == Conversation()) }
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<4_000 {
            var damaged = bytes
            for _ in 0..<3 {
                damaged[Int.random(in: 0..<damaged.count, using: &generator)] =
                    Array(#"{}[]",:\ x0"#.utf8).randomElement(using: &generator) ?? 0
            }
            #expect(scan(damaged).segments.count <= 2 * bytes.count)
        }
    }

    @Test("More messages than segments are joined to the last, which still tells changes")
    func bounded() {
        let messages = (0..<5_000).map { #"{"role":"user","content":"\#($0)"}"# }
        let found = scan(body(messages))
        #expect(found.segments.count == Conversation.maximumSegments && found.isJoined && found.messageCount == 5_000)
        var edited = messages
        edited[4_999] = #"{"role":"user","content":"x"}"#
        let other = scan(body(edited))
        #expect(found.segments.dropLast() == other.segments.dropLast())
        #expect(found.segments.last?.hash != other.segments.last?.hash)
    }
}
