import SeededRandom
import Testing

@testable import Sessions

@Suite struct RunawayScanTests {
    /// Messages as Claude Code writes them.
    private enum Said {
        case prompt(String)
        /// As a plain string.
        case plain(String)
        /// The environment, or what has changed in it.
        case system
        /// One turn: name and input of each call.
        case calls([(String, String)])
        /// Results of the calls before, with texts beside them.
        case results([String])

        var json: String {
            switch self {
            case .prompt(let text):
                #"{"role":"user","content":[{"type":"text","text":"<system-reminder>\nToday is Monday.\n</system-reminder>"},"#
                    + #"{"type":"text","text":"\#(text)","cache_control":{"type":"ephemeral"}}]}"#
            case .plain(let text): #"{"role":"user","content":"\#(text)"}"#
            case .system: #"{"role":"system","content":"environment","output_config":{"effort":"medium"}}"#
            case .calls(let calls):
                #"{"role":"assistant","content":[{"type":"thinking","thinking":"","signature":"EqQB"},"#
                    + #"{"type":"text","text":"Let me look."}"#
                    + calls.map { #",{"type":"tool_use","id":"toolu_1","name":"\#($0.0)","input":\#($0.1)}"# }.joined()
                    + "]}"
            case .results(let texts):
                #"{"role":"user","content":[{"tool_use_id":"toolu_1","type":"tool_result","content":"a\n\"b\""},"#
                    + #"{"tool_use_id":"toolu_2","type":"tool_result","is_error":true,"content":[{"type":"text","text":"No."}]}"#
                    + texts.map { #",{"type":"text","text":"\#($0)"}"# }.joined() + "]}"
            }
        }
    }

    private func body(_ said: [Said]) -> String {
        #"{"model":"claude-opus-5-5","messages":["# + said.map(\.json).joined(separator: ",")
            + #"],"system":[{"type":"text","text":"You are Claude Code."}],"tools":[{"name":"Bash","input_schema":{}}],"#
            + #""metadata":{"user_id":"x"},"max_tokens":128000,"stream":true}"#
    }

    private func scan(_ body: String) -> RunawayScan {
        Array(body.utf8).withUnsafeBytes { RunawayScan(body: $0) }
    }

    /// `TOOL sameCalls callsWithoutEdit`.
    private func figures(_ said: [Said]) -> String {
        let scan = scan(body(said))
        return "\(scan.tool) \(scan.sameCalls) \(scan.callsWithoutEdit)"
    }

    private let test = ("Bash", #"{"command":"make test","description":"Run the tests"}"#)
    private let read = ("Read", #"{"file_path":"/a.swift"}"#)
    private let edit = ("Edit", #"{"file_path":"/a.swift","old_string":"a","new_string":"b"}"#)

    @Test("The same call in a row is counted, with the results between")
    func sameCalls() {
        #expect(figures([.prompt("Go"), .system]) == " 0 0")
        #expect(figures([.prompt("Go"), .system, .calls([test]), .results([])]) == "Bash 1 1")
        let circle: [Said] = [.calls([test]), .results([])]
        #expect(figures([.prompt("Go"), .system] + circle + circle + circle) == "Bash 3 3")
        #expect(figures([.prompt("Go")] + circle + [.calls([read]), .results([])] + circle + circle) == "Bash 2 4")
        #expect(figures([.prompt("Go")] + circle + circle + [.calls([read]), .results([])]) == "Read 1 3")
    }

    @Test("Parallel calls of one turn count each, in their order")
    func parallelCalls() {
        #expect(figures([.prompt("Go"), .calls([test, test]), .results([])]) == "Bash 2 2")
        #expect(
            figures([.prompt("Go"), .calls([test, test]), .results([]), .calls([test]), .results([])]) == "Bash 3 3")
        #expect(
            figures([.prompt("Go"), .calls([test, read]), .results([]), .calls([test, read]), .results([])])
                == "Read 1 4")
        #expect(
            figures([.prompt("Go"), .calls([read, test]), .results([]), .calls([test]), .results([])]) == "Bash 2 3")
    }

    @Test("A new prompt begins anew; reminders of the client and messages of the system do not")
    func prompts() {
        let circle: [Said] = [.calls([test]), .results([])]
        #expect(figures([.prompt("Go")] + circle + circle + [.prompt("Go on")]) == " 0 0")
        #expect(figures([.prompt("Go")] + circle + circle + [.plain("Go on")] + circle) == "Bash 1 1")
        #expect(figures([.prompt("Go")] + circle + [.system] + circle) == "Bash 2 2")
        let reminded = Said.results(["<system-reminder>The file has changed.</system-reminder>"])
        #expect(figures([.prompt("Go"), .calls([test]), reminded, .calls([test]), reminded]) == "Bash 2 2")
        #expect(
            figures([.prompt("Go")] + circle + [.plain("<system-reminder>x</system-reminder>")] + circle) == "Bash 2 2")
        // Somebody typed while the tool was running.
        #expect(
            figures([.prompt("Go"), .calls([test]), .results(["Stop that"]), .calls([test]), .results([])])
                == "Bash 1 1")
    }

    @Test("An image alone is a prompt, beside results it is a part of them")
    func images() {
        let image = #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}}"#
        let calls = Said.calls([test]).json
        func tool(_ middle: String) -> Int {
            scan(#"{"messages":[\#(calls),\#(middle),\#(calls)]}"#).sameCalls
        }
        #expect(tool(#"{"role":"user","content":[\#(image)]}"#) == 1)
        #expect(
            tool(
                #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[\#(image)]},\#(image)]}"#
            ) == 2)
    }

    @Test("Inputs are compared but for white space between their parts, names and strings exactly")
    func inputs() {
        func same(_ one: (String, String), _ other: (String, String)) -> Bool {
            scan(body([.prompt("Go"), .calls([one]), .results([]), .calls([other])])).sameCalls == 2
        }
        #expect(
            same(
                ("Bash", #"{"command":"ls -l"}"#),
                ("Bash", "{ \"command\" :\\n \"ls -l\" }".replacing("\\n", with: "\n"))))
        #expect(!same(("Bash", #"{"command":"ls -l"}"#), ("Bash", #"{"command":"ls  -l"}"#)))
        #expect(!same(("Bash", #"{"command":"a\" b"}"#), ("Bash", #"{"command":"a\"b"}"#)))
        #expect(same(("Bash", #"{"command":"a\" b\\"}"#), ("Bash", #"{"command" : "a\" b\\" }"#)))
        #expect(!same(("Bash", "{}"), ("Read", "{}")))
        #expect(!same(("Bash", #"{"a":1}"#), ("Bash", #"{"a":12}"#)))
        #expect(same(("Task", "{}"), ("Task", "{ }")))
    }

    @Test(
        "What changes files ends the count of calls without an edit",
        arguments: [
            ("Edit", true), ("Write", true), ("MultiEdit", true), ("NotebookEdit", true), ("Bash", false),
            ("Read", false),
            ("mcp__files__write_file", true), ("mcp__github__createIssue", true), ("mcp__jira__UPDATE", true),
            ("mcp__x__apply_patch", true), ("mcp__editor__read", false), ("mcp__updates__list", false),
            ("mcp__files__read_file", false), ("Editor", false), ("TodoWrite", false), ("mcp__edit", true),
            ("mcp__", false),
        ])
    func edits(name: String, isEdit: Bool) {
        let said: [Said] = [
            .prompt("Go"), .calls([read, (name, "{}")]), .results([]), .calls([read]), .results([]), .calls([test]),
        ]
        #expect(scan(body(said)).callsWithoutEdit == (isEdit ? 2 : 4))
    }

    @Test("The count goes back to the last edit, the run to the last other call, whichever is first")
    func bothEnds() {
        let circle: [Said] = [.calls([test]), .results([])]
        #expect(figures([.prompt("Go"), .calls([edit]), .results([])] + circle + circle) == "Bash 2 2")
        #expect(
            figures([.prompt("Go"), .calls([read, edit]), .results([]), .calls([edit]), .results([])]) == "Edit 2 0")
        #expect(figures([.prompt("Go")] + circle + [.calls([edit, test]), .results([])]) == "Bash 1 1")
    }

    @Test(
        "What is no body of the Messages API gives nothing",
        arguments: [
            "", "[]", "{}", "null", #"{"messages":null}"#, #"{"messages":{}}"#, #"{"messages":[1]}"#,
            #"{"messages":[null]}"#,
            #"{"messages":[{"role":1,"content":[]}]}"#, #"{"messages":[{"role":"assistant"}]}"#,
            #"{"messages":[{"role":"assistant","content":"text"}]}"#,
            #"{"messages":[{"role":"assistant","content":[1,null]}]}"#,
            #"{"messages":[{"role":"assistant","content":[{"type":"tool_use","input":{}}]}]}"#,
        ])
    func malformed(body: String) {
        #expect(scan(body) == .none)
    }

    @Test("A body that is cut anywhere gives nothing, and none that is damaged traps")
    func damaged() {
        let whole = body([.prompt("Go"), .calls([test, test]), .results([])])
        let bytes = Array(whole.utf8)
        for end in 0..<bytes.count { #expect(bytes[..<end].withUnsafeBytes { RunawayScan(body: $0) } == .none) }
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<3_000 {
            var damaged = bytes
            for _ in 0..<3 {
                damaged[Int.random(in: 0..<damaged.count, using: &generator)] =
                    Array(#"{}[]",:\ x0"#.utf8).randomElement(using: &generator) ?? 0
            }
            #expect(damaged.withUnsafeBytes { RunawayScan(body: $0) }.sameCalls <= 2)
        }
    }

    @Test("The value of messages alone gives the same as the whole body")
    func messagesAlone() {
        let said: [Said] = [.prompt("Go"), .calls([test]), .results([]), .calls([test]), .results([])]
        let messages = Array("[\(said.map(\.json).joined(separator: ","))]".utf8)
        #expect(messages.withUnsafeBytes { RunawayScan(messages: $0) } == scan(body(said)))
    }
}
