import Testing
import Wire

@testable import Providers

@Suite struct ConsultedModelTests {
    private func models(_ body: String, asksForAdvisor: Bool = true) throws -> [String] {
        try Array(body.utf8).withUnsafeBytes { bytes in
            var scanner = JSONObjectScanner()
            try scanner.finish(bytes)
            return try ConsultedModel.all(in: bytes, scanner.members, asksForAdvisor: asksForAdvisor)
                .map { "\($0.tool ?? "fallbacks") \($0.name)" }
        }
    }

    @Test(
        "Models that a body names besides its own",
        arguments: [
            (#"{"model":"a"}"#, []),
            (#"{"tools":[{"type":"advisor_20260301","model":"b"}]}"#, ["advisor_20260301 b"]),
            (#"{"tools":[{"model":"b","name":"x","type":"adv\u0069sor_1"},{"name":"y"}, 7]}"#, ["advisor_1 b"]),
            (#"{"tools":[{"type":"advisor_1"},{"type":"bash_1","model":"c"},{"type":7,"model":"d"}]}"#, []),
            (#"{"tools":{"type":"advisor_1","model":"b"}}"#, []),
            (#"{"fallb\u0061cks":["b",{"model":"c"},{"model":7},null,{}]}"#, ["fallbacks b", "fallbacks c"]),
            (#"{"fallbacks":"default","tools":null}"#, []),
            (#"{"fallbacks":["b"],"fallbacks":["c"]}"#, ["fallbacks b", "fallbacks c"]),
        ] as [(String, [String])])
    func finds(body: String, expected: [String]) throws {
        #expect(try models(body) == expected)
    }

    @Test("Who does not ask for the advisor's beta gets no such tool")
    func needsBeta() throws {
        #expect(try models(#"{"tools":[{"type":"advisor_1","model":"b"}]}"#, asksForAdvisor: false).isEmpty)
    }
}
