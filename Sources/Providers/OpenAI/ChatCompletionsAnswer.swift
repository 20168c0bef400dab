import Configuration
import Wire

/// A stream of Chat Completions chunks. https://platform.openai.com/docs/api-reference/chat-streaming
package final class ChatCompletionsAnswer: AnswerReader {
    private var events = AnswerEvents(maximumEventBytes: 8 << 20)
    private let kind: ProviderKind
    private var finish: StopReason?
    private var stopSequence: [UInt8]?
    private var calls = ToolCallQueue()
    private var think = ThinkTags()
    /// What came when the arguments of a call were not whole: it is told behind it.
    private var later: [(text: [UInt8], isThought: Bool)] = []
    /// It is known that something has to wait for the next part of a call.
    private var isHolding = false
    private var isRefused = false
    private var template = DeltaTemplate()
    /// The text of the chunk that is being read, as long as it has nothing else.
    private var plainText: JSONString?
    private var isPlain = true
    /// The answer that is told, if a server gives several.
    private var choice: Int64?
    /// Where what the model thinks stands; some servers say it twice in one chunk.
    private var thoughts: ThoughtField?

    private enum ThoughtField {
        case reasoningContent, reasoning
    }

    /// As the first chunk that says it has it.
    private var tier: ServiceTier?
    /// The server broke off, and said so as if it were an end.
    private var broken: UpstreamFailure?

    package init(_ kind: ProviderKind) { self.kind = kind }

    package func read(_ bytes: UnsafeRawBufferPointer, _ message: MessageWriter) {
        var position = 0
        while let event = events.next(bytes, &position, message) { read(event: event, message) }
    }

    package func end(_ message: MessageWriter) {
        read(events.end(), message)
        guard !message.hasEnded else { return }
        if finish == nil { return message.fail(.cut) }
        complete(message)
    }

    private func read(event data: UnsafeRawBufferPointer, _ message: MessageWriter) {
        if data.equals("[DONE]") {
            if finish == nil { return message.fail(.cut) }
            return complete(message)
        }
        if let text = template.text(of: data) { return tell(text, message) }
        do throws(JSONError) {
            (plainText, isPlain) = (nil, true)
            try readChunk(data, message)
        } catch {
            message.fail(events.unreadable("a chunk that is no JSON"))
        }
    }

    /// An answer that came whole, though a stream was asked for.
    func read(whole data: UnsafeRawBufferPointer, _ message: MessageWriter) {
        do throws(JSONError) {
            guard try Self.hasChoices(data) else { return message.fail(inStream: data) }
            try readChunk(data, message)
        } catch {
            return message.fail(.unreadable("a body that is no JSON"))
        }
        guard !message.hasEnded else { return }
        if finish == nil { return message.fail(.cut) }
        complete(message)
    }

    private static func hasChoices(_ data: UnsafeRawBufferPointer) throws(JSONError) -> Bool {
        var cursor = JSONCursor(data), isAnswer = false
        guard try cursor.enterObjectOrSkip() else { return false }
        while let key = try cursor.nextKey() {
            if key.equals("choices"), try cursor.peekKind() == .array { isAnswer = true }
            if key.equals("error"), try cursor.peekKind() != .null { return false }
            try cursor.skipValue()
        }
        return isAnswer
    }

    private func tell(_ text: JSONString, _ message: MessageWriter) {
        guard !text.bytes.isEmpty else { return }
        if holds(text, isThought: false, message) { return }
        tellCalls(message)
        think.pass(text, message)
    }

    /// Keeps for later what comes in the midst of a call.
    private func holds(_ text: JSONString, isThought: Bool, _ message: MessageWriter) -> Bool {
        isHolding = isHolding || calls.isUnfinished(message)
        if isHolding { later.append((Array(text.bytes), isThought)) }
        return isHolding
    }

    /// The calls so far, and what came in the midst of them.
    private func tellCalls(_ message: MessageWriter) {
        calls.flush(message)
        for piece in later {
            piece.text.withUnsafeBytes { bytes in
                let text = JSONString(bytes, hasEscapes: true)
                if piece.isThought { message.thinking(text) } else { think.pass(text, message) }
            }
        }
        later = []
    }

    private func complete(_ message: MessageWriter) {
        if let broken { return message.fail(broken) }
        tellCalls(message)
        think.end(message)
        message.finish(isRefused ? .refusal : finish ?? .endTurn, stopSequence: stopSequence)
    }

    // MARK: Chunks

    private func readChunk(_ data: UnsafeRawBufferPointer, _ message: MessageWriter) throws(JSONError) {
        var cursor = JSONCursor(data)
        var id: JSONString?, model: JSONString?
        var usage: UnsafeRawBufferPointer?
        var tierName: JSONString?, padding: JSONString?
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals("choices") {
                try readChoices(&cursor, message)
            } else if key.equals("id") {
                id = try cursor.stringOrSkip()
            } else if key.equals("model") {
                model = try cursor.stringOrSkip()
            } else if key.equals("usage"), try cursor.peekKind() == .object {
                usage = cursor.bytes(try cursor.skipValue())
                isPlain = false
            } else if key.equals("obfuscation") {
                padding = try cursor.stringOrSkip()
            } else if key.equals("service_tier") {
                tierName = try cursor.stringOrSkip()
            } else if key.equals("error"), try cursor.peekKind() != .null {
                message.fail(inStream: cursor.bytes(try cursor.skipValue()))
            } else {
                try cursor.skipValue()
            }
        }
        if let tierName, tier == nil || usage != nil { tier = ServiceTier(tierName) }
        if let usage { try use(usage, message) }
        // Azure's first chunk has neither.
        if let id, !id.bytes.isEmpty { message.identify(id: id, model: model) }
        if !message.hasEnded { message.begin() }
        if isPlain, let plainText { template.learn(data, text: plainText, others: [padding]) }
    }

    private func use(_ raw: UnsafeRawBufferPointer, _ message: MessageWriter) throws(JSONError) {
        var usage = try OpenAIUsage(raw).usage(excludesReasoning: kind == .xAI)
        usage.serviceTier = tier ?? .standard
        message.use(usage, raw: raw)
    }

    private func readChoices(_ cursor: inout JSONCursor, _ message: MessageWriter) throws(JSONError) {
        choice = try cursor.readOne(choice) { (cursor) throws(JSONError) in try readChoice(&cursor, message) }
    }

    private func readChoice(_ cursor: inout JSONCursor, _ message: MessageWriter) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return }
        while let key = try cursor.nextKey() {
            if key.equals("delta") || key.equals("message") {
                try readDelta(&cursor, message)
            } else if key.equals("finish_reason") {
                if let reason = try cursor.stringOrSkip() {
                    isPlain = false
                    finish = Self.reason(reason)
                    broken = try Self.failure(reason)
                }
            } else if key.equals("usage"), try cursor.peekKind() == .object {
                // Moonshot has it here.
                isPlain = false
                try use(cursor.bytes(try cursor.skipValue()), message)
            } else if key.equals("stop_reason") {
                // vLLM tells which sequence it was.
                if let sequence = try cursor.stringOrSkip() {
                    var decoded = ByteWriter()
                    try sequence.append(to: &decoded)
                    stopSequence = decoded.array
                }
            } else {
                try cursor.skipValue()
            }
        }
        if stopSequence != nil, finish == .endTurn { finish = .stopSequence }
    }

    /// What came before is not whole, and must not look so: DeepSeek has no more room, vLLM and SGLang abort, Mistral and OpenRouter
    /// fail. Other words that are not OpenAI's are ends.
    private static func failure(_ reason: JSONString) throws(JSONError) -> UpstreamFailure? {
        let isFull = reason.equals("insufficient_system_resource")
        guard isFull || reason.equals("abort") || reason.equals("error") else { return nil }
        return UpstreamFailure(
            type: isFull ? "overloaded_error" : "api_error",
            message: "The model broke off: \(try reason.decoded())")
    }

    private static func reason(_ reason: JSONString) -> StopReason {
        if reason.equals("length") { return .maxTokens }
        // Mistral: not what was asked for, but what the model takes.
        if reason.equals("model_length") { return .contextWindowExceeded }
        if reason.equals("content_filter") { return .refusal }
        if reason.equals("tool_calls") || reason.equals("function_call") { return .toolUse }
        return .endTurn
    }

    private func readDelta(_ cursor: inout JSONCursor, _ message: MessageWriter) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return }
        while let key = try cursor.nextKey() {
            if key.equals("content") {
                try readContent(&cursor, message)
            } else if key.equals("reasoning_content") {
                if let text = try cursor.stringOrSkip() { think(text, .reasoningContent, message) }
            } else if key.equals("reasoning") {
                if let text = try cursor.stringOrSkip() { think(text, .reasoning, message) }
            } else if key.equals("refusal") {
                if let text = try cursor.stringOrSkip(), !text.bytes.isEmpty {
                    isPlain = false
                    isRefused = true
                    tellCalls(message)
                    think.end(message)
                    message.text(text)
                }
            } else if key.equals("tool_calls") {
                try readCalls(&cursor, message)
            } else if key.equals("function_call"), try cursor.peekKind() == .object {
                try readFunctionCall(&cursor, message)
            } else {
                try cursor.skipValue()
            }
        }
    }

    /// The field that came first in the answer is the one that counts.
    private func think(_ text: JSONString, _ field: ThoughtField, _ message: MessageWriter) {
        guard !text.bytes.isEmpty else { return }
        isPlain = false
        if thoughts == nil { thoughts = field }
        guard thoughts == field else { return }
        if holds(text, isThought: true, message) { return }
        tellCalls(message)
        message.thinking(text)
    }

    /// A text, or a list of parts.
    private func readContent(_ cursor: inout JSONCursor, _ message: MessageWriter) throws(JSONError) {
        guard try cursor.peekKind() == .array else {
            if let text = try cursor.stringOrSkip(), !text.bytes.isEmpty {
                plainText = text
                tell(text, message)
            }
            return
        }
        isPlain = false
        try cursor.enterArray()
        while try cursor.nextElement() { try readPart(&cursor, message) }
    }

    private func readPart(_ cursor: inout JSONCursor, _ message: MessageWriter) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return }
        while let key = try cursor.nextKey() {
            if key.equals("text") {
                if let text = try cursor.stringOrSkip() { tell(text, message) }
            } else {
                try cursor.skipValue()
            }
        }
    }

    // MARK: Tool calls

    private func readCalls(_ cursor: inout JSONCursor, _ message: MessageWriter) throws(JSONError) {
        guard try cursor.enterArrayOrSkip() else { return }
        isPlain = false
        isHolding = false
        think.end(message)
        while try cursor.nextElement() {
            var part = ToolCallQueue.Part()
            guard try cursor.enterObjectOrSkip() else { continue }
            while let key = try cursor.nextKey() {
                if key.equals("index") {
                    part.index = try cursor.integerOrSkip()
                } else if key.equals("id") {
                    part.id = try cursor.stringOrSkip()
                } else if key.equals("function") {
                    try readFunction(&cursor, &part)
                } else {
                    try cursor.skipValue()
                }
            }
            calls.add(part, message)
        }
    }

    /// The one call of servers that know no lists of them.
    private func readFunctionCall(_ cursor: inout JSONCursor, _ message: MessageWriter) throws(JSONError) {
        isPlain = false
        isHolding = false
        think.end(message)
        var part = ToolCallQueue.Part(index: 0)
        try readFunction(&cursor, &part)
        calls.add(part, message)
    }

    private func readFunction(_ cursor: inout JSONCursor, _ part: inout ToolCallQueue.Part) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return }
        while let key = try cursor.nextKey() {
            if key.equals("name") {
                // Some servers write an empty one where a call goes on.
                part.name = try cursor.stringOrSkip().flatMap { $0.bytes.isEmpty ? nil : $0 }
            } else if key.equals("arguments") {
                switch try cursor.peekKind() {
                case .string: part.arguments = try cursor.readString()
                case .object: part.object = cursor.bytes(try cursor.skipValue())
                default: try cursor.skipValue()
                }
            } else {
                try cursor.skipValue()
            }
        }
    }
}

/// One whole answer, from a server that does not stream though it was asked to.
/// https://platform.openai.com/docs/api-reference/chat/object
final class WholeChatAnswer: AnswerReader {
    private var body = ByteWriter()
    private let answer: ChatCompletionsAnswer
    private static let most = 32 << 20

    init(_ kind: ProviderKind) { answer = ChatCompletionsAnswer(kind) }

    func read(_ bytes: UnsafeRawBufferPointer, _ message: MessageWriter) {
        guard body.count + bytes.count <= Self.most else { return message.fail(.unreadable("more than one can be")) }
        body.append(bytes)
    }

    func end(_ message: MessageWriter) { answer.read(whole: body.bytes, message) }
}
