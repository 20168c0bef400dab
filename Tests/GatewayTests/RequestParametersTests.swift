import Testing
import Wire

@testable import Gateway

@Suite struct RequestParametersTests {
    private func parameters(_ body: String) throws -> RequestParameters {
        try Array(body.utf8).withUnsafeBytes { bytes in
            let scan = MessagesBody()
            try scan.finish(bytes, namesModel: false)
            return RequestParameters(scan.members, in: bytes)
        }
    }

    @Test("What is asked for is read, whatever stands around it")
    func read() throws {
        let found = try parameters(
            #"{"messages":[{"temperature":9}],"temperature":0.25,"top_p":1,"top_k":40,"output_config":{"format":{},"effort":"high"}}"#
        )
        #expect(found.temperature == 0.25 && found.topP == 1 && found.topK == 40 && found.effort == "high")
    }

    @Test(
        "What is missing or of another type is not there",
        arguments: [
            "{}", #"{"temperature":"hot","top_p":null,"top_k":1.5,"output_config":"x"}"#,
            #"{"output_config":{"effort":7}}"#, #"{"output_config":[]}"#,
        ])
    func absent(body: String) throws {
        let found = try parameters(body)
        #expect(found.temperature == nil && found.topP == nil && found.topK == nil && found.effort.isEmpty)
    }

    @Test("An effort longer than any word is left out")
    func long() throws {
        #expect(try parameters(#"{"output_config":{"effort":"\#(String(repeating: "x", count: 33))"}}"#).effort.isEmpty)
    }
}
