import Testing

@testable import Configuration

@Suite("Numbers are read exactly, and values become JSON")
struct NumberTests {
    @Test(
        "Dollars to the nano-dollar",
        arguments: [
            ("50", 50_000_000_000), ("0.25", 250_000_000), ("0.000000001", 1), ("10.10", 10_100_000_000), ("0", 0),
            ("007", 7_000_000_000), ("9223372036.854775807", Int64.max),
        ])
    func dollars(text: String, expected: Int64) {
        #expect(NumberText.dollars(text) == expected)
    }

    @Test(
        "What is no amount of dollars",
        arguments: [
            "", ".", ".5", "5.", "-1", "+1", "1e3", "1_000", "1,5", "$5", " 5", "0.0000000001", "1.2.3",
            "9223372036.854775808",
            "99999999999999999999", "٣", "nan", "0x10",
        ])
    func noDollars(text: String) {
        #expect(NumberText.dollars(text) == nil)
    }

    @Test(
        "Counts",
        arguments: [
            ("1", 1), ("250000", 250_000), ("500k", 500_000), ("2M", 2_000_000), ("1.5M", 1_500_000), ("0.001k", 1),
            ("0.000001M", 1),
        ])
    func counts(text: String, expected: Int64) {
        #expect(NumberText.count(text) == expected)
    }

    @Test(
        "What is no count",
        arguments: ["", "k", "1.5", "1.0001k", "2m", "2K", "2 M", "-5", "9223372036854775808", "9223372036855M"])
    func noCounts(text: String) {
        #expect(NumberText.count(text) == nil)
    }

    @Test("Dollars as text are the dollars again")
    func text() {
        for (nano, text) in [
            (Int64(50_000_000_000), "50"), (250_000_000, "0.25"), (1, "0.000000001"), (100_000_000_000, "100"),
            (0, "0"),
            (10_500_000_000, "10.5"),
        ] {
            #expect(NumberText.dollars(nano) == text)
            #expect(NumberText.dollars(text) == nano)
        }
        var state: UInt64 = 7
        for _ in 0..<1_000 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let nano = Int64(state >> 4)
            #expect(NumberText.dollars(NumberText.dollars(nano)) == nano)
        }
    }

    private func json(_ yaml: String) throws -> String? {
        var parser = YAMLParser()
        let node = try #require(try parser.parse(yaml))
        return try node.json { text, _ in text == "gone" ? nil : text }.map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(
        "YAML as JSON",
        arguments: [
            ("fast", #""fast""#), ("12", "12"), ("-1.50e+3", "-1.50e+3"), ("0", "0"), ("01", #""01""#),
            ("1.", #""1.""#),
            (".5", #"".5""#), ("+1", #""+1""#), ("0x1F", #""0x1F""#), ("1_000", #""1_000""#), ("-x", #""-x""#),
            ("1e", #""1e""#),
            ("true", "true"), ("\"true\"", #""true""#), ("null", "null"), ("~", "null"), ("'1'", #""1""#),
            ("{a: [1, {b: }], \"c\\n\": d}", #"{"a":[1,{"b":null}],"c\n":"d"}"#), ("[]", "[]"), ("{}", "{}"),
            ("12345678901234567890123", "12345678901234567890123"), ("2026-02-01", #""2026-02-01""#),
        ])
    func values(yaml: String, expected: String) throws {
        #expect(try json(yaml) == expected)
    }

    @Test("What might be truth or text is refused", arguments: ["yes", "No", "on", "OFF", "True", "NULL", "[a, y]"])
    func ambiguous(yaml: String) {
        #expect(throws: YAMLNode.JSONFault.self) { try json(yaml) }
        #expect(throws: Never.self) { try json("'yes'") }
    }

    @Test("What cannot be filled in gives nothing")
    func gone() throws {
        #expect(try json("{a: [1, gone]}") == nil)
    }

    @Test(
        "URLs with a path and a query",
        arguments: [
            ("https://h/p?q=1", "/p?q=1"), ("http://[::1]:8080/a/", "/a/"), ("https://h", "/"), ("https://h?q", "/?q"),
        ])
    func endpoint(text: String, path: String) {
        #expect(EndpointURL(text)?.path == path)
        #expect(EndpointURL(text)?.base.prefix.isEmpty == true)
    }

    @Test(
        "What is no such URL",
        arguments: [
            "", "h/p", "ftp://h/p", "https://u:p@h/p", "https:///p", "https://h/a b", "https://h/#f",
            "https://h/\u{e4}",
        ])
    func noEndpoint(text: String) {
        #expect(EndpointURL(text) == nil)
    }
}
