import Testing

@testable import Wire

@Suite struct BaggageTests {
    private func value(_ name: String, _ header: String) -> String? {
        Array(header.utf8).withUnsafeBytes { Baggage.value(of: name, in: $0) }
    }

    @Test(
        "A member is found by its name, decoded, without its properties",
        arguments: [
            ("a=1,b=2", "b", "2"), ("a=1, b = two%20words ;p=1,c=3", "b", "two words"), ("b=1,b=2", "b", "1"),
            ("b=", "b", ""), ("b=x=y", "b", "x=y"), ("b=%zz", "b", "%zz"), ("b=a;b;c", "b", "a"),
        ])
    func found(header: String, name: String, expected: String) {
        #expect(value(name, header) == expected)
    }

    @Test("What is not there is not found", arguments: ["", "a", ",,", "=1", "ab=1", "B=1", "a;b=1", " b\u{00A0}=1"])
    func missing(header: String) {
        #expect(value("b", header) == nil)
    }

    @Test("Every cut of a header gives a value or none, and never a part of another member")
    func cuts() {
        let header = "team=platform,cost=a%20b;p=1,last=x"
        for end in 0...header.utf8.count {
            let cut = String(decoding: Array(header.utf8).prefix(end), as: UTF8.self)
            #expect(value("last", cut).map { "x".hasPrefix($0) } ?? true)
            #expect(value("team", cut).map { "platform".hasPrefix($0) } ?? true)
        }
    }

    @Test("A header larger than any platform must carry is not read")
    func large() {
        #expect(value("b", "b=1," + String(repeating: "x", count: 8_192)) == nil)
    }
}
