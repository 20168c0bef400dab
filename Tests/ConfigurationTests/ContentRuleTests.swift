import Testing

@testable import Configuration

@Suite struct ContentRuleTests {
    @Test("All patterns of our own compile", arguments: ContentRule.Redaction.allCases)
    func compile(redaction: ContentRule.Redaction) throws {
        for text in redaction.texts { _ = try Pattern(text) }
        #expect(redaction.patterns.count == redaction.texts.count)
    }

    @Test("A rule behind one that is about all of its requests never decides")
    func order() {
        func said(_ rules: String) -> [String] { problems(with: "content_capture: [\(rules)]\n") }
        #expect(said("{id: alice, when: {users: [alice]}}, {id: all, sample: 0.1}").isEmpty)
        #expect(
            said("{id: all, sample: 0.1}, {id: alice, when: {users: [alice]}}").first?.contains(
                "content_capture[1]: `alice` never decides: `all` stands before it") == true)
        #expect(said("{id: a, when: {users: [alice]}}, {id: b, when: {users: [alice]}}").count == 1)
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

    /// What stays of a text: each place that is found is `…`.
    private func left(of text: String) -> String {
        let budget = PatternBudget(nanoseconds: 1) { 0 }
        let found = ContentRule.Redaction.secrets.patterns.flatMap { $0.matches(in: text, within: budget) ?? [] }
        let bytes = Array(text.utf8)
        var result = "", position = 0
        for range in found.sorted(by: { $0.lowerBound < $1.lowerBound }) where range.lowerBound >= position {
            result += String(decoding: bytes[position..<range.lowerBound], as: UTF8.self) + "…"
            position = range.upperBound
        }
        return result + String(decoding: bytes[position...], as: UTF8.self)
    }

    @Test(
        "What a name says is a secret is found however it is written, and the name stays",
        arguments: [
            ("DB_PASSWORD=hunter2secret", "DB_PASSWORD=…"), ("GITHUB_TOKEN='abc def'", "GITHUB_TOKEN='…'"),
            ("export AWS_SECRET_ACCESS_KEY=wJalr/K7M+x\n", "export AWS_SECRET_ACCESS_KEY=…\n"),
            ("aws_secret_access_key = wJalr/K7M+x", "aws_secret_access_key = …"),
            ("clientSecret: \"two words\"", "clientSecret: \"…\""), (":password => 'hunter2'", ":password => '…'"),
            (#"{\"password\": \"hunter2\", \"a\": 1}"#, #"{\"password\": \"…", \"a\": 1}"#),
            ("SECRET_KEY_BASE=0123456789", "SECRET_KEY_BASE=…"), ("AccountKey=Eby8vdM02x==;", "AccountKey=…;"),
            ("authorization: Basic Ym9iOmh1bnRlcjI=", "authorization: Basic …"),
            ("Cookie: sid=abc; theme=dark\nHost: x", "Cookie: …\nHost: x"),
            ("-H 'set-cookie: sid=abc'", "-H 'set-cookie: …'"),
            ("mysql --password hunter2 -e x", "mysql --password … -e x"),
            ("--api-token \"abcdef1\"", "--api-token \"…\""), ("--token=abcdef1 -x", "--token=… -x"),
            ("--password \"my two words\" -x", "--password \"…\" -x"), ("--secret 'a b c d'", "--secret '…'"),
            (#"{\"cmd\": \"x --password \\\"my two words\\\"\"}"#, #"{\"cmd\": \"x --password \\\"…"\"}"#),
            ("curl -u bob:hunter2 https://x", "curl -u bob:… https://x"),
            ("<db:password>hunter2</db:password>", "<db:password>…</db:password>"),
            (#"{"name": "DB_PASSWORD", "value": "hunter2"}"#, #"{"name": "DB_PASSWORD", "value": "…"}"#),
            ("- name: CLIENT_SECRET\n  value: hunter2\n", "- name: CLIENT_SECRET\n  value: …\n"),
            ("https://x/blob?sv=1&sig=a%2Fb%3D&x=1", "https://x/blob?sv=1&sig=…&x=1"),
            ("?X-Amz-Signature=0123abcd", "?X-Amz-Signature=…"),
            ("?url=x%3Fapi_key%3D0123abcd", "?url=x%3Fapi_key%3D…"),
            ("postgres://bob:hunter2@db/x", "postgres://bob:…@db/x"), ("redis://:hunter2@db", "redis://:…@db"),
        ])
    func named(text: String, wanted: String) {
        #expect(left(of: text) == wanted)
    }

    @Test(
        "A credential is found behind an escape of JSON's, an underscore and a letter that is not ASCII",
        arguments: [#"a\n"#, "my_", "é", ""],
        [
            "tgk_0123456789abcdefghij", "xai-" + "0123456789abcdefghijklmn", "ya29." + "a0AfH6SMBx-abcdefghij",
            "npm_" + "0123456789abcdefghijklmnopqrstuvwxyz", "sk_live_" + "0123456789abcdefghijkl",
            "hf_" + "abcdefghijklmnopqrstuvwxyzABCDEFGH", "bedrock-api-key-" + "YmVkcm9jay5hbWF6b25hd3M=",
        ])
    func behind(before: String, secret: String) {
        #expect(left(of: before + secret) == before + "…")
    }

    @Test(
        "Ordinary code and prose are left alone",
        arguments: [
            "let key = dictionary[\"k\"]", "task-management", "the password is checked", "sk-short", "AKIA",
            "\"max_tokens\": 4096", "let token = parser.next()", "input_tokens: 1234567", "secret = \"\", other",
            "a_key: value", "cookie: the browser keeps it", "--password --verbose", "--secret-name",
            "docker run -u 1000:1000 x",
            "<password></password>", "password, value", "?page_token=", "f(password, value: 1)",
            "http://localhost:4100/v1/messages", "basic functionality", "https://example.org/a:b@c",
            "C:\\risk-assessment-of-it",
        ])
    func harmless(text: String) {
        #expect(!finds(.secrets, text) && !finds(.emails, text) && !finds(.cards, text))
    }

    @Test("Addresses and cards are found")
    func others() {
        #expect(finds(.emails, "write to alice@example.org, please") && !finds(.emails, "a@b"))
        #expect(
            finds(.emails, "josé@example.org") && finds(.emails, "bob@münchen.de") && finds(.emails, "_bob@example.org")
        )
        #expect(finds(.cards, "4111 1111 1111 1111") && !finds(.cards, "id 12345678"))
    }
}
