import Configuration
import Testing

@testable import Gateway

@Suite struct RedactorTests {
    private func redactor(_ patterns: String...) throws -> Redactor {
        Redactor(redactions: try patterns.map { ("p", try Pattern($0)) })
    }

    @Test("Each place is replaced by its label, overlapping ones together by the first's")
    func replaced() throws {
        let redact = try redactor("b+", "bc", "é")
        #expect(redact("abbcd") == "a[redacted: p]d")
        #expect(redact("bc") == "[redacted: p]" && redact("xéx") == "x[redacted: p]x")
        #expect(redact("none") == "none" && redact("").isEmpty)
    }

    @Test("A pattern that gives up lets nothing of the text out")
    func givesUp() throws {
        let redact = try redactor("(a+)+$")
        #expect(redact(String(repeating: "a", count: 40) + "b") == "[left out: a redaction pattern gave up]")
    }

    @Test("Patterns that match nothing end, and bytes that are no text are passed over")
    func edges() throws {
        let redact = try redactor("x*", "^")
        #expect(redact("axb") == "a[redacted: p]b")
        let pattern = try Pattern("b")
        [UInt8]([0xFF, 0x62, 0xC3]).withUnsafeBytes { #expect(pattern.matches(in: $0) == [1..<2]) }
    }

    @Test("A pattern that cannot be compiled says why and where")
    func fault() {
        let fault = #expect(throws: Pattern.Fault.self) { try Pattern("a(b") }
        #expect(fault?.offset == 3 && fault?.sentence.contains("parenthesis") == true)
    }
}
