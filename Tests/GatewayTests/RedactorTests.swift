import Configuration
import Testing
import Transport

@testable import Gateway

@Suite struct RedactorTests {
    private func redactor(_ patterns: String...) throws -> Redactor {
        Redactor(redactions: try patterns.map { ("p", try Pattern($0)) }, maximumBytes: 1_000)
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

    @Test("Patterns that match nothing end, also between the bytes of a character")
    func edges() throws {
        let redact = try redactor("x*", "^", "(?=é)")
        #expect(redact("axéb") == "a[redacted: p]éb")
        #expect(try redactor("(*UCP)\\w+")("é.") == "[redacted: p].", "what must stand first")
    }

    @Test(
        "Text that is made to keep patterns busy ends with its time, and nothing of the event's texts is told after it")
    func hostile() throws {
        var time: Int64 = 0
        let budget = PatternBudget(nanoseconds: 100) {
            time += 1
            return time
        }
        let redact = Redactor(
            redactions: [("p", try Pattern(#"\b[a.]+[!@]"#))], maximumBytes: 1_000_000, budget: budget)
        #expect(redact("short") == "short")
        #expect(redact(String(repeating: "a.", count: 20_000)) == "[left out: redaction took too long]")
        #expect(redact("short") == "[left out: redaction took too long]")
    }

    @Test("Our own patterns look through any long text in a moment")
    func quick() throws {
        let redactions = ContentRule.Redaction.allCases.flatMap { kind in kind.patterns.map { (kind.rawValue, $0) } }
        let pieces = [
            "a.", "a@b.c ", "eyJ-", "password ", "secret=\"", "1 ", "sk-", "bearer ", "-----BEGIN PRIVATE KEY",
            "a_", "password=\\\"", "authorization: ", "A_TOKEN=", "://a:", "é", "\\nsk-", "-", "--password ", "--a",
            "--password \"a", "--token=",
            "cookie: ", "cookie: a", "-u a", "&token", "?a", "password ,",
            "password%3D", "password>a", ",", "1//0",
        ]
        for piece in pieces {
            let redact = Redactor(
                redactions: redactions, maximumBytes: 1 << 18,
                budget: PatternBudget(nanoseconds: 5_000_000_000, now: monotonicNanoseconds))
            _ = redact(String(repeating: piece, count: (1 << 18) / piece.utf8.count))
            #expect(redact("still here") == "still here", "\(piece)")
        }
    }

    @Test("What is longer than may be recorded is cut, and a secret at the cut leaves nothing", arguments: 90..<110)
    func cut(maximum: Int) throws {
        let redact = Redactor(redactions: [("p", try Pattern("KEY[0-9]+"))], maximumBytes: maximum)
        let text = redact(String(repeating: "x", count: 92) + "KEY0123456789" + String(repeating: "é", count: 9_000))
        #expect(!text.contains("KEY") && text.utf8.count <= maximum + 13)
    }

    @Test("A pattern that cannot be compiled says why and where")
    func fault() {
        let fault = #expect(throws: Pattern.Fault.self) { try Pattern("a(b") }
        #expect(fault?.offset == 3 && fault?.sentence.contains("parenthesis") == true)
    }
}
