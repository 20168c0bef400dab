import Configuration
import SeededRandom
import Testing

@Suite struct GlobTests {
    /// What a pattern means, by trying everything.
    private func matches(_ pattern: ArraySlice<Character>, _ name: ArraySlice<Character>) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        if first == "*" {
            return matches(pattern.dropFirst(), name) || (!name.isEmpty && matches(pattern, name.dropFirst()))
        }
        return name.first == first && matches(pattern.dropFirst(), name.dropFirst())
    }

    @Test("A pattern matches what it matches when everything is tried", arguments: 0..<20)
    func bruteForce(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func word(_ letters: String, _ longest: Int) -> String {
            let count = Int.random(in: 0...longest, using: &generator)
            return String((0..<count).compactMap { _ in letters.randomElement(using: &generator) })
        }
        var hits = 0
        for _ in 0..<1_500 {
            let pattern = word("ab**", 6), name = word("ab", 8)
            let expected = matches(ArraySlice(pattern), ArraySlice(name))
            #expect(Glob(pattern).matches(name) == expected, "\(pattern) and \(name)")
            if expected { hits += 1 }
        }
        #expect(hits > 100)
    }

    @Test(
        "Names of models and providers",
        arguments: [
            ("*opus*", "claude-opus-4-7", true), ("*opus*", "opus", true), ("*opus*", "claude-sonnet", false),
            ("claude-*", "claude-", true), ("claude-*", "Claude-x", false), ("*", "", true), ("", "", true),
            ("", "a", false), ("a*a", "a", false), ("a*a", "aa", true), ("ab*ba", "aba", false),
            ("anthropic-main/claude-*", "anthropic-main/claude-opus", true), ("*é*", "café au lait", true),
            ("a*b*c", "a-b-b-c", true), ("a*b*c", "a-c-b", false), ("**", "x", true),
        ])
    func names(pattern: String, name: String, expected: Bool) {
        #expect(Glob(pattern).matches(name) == expected)
    }

    @Test(
        "Names of models alone may be written in any case",
        arguments: [
            ("*opus*", "claude-OPUS-5-5"), ("Claude-*", "claude-x"), ("claude-*", "CLAUDE-"), ("GPT-5.5", "gpt-5.5"),
            ("azure/*", "Azure/Team-GPT"), ("*É*", "É"),
        ])
    func models(pattern: String, name: String) {
        #expect(Glob(pattern).matches(ModelName(name)))
        #expect([Glob("x"), Glob(pattern)].match(ModelName(name)))
        #expect(Glob(pattern).matches(name) == (pattern == "*É*"))
        #expect(!Glob(pattern).matches(ModelName("other")))
    }

    @Test("It knows whether it stands for one name or for all")
    func kinds() {
        #expect(Glob("a").isExact && !Glob("a").matchesAll && Glob("").isExact)
        #expect(Glob("*").matchesAll && Glob("**").matchesAll && !Glob("a*").matchesAll && !Glob("a*").isExact)
        #expect(Glob("a*") == Glob("a*") && Glob("a*") != Glob("a**") && Glob("a*").description == "a*")
    }
}
