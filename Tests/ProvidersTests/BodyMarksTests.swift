import Testing
import Wire

@testable import Providers

@Suite struct BodyMarksTests {
    private func most(_ text: String) -> Int64 {
        marks(text).furtherTokens
    }

    private func marks(_ text: String) -> BodyMarks {
        Array(text.utf8).withUnsafeBytes { bytes in
            var marks = BodyMarks()
            marks.consume(bytes)
            marks.finish(bytes)
            return marks
        }
    }

    @Test(
        "Text counts no more than its bytes, also where it speaks of images",
        arguments: [0, 1, 62, 63, 64, 65, 127, 128])
    func text(padding: Int) {
        let pad = String(repeating: "x", count: padding)
        #expect(most(pad) == 0)
        #expect(most(#"{"a":"\#(pad)","content":[{"type":"text","text":"an \"image\" or \"document\" <b>"}]}"#) == 0)
    }

    @Test("An image counts for what the largest one does, wherever it stands", arguments: Array(0...130))
    func images(padding: Int) {
        let pad = String(repeating: "x", count: padding)
        let image = #"{"type":"image","source":{"type":"url","url":"https://a.example/1"}}"#
        #expect(most(#"{"a":"\#(pad)","content":[\#(image)]}"#) == 5_000)
        #expect(most(#"{"a":"\#(pad)","content":[\#(image),\#(image)]}\#(pad)"#) == 10_000)
    }

    @Test(
        "What may be of any length counts for a whole context window",
        arguments: [
            #"{"type":"document","source":{"type":"file","file_id":"file_1"}}"#,
            #"{"type":"container_upload","file_id":"file_1"}"#,
            #"{"type":"\u0064ocument","source":{}}"#, #"{"type":"imag\u0065"}"#,
            "[" + String(repeating: #"{"type":"image"},"#, count: 300) + "0]",
        ])
    func windows(block: String) {
        #expect(most(#"{"messages":[{"role":"user","content":[\#(block)]}]}"#) == 1_000_000)
    }

    @Test("Escapes of control characters and of what is dear to HTML hide nothing")
    func escapes() {
        #expect(most(#"{"t":"\u001b[0m \u003cb\u003e \u0026 \u00e4 \\u0064"}"#) == 0)
    }

    @Test("Halves of surrogate pairs are seen wherever they stand, other escapes are none", arguments: Array(0...70))
    func surrogates(padding: Int) {
        let pad = String(repeating: "x", count: padding)
        #expect(marks(#"{"a":"\#(pad)\ud83d"}"#).hasSurrogates && marks(#"{"a":"\#(pad)\uDE00"}"#).hasSurrogates)
        #expect(!marks(#"{"a":"\#(pad)\u001b\u00e4\u20ac\dx"}"#).hasSurrogates)
    }

    @Test("Thoughts are seen, and those that the gateway has marked", arguments: Array(0...70))
    func thoughts(padding: Int) {
        let pad = String(repeating: "x", count: padding)
        let plain = marks(#"{"a":"\#(pad)","content":[{"type":"thinking","thinking":"Hm.","signature":"abc"}]}"#)
        #expect(plain.hasThinking && !plain.hasReasoningState)
        let redacted = marks(
            #"{"a":"\#(pad)","content":[{"type":"redacted_thinking","data":"\#(ReasoningState.mark)openai/o3/abc"}]}"#)
        #expect(redacted.hasThinking && redacted.hasReasoningState)
        let none = marks(
            #"{"a":"\#(pad)","tools":[{"type":"tool_use","name":"think"},{"type":"tool_result"}],"is_redacted":1}"#)
        #expect(!none.hasThinking && !none.hasReasoningState && none.furtherTokens == 0)
    }

    @Test("A body that comes in pieces has the same marks, wherever it is cut")
    func cuts() {
        let text = #"""
            {"a":"\u0041\\u0042","m":[{"type":"image"},{"type":"image_url"},{"type":"thinking"},{"data":"tollgate/1/a/b/c"}]}
            """#
        let bytes = Array(text.utf8)
        bytes.withUnsafeBytes { whole in
            let expected = marks(text)
            for first in 0...whole.count {
                for second in first...whole.count {
                    var pieced = BodyMarks()
                    pieced.consume(whole.slice(0..<first))
                    pieced.consume(whole.slice(0..<second))
                    pieced.finish(whole)
                    #expect(pieced == expected)
                }
            }
            #expect(expected.furtherTokens == 1_000_000 && expected.hasThinking && expected.hasReasoningState)
        }
    }

    @Test("Vectors and single bytes find the same marks in random texts", arguments: 0..<200)
    func random(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
        let parts = [
            #"""#, #"\"#, "im", "do", "conta", "conte", "th", "re", "redac", "tollg", "tool_", "u00", "i", "d", "t",
            "c", "xxxxxxx", "\n",
        ]
        var text: [UInt8] = []
        while text.count < 300 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            text += parts[Int(state >> 33) % parts.count].utf8
        }
        text.withUnsafeBytes { bytes in
            var found: [Int] = [], index = 0
            while let next = bytes.firstMark(from: index) {
                found.append(next)
                index = next + 1
            }
            // Alone with the bytes behind it each place is looked at by itself.
            let expected = bytes.indices.filter { start in
                bytes.slice(start..<min(start + 20, bytes.count)).firstMark(from: 0) == 0
            }
            #expect(found == expected)
        }
    }
}
