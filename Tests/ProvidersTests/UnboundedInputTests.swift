import Testing

@testable import Providers

@Suite struct UnboundedInputTests {
    private func most(_ text: String) -> Int64 {
        Array(text.utf8).withUnsafeBytes { UnboundedInput.mostTokens(in: $0) }
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
}
