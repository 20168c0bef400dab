import Configuration
import Wire

/// A stream of the Responses API. https://platform.openai.com/docs/api-reference/responses-streaming
package final class ResponsesAnswer: AnswerReader {
    private var events = AnswerEvents(maximumEventBytes: 32 << 20)
    private var calls = ToolCallQueue()
    /// Calls whose arguments came in pieces.
    private var told: Set<Int64> = []
    /// Texts of which something was told, and the items that they are in.
    private(set) var toldTexts: Set<TextPlace> = []
    private(set) var toldItems: Set<Int64> = []
    var isRefused = false
    /// What the last piece of the reasoning item that is open was.
    private var thought: Thought?
    /// What the template's text is.
    enum Use {
        case text
        case arguments(Int64)
    }
    private var template = DeltaTemplate()
    private var use = Use.text
    private var searches: Int64 = 0
    /// What the next text is, as the state in which that goes to the client.
    private var phase: [UInt8]?

    /// A part of a message.
    struct TextPlace: Hashable {
        let item: Int64
        let part: Int64
    }

    enum Thought {
        case summary, full
    }

    package init() {}

    package func read(_ bytes: UnsafeRawBufferPointer, _ message: MessageWriter) {
        var position = 0
        while let event = events.next(bytes, &position, message) { read(event: event, message) }
    }

    package func end(_ message: MessageWriter) {
        read(events.end(), message)
        if !message.hasEnded { message.fail(.cut) }
    }

    // MARK: Events

    private func read(event data: UnsafeRawBufferPointer, _ message: MessageWriter) {
        if data.equals("[DONE]") || tellLearned(data, message) { return }
        do throws(JSONError) {
            try ResponsesEvent(data).tell(self, message)
        } catch {
            message.fail(events.unreadable("an event that is no JSON"))
        }
    }

    func learn(_ use: Use, _ event: UnsafeRawBufferPointer, _ text: JSONString, _ others: [JSONString?]) {
        if template.learn(event, text: text, others: others) { self.use = use }
    }

    private func tellLearned(_ event: UnsafeRawBufferPointer, _ message: MessageWriter) -> Bool {
        guard let delta = template.text(of: event) else { return false }
        switch use {
        case .text: text(delta, message)
        case .arguments(let index): arguments(delta, index, message)
        }
        return true
    }

    func text(_ delta: JSONString, _ message: MessageWriter) {
        calls.flush(message)
        if let phase { tell(phase: phase, message) }
        message.text(delta)
    }

    private func tell(phase: [UInt8], _ message: MessageWriter) {
        self.phase = nil
        message.endBlock()
        message.reasoning { $0.append(phase) }
    }

    func text(_ delta: JSONString, at place: TextPlace, _ message: MessageWriter) {
        if !delta.bytes.isEmpty { _ = isNew(place) }
        text(delta, message)
    }

    /// Notes that something of a text is told.
    func isNew(_ place: TextPlace) -> Bool {
        toldItems.insert(place.item)
        return toldTexts.insert(place).inserted
    }

    func refusal(_ delta: JSONString, at place: TextPlace, _ message: MessageWriter) {
        isRefused = true
        text(delta, at: place, message)
    }

    /// Some models give both what they think and a summary of it.
    func thinking(_ delta: JSONString, _ kind: Thought, _ message: MessageWriter) {
        calls.flush(message)
        if let thought, thought != kind { nextThought(message) }
        thought = kind
        message.thinking(delta)
    }

    /// Another part of what the model thinks: a paragraph of its own.
    func nextThought(_ message: MessageWriter) { message.thinking(JSONString(literal: "\\n\\n")) }

    func arguments(_ delta: JSONString, _ index: Int64, _ message: MessageWriter) {
        told.insert(index)
        calls.add(ToolCallQueue.Part(index: index, arguments: delta), message)
    }

    /// Only where no pieces came.
    func wholeArguments(_ arguments: JSONString, _ index: Int64, _ message: MessageWriter) {
        if told.insert(index).inserted {
            calls.add(ToolCallQueue.Part(index: index, arguments: arguments), message)
        }
    }

    func itemAdded(_ item: UnsafeRawBufferPointer, _ index: Int64, _ message: MessageWriter) throws(JSONError) {
        message.begin()
        let item = try ResponsesItem(item)
        if item.kind == .message, let phase = item.phase {
            // An answer that is nothing but final needs no mark, and clients may take its first block for the text.
            self.phase = phase.isFinal && message.blocks == 0 ? nil : phase.state
        }
        guard item.kind == .functionCall else { return }
        // Some servers say the same place for every item.
        told.remove(index)
        calls.add(ToolCallQueue.Part(index: index, id: item.callID, name: item.name), message)
    }

    func itemDone(_ bytes: UnsafeRawBufferPointer, _ index: Int64, _ message: MessageWriter) throws(JSONError) {
        let item = try ResponsesItem(bytes)
        switch item.kind {
        case .functionCall:
            if !calls.hasBegun(index, id: item.callID) {
                told.remove(index)
                calls.add(ToolCallQueue.Part(index: index, id: item.callID, name: item.name), message)
            }
            if let arguments = item.arguments { wholeArguments(arguments, index, message) }
            calls.end(index, message)
        case .reasoning:
            calls.flush(message)
            thought = nil
            // T-9: only `done` has all of it.
            if let id = item.id, let content = item.encryptedContent {
                message.reasoning { state in
                    state.append(id.bytes)
                    state.append("/")
                    state.append(content.bytes)
                }
            } else {
                message.endBlock()
            }
        case .webSearch where !item.searches:
            // A page that was opened, or a text that was looked for in it: of no further search.
            calls.flush(message)
            message.endBlock()
        case .webSearch:
            searches += 1
            calls.flush(message)
            message.webSearch(query: item.query, sources: item.sources)
        case .message, .other:
            if item.kind == .message { try wholeMessage(item, index, message) }
            // Items may overlap: what is open may be a call.
            if !calls.isBusy { message.endBlock() }
        }
    }

    /// - Parameter isFailed: the provider says so, with a reason or without.
    func completed(
        _ response: UnsafeRawBufferPointer, isFailed: Bool, _ message: MessageWriter
    ) throws(JSONError) {
        let end = try ResponsesEnd(response)
        calls.flush(message)
        message.identify(id: end.id, model: end.model)
        if let raw = end.usage {
            var usage = try OpenAIUsage(raw).usage(excludesReasoning: false)
            usage.serviceTier = end.serviceTier
            usage.webSearchRequests = end.webSearches ?? searches
            message.use(usage, raw: raw)
        }
        if let error = end.error { return message.fail(inStream: error) }
        if isFailed { return message.fail(.init(type: "api_error", message: "The provider failed.")) }
        if let output = end.output { try wholeOutput(output, message) }
        message.finish(isRefused ? .refusal : end.reason)
    }
}
