import Testing
import Wire

@testable import Providers

@Suite struct BodyMembersTests {
    private func edited(_ body: String, set: [(String, String)] = [], strip: [String] = []) throws -> String {
        try Array(body.utf8).withUnsafeBytes { bytes in
            var scanner = JSONObjectScanner()
            try scanner.finish(bytes)
            var edit = BodyEdit(bytes), output = ByteWriter()
            edit.set(set.map { (name: $0.0, json: Array($0.1.utf8)) }, strip: strip, members: scanner.members)
            edit.write(into: &output)
            return output.text
        }
    }

    @Test("What is there is replaced where it stands, what is not is added; every other byte stays")
    func sets() throws {
        #expect(
            try edited(#"{ "a" : 1,"b":[2 ,3] }"#, set: [("a", "\"x\""), ("c", "{}")])
                == #"{ "a" : "x","b":[2 ,3],"c":{} }"#)
        #expect(try edited("{}", set: [("a", "1"), ("b", "2")]) == #"{"a":1,"b":2}"#)
        #expect(try edited(#"{"a":1,"a":2}"#, set: [("a", "3")]) == #"{"a":3,"a":3}"#)
        #expect(try edited(#"{"\u0061":1}"#, set: [("a", "3")]) == #"{"\u0061":3}"#)
    }

    @Test(
        "What is stripped goes with its comma, wherever it stands",
        arguments: [
            (#"{"a":1,"b":2,"c":3}"#, ["a"], #"{"b":2,"c":3}"#), (#"{"a":1,"b":2,"c":3}"#, ["b"], #"{"a":1,"c":3}"#),
            (#"{"a":1,"b":2,"c":3}"#, ["c"], #"{"a":1,"b":2}"#), (#"{"a":1,"b":2,"c":3}"#, ["a", "c"], #"{"b":2}"#),
            (#"{"a":1}"#, ["a"], "{}"), (#"{"a":1}"#, ["b"], #"{"a":1}"#),
        ])
    func strips(body: String, names: [String], expected: String) throws {
        #expect(try edited(body, strip: names) == expected)
    }

    @Test("Both at once")
    func both() throws {
        #expect(try edited(#"{"a":1,"b":2}"#, set: [("c", "3")], strip: ["b"]) == #"{"a":1,"c":3}"#)
        #expect(try edited(#"{"a":1}"#, set: [("c", "3")], strip: ["a"]) == #"{"c":3}"#)
    }

    private static let claude = "EqQB" + String(repeating: "CkYIBBgCKkBabc+/", count: 8)

    @Test(
        "Whose reasoning a block holds is told by its signature, and left open where it cannot be told",
        arguments: [
            (#"{"type":"thinking","thinking":"t","signature":"\#(claude)"}"#, ReasoningOrigin.claude),
            (#"{"type":"redacted_thinking","data":"\#(claude)"}"#, .claude),
            (#"{"signature":"","thinking":"t","type":"thinking"}"#, .unlikeClaude),
            (#"{"type":"thinking","thinking":"t"}"#, .unlikeClaude),
            (
                #"{"type":"thinking","thinking":"t","signature":"0f3b-uuid like this one, which is no base64 at all"}"#,
                .unlikeClaude
            ),
            (#"{"type":"thinking","thinking":"t","signature":"tollgate/1/a/m/abc"}"#, .unknown),
            (#"{"type":"thinking","thinking":"t","signature":"\#(String(repeating: "Q", count: 200))"}"#, .unknown),
            (#"{"type":"text","text":"thinking","signature":""}"#, nil),
        ])
    func origins(block: String, expected: ReasoningOrigin?) throws {
        #expect(try Array(block.utf8).withUnsafeBytes { try ReasoningOrigin(block: $0) } == expected)
    }

    @Test("Reasoning is cut out by its origin, and nothing else is touched")
    func cuts() throws {
        let own = #"{"type":"thinking","thinking":"t","signature":"\#(Self.claude)"}"#
        let theirs = #"{"type":"thinking","thinking":"u","signature":"id-1"}"#
        let text = #"{"type":"text","text":"x"}"#
        func body(_ blocks: String...) -> String {
            #"{"messages": [{"role":"assistant","content":[\#(blocks.joined(separator: ","))]}], "n": 1}"#
        }
        func without(_ field: BodyField) throws -> String {
            try Array(body(own, theirs, text).utf8).withUnsafeBytes { bytes in
                var edit = BodyEdit(bytes), output = ByteWriter()
                try edit.remove([field])
                edit.write(into: &output)
                return output.text
            }
        }
        #expect(try without(.reasoningOfClaude) == body(theirs, text))
        #expect(try without(.reasoningUnlikeClaude) == body(own, text))
    }

    @Test("A message that was nothing but reasoning says nothing, and goes where nothing follows it")
    func emptiedMessages() throws {
        let thought = #"{"type":"thinking","thinking":"u","signature":"tollgate/1/a/m/x"}"#
        let data = #"{"type":"redacted_thinking","data":"tollgate/1/a/m/y"}"#
        let first = #"{"role":"user","content":"a"}"#, second = #"{"role":"user","content":[]}"#
        let text = #"{"type":"text","text":"x"}"#
        func message(_ blocks: String...) -> String {
            #"{"role":"assistant","content":[\#(blocks.joined(separator: ", "))]}"#
        }
        func without(_ messages: String...) throws -> String {
            try Array(#"{"messages":[\#(messages.joined(separator: ", "))],"n":1}"#.utf8).withUnsafeBytes { bytes in
                var edit = BodyEdit(bytes), output = ByteWriter()
                try edit.remove([.reasoningOfOthers])
                edit.write(into: &output)
                return output.text
            }
        }
        let silence = #"{"role":"assistant","content":[{"type":"text","text":"(no content)"}]}"#
        #expect(
            try without(first, message(thought, data), second)
                == #"{"messages":[\#(first), \#(silence), \#(second)],"n":1}"#)
        #expect(
            try without(first, message(data, text), message(thought), second, message(data))
                == #"{"messages":[\#(first), \#(message(text)), \#(silence), \#(second)],"n":1}"#)
        #expect(
            try without(first, message(thought), message(data)) == #"{"messages":[\#(first)],"n":1}"#,
            "the last one must not be the assistant's for want of what it said")
    }
}
