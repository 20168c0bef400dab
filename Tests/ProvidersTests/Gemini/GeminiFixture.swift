import Configuration
import Testing
import Wire

@testable import Providers

/// Requests to Gemini and its streams.
struct GeminiFixture {
    let base: TranslationFixture

    init(_ model: String = "gemini-3.1-pro-preview", _ kind: ProviderKind = .gemini) {
        base = TranslationFixture(.generateContent, kind, model: model)
    }

    struct Request {
        let json: JSONValue
        let receipt: FidelityReceipt
        let context: AnswerContext

        var contents: [JSONValue] { json["contents"]?.array ?? [] }
        var configuration: JSONValue { json["generationConfig"] ?? .null }
        var functions: [JSONValue] { json["tools"]?.array?.first?["functionDeclarations"]?.array ?? [] }

        func parts(_ index: Int) -> [JSONValue] { contents[index]["parts"]?.array ?? [] }
    }

    func request(_ body: String) throws -> Request {
        try base.withParts(body) { parts in
            var request = GenerateContentRequest(parts)
            let written = try request.write()
            let json = try written.withBytes { bytes throws(JSONError) in try JSONValue(parsing: bytes) }
            return Request(json: json, receipt: request.parts.receipt, context: request.parts.context)
        }
    }

    func count(_ body: String) throws -> JSONValue {
        try base.withParts(body) { parts in
            var request = GenerateContentRequest(parts)
            let written = try request.writeCount()
            return try written.withBytes { bytes throws(JSONError) in try JSONValue(parsing: bytes) }
        }
    }

    /// A request of messages and further members.
    func request(messages: String, _ rest: String = "") throws -> Request {
        try request(#"{"model":"claude-opus-5-5","messages":[\#(messages)]\#(rest)}"#)
    }

    /// The parameters that a tool's schema becomes.
    func parameters(_ schema: String) throws -> JSONValue {
        let tool = #","tools":[{"name":"t","input_schema":\#(schema)}]"#
        let request = try request(messages: Self.hello, tool)
        return request.functions[0]["parametersJsonSchema"] ?? .null
    }

    static let hello = #"{"role":"user","content":"hello"}"#

    func answer(_ stream: String, _ form: MessageWriter.Form = .stream) -> TranslationFixture.Answer {
        base.answer(stream, form) { GenerateContentAnswer(model: base.target.model) }
    }

    func expectSameByEveryCut(_ stream: String, _ form: MessageWriter.Form = .stream) {
        base.expectSameByEveryCut(stream, form) { GenerateContentAnswer(model: base.target.model) }
    }

    /// A chunk with those parts, and more members of its candidate.
    static func chunk(_ parts: String, _ rest: String = "", _ more: String = "") -> String {
        #"data: {"candidates":[{"content":{"parts":[\#(parts)],"role":"model"}\#(rest)}]\#(more)}"# + "\n\n"
    }

    static let stop = #","finishReason":"STOP""#
}
