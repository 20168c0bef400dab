import Testing

@testable import Wire

@Suite("What looks like a credential")
struct CredentialFormTests {
    @Test(
        "Is known by its beginning, alone and in a text",
        arguments: [
            "sk-ant-api03-abcdefgh", "Bearer sk-proj-abcdefghij", "key=tgk_abcdefgh1234;", "AKIAIOSFODNN7EXAMPLE",
            "\"eyJhbGciOiJSUzI1NiIsInR5cCI6.e30.x\"", "-----BEGIN PRIVATE KEY-----\nMII",
            "http://user:password@proxy:3128",
            "/v1/models/tgk_abcdefgh1234", "AIzaSyUpstreamCanary-8c21aa",
        ])
    func known(text: String) { #expect(CredentialForm.isKnown(text)) }

    @Test(
        "Words, names and addresses are none",
        arguments: [
            "", "sk-market", "sk-market-research", "task-ant-hill-of-many-words", "atlas",
            "https://api.example.com:443/v1",
            "someone@example.com", "eyJ", "AKIArbitrary", "tgk_", "http://host/a@b:c", "claude-opus-5-5", "-----",
            "BEGIN",
        ])
    func unknown(text: String) { #expect(!CredentialForm.isKnown(text)) }

    @Test("In a sentence the word alone is taken out")
    func masked() {
        #expect(CredentialForm.masked("a: `sk-ant-api03-abcdefgh`, é tgk_abcdefgh1234") == "a: `[…]`, é […]")
        #expect(CredentialForm.masked("nothing") == "nothing" && CredentialForm.masked("") == "")
    }
}
