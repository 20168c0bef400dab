import Configuration
import Testing
import Wire

@testable import Providers

/// Requests to OpenAI's interfaces and their streams.
struct OpenAIFixture: Sendable {
    let base: TranslationFixture

    init(
        _ dialect: Dialect, _ model: String, _ kind: ProviderKind = .openAI,
        adjust: @escaping @Sendable (inout AnswerContext) -> Void = { _ in }
    ) {
        var base = TranslationFixture(dialect, kind, model: model)
        base.adjust = adjust
        self.base = base
    }

    static let chat = OpenAIFixture(.chatCompletions, "gpt-4.1")
    static let responses = OpenAIFixture(.responses, "gpt-5.5")
    static let local = OpenAIFixture(.chatCompletions, "local", .openAICompatible)
    static let grok = OpenAIFixture(.chatCompletions, "grok-4.7", .xAI)

    // MARK: Requests

    struct Request {
        let json: JSONValue
        let receipt: FidelityReceipt
        let context: AnswerContext

        var messages: [JSONValue] { json["messages"]?.array ?? [] }
        var input: [JSONValue] { json["input"]?.array ?? [] }
        var tools: [JSONValue] { json["tools"]?.array ?? [] }
        /// Of either dialect.
        var toolNames: [String] {
            tools.compactMap { ($0["function"]?["name"] ?? $0["name"] ?? $0["type"])?.string }
        }
    }

    func request(_ body: String, counts: Bool = false) throws -> Request {
        try Array(body.utf8).withUnsafeBytes { bytes in
            var output = ByteWriter()
            let request = try Translation.request(
                bytes, for: base.target, sessionID: Array("session".utf8), base.context, counts: counts, into: &output)
            return Request(
                json: try JSONValue(parsing: output.text), receipt: request.receipt, context: request.context)
        }
    }

    /// A request of messages and further members.
    func request(messages: String, _ rest: String = "") throws -> Request {
        try request(#"{"model":"claude-opus-5-5","messages":[\#(messages)]\#(rest)}"#)
    }

    static let hello = #"{"role":"user","content":"hello"}"#

    static func user(_ blocks: String...) -> String {
        #"{"role":"user","content":[\#(blocks.joined(separator: ","))]}"#
    }

    static func assistant(_ blocks: String...) -> String {
        #"{"role":"assistant","content":[\#(blocks.joined(separator: ","))]}"#
    }

    static func call(_ id: String, _ name: String = "A", _ input: String = "{}") -> String {
        #"{"type":"tool_use","id":"\#(id)","name":"\#(name)","input":\#(input)}"#
    }

    static func result(_ id: String, _ rest: String = "") -> String {
        #"{"type":"tool_result","tool_use_id":"\#(id)"\#(rest)}"#
    }

    static func tool(_ name: String, _ rest: String = "") -> String {
        #"{"name":"\#(name)","input_schema":{"type":"object"}\#(rest)}"#
    }

    // MARK: Answers

    func answer(_ stream: String, _ form: MessageWriter.Form = .stream) -> TranslationFixture.Answer {
        base.answer(stream, form, reader)
    }

    func expectSameByEveryCut(_ stream: String, _ form: MessageWriter.Form = .stream) {
        base.expectSameByEveryCut(stream, form, reader)
    }

    private func reader() -> any AnswerReader { Translation.reader(base.target, base.context) }

    /// A chunk of Chat Completions with that delta.
    static func chunk(_ delta: String, finish: String? = nil, _ more: String = "") -> String {
        let reason = finish.map { "\"\($0)\"" } ?? "null"
        return dataLines(
            #"{"id":"chatcmpl-1","model":"gpt-4.1-2025","choices":[{"index":0,"delta":{\#(delta)},"finish_reason":\#(reason)}]\#(more)}"#
        )
    }

    /// The delta of a call.
    static func part(_ index: Int, _ arguments: String, id: String? = nil, name: String? = nil) -> String {
        let head = id.map { #""id":"\#($0)","type":"function","# } ?? ""
        let name = name.map { #""name":"\#($0)","# } ?? ""
        return #""tool_calls":[{"index":\#(index),\#(head)"function":{\#(name)"arguments":"\#(arguments)"}}]"#
    }

    /// The end of a stream of Chat Completions.
    static func end(_ reason: String, usage: String? = nil) -> String {
        let last = usage.map { dataLines(#"{"id":"chatcmpl-1","choices":[],"usage":{\#($0)}}"#) } ?? ""
        return chunk("", finish: reason) + last + "data: [DONE]\n\n"
    }

    /// An event of Responses, of that type after `response.`.
    static func event(_ type: String, _ members: String) -> String {
        namedEvent("response.\(type)", #"{"type":"response.\#(type)",\#(members)}"#)
    }

    static func added(_ index: Int, _ item: String) -> String {
        event("output_item.added", #""output_index":\#(index),"item":{\#(item)}"#)
    }

    static func done(_ index: Int, _ item: String) -> String {
        event("output_item.done", #""output_index":\#(index),"item":{\#(item)}"#)
    }

    static func function(_ id: String, _ name: String, _ arguments: String = "") -> String {
        #""type":"function_call","id":"fc_\#(id)","call_id":"\#(id)","name":"\#(name)","arguments":"\#(arguments)""#
    }

    static func arguments(_ index: Int, _ delta: String) -> String {
        event("function_call_arguments.delta", #""output_index":\#(index),"delta":"\#(delta)""#)
    }

    static func text(_ index: Int, _ delta: String) -> String {
        event("output_text.delta", #""output_index":\#(index),"delta":"\#(delta)""#)
    }

    static func thought(_ index: Int, _ delta: String) -> String {
        event("reasoning_summary_text.delta", #""output_index":\#(index),"delta":"\#(delta)""#)
    }

    /// The last event.
    static func completed(_ members: String = "", type: String = "completed") -> String {
        event(type, #""response":{"id":"resp_1","model":"gpt-5.5-2026"\#(members)}"#)
    }
}

/// `event(_:_:)` where a type has one of its own.
private func namedEvent(_ name: String, _ data: String) -> String { event(name, data) }
