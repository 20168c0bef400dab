import Testing

@testable import Configuration

@Suite struct ContentRuleTests {
    @Test("All patterns of our own compile", arguments: ContentRule.Redaction.allCases)
    func compile(redaction: ContentRule.Redaction) throws {
        for text in redaction.texts { _ = try Pattern(text) }
        #expect(redaction.patterns.count == redaction.texts.count)
    }

    private func finds(_ redaction: ContentRule.Redaction, _ text: String) -> Bool {
        let budget = PatternBudget(nanoseconds: 1) { 0 }
        return redaction.patterns.contains { $0.matches(in: text, within: budget)?.isEmpty == false }
    }

    @Test(
        "Credentials are found wherever they stand",
        arguments: [
            "sk-ant-REDACTED", "AKIAIOSFODNN7EXAMPLE", "x ghp_abcdefghijklmnopqrstuvwxyz012345",
            "\ntgk_0123456789abcdefghij", "Authorization: Bearer abcdef0123456789", "password=hunter22",
            "\"api_key\": \"0123456789\"", "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\ncut", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2ln",
        ])
    func secrets(text: String) {
        #expect(finds(.secrets, text.contains("REDACTED") ? "sk-ant-" + "abcdefghijklmnop" : text))
    }

    @Test(
        "Ordinary code and prose are left alone",
        arguments: ["let key = dictionary[\"k\"]", "task-management", "the password is checked", "sk-short", "AKIA"])
    func harmless(text: String) {
        #expect(!finds(.secrets, text) && !finds(.emails, text) && !finds(.cards, text))
    }

    @Test("Addresses and cards are found")
    func others() {
        #expect(finds(.emails, "write to alice@example.org, please") && !finds(.emails, "a@b"))
        #expect(finds(.cards, "4111 1111 1111 1111") && !finds(.cards, "id 12345678"))
    }
}
