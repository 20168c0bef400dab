import Configuration
import Wire

/// One event of a Responses stream: what of it matters, found in one pass.
struct ResponsesEvent {
    private var type = JSONString(literal: "")
    private var delta: JSONString?
    private var arguments: JSONString?
    /// Of the events that end a part.
    private var text: JSONString?
    private var refusal: JSONString?
    private var item: UnsafeRawBufferPointer?
    private var response: UnsafeRawBufferPointer?
    private var index: Int64 = 0
    private var contentIndex: Int64 = 0
    private var summaryIndex: Int64 = 0
    private var sequenceNumber: JSONString?
    private var padding: JSONString?
    private let data: UnsafeRawBufferPointer

    init(_ data: UnsafeRawBufferPointer) throws(JSONError) {
        self.data = data
        var cursor = JSONCursor(data)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals("type") {
                type = try cursor.stringOrSkip() ?? type
            } else if key.equals("delta") {
                delta = try cursor.stringOrSkip()
            } else if key.equals("output_index") {
                index = try cursor.integerOrSkip() ?? 0
            } else if key.equals("sequence_number"), try cursor.peekKind() == .number {
                sequenceNumber = JSONString(try cursor.readNumber().bytes, hasEscapes: false)
            } else if key.equals("obfuscation") {
                padding = try cursor.stringOrSkip()
            } else if key.equals("item") {
                item = cursor.bytes(try cursor.skipValue())
            } else if key.equals("response") {
                response = cursor.bytes(try cursor.skipValue())
            } else if key.equals("arguments") {
                arguments = try cursor.stringOrSkip()
            } else if key.equals("text") {
                text = try cursor.stringOrSkip()
            } else if key.equals("refusal") {
                refusal = try cursor.stringOrSkip()
            } else if key.equals("content_index") {
                contentIndex = try cursor.integerOrSkip() ?? 0
            } else if key.equals("summary_index") {
                summaryIndex = try cursor.integerOrSkip() ?? 0
            } else {
                try cursor.skipValue()
            }
        }
        try cursor.finish()
    }

    /// HOT: the deltas stand first.
    func tell(_ answer: ResponsesAnswer, _ message: MessageWriter) throws(JSONError) {
        if let delta { return tell(delta, answer, message) }
        if let item {
            if type.equals("response.output_item.added") { return try answer.itemAdded(item, index, message) }
            if type.equals("response.output_item.done") { return try answer.itemDone(item, index, message) }
            return
        }
        if type.equals("response.function_call_arguments.done"), let arguments {
            return answer.wholeArguments(arguments, index, message)
        }
        if type.equals("response.output_text.done"), let text {
            return answer.wholeText(text, at: place, isRefusal: false, message)
        }
        if type.equals("response.refusal.done"), let refusal {
            return answer.wholeText(refusal, at: place, isRefusal: true, message)
        }
        if type.equals("response.reasoning_summary_part.added"), summaryIndex > 0 {
            return answer.nextThought(message)
        }
        if type.equals("error") { return message.fail(inStream: data) }
        guard let response else { return }
        let isFailed = type.equals("response.failed")
        if isFailed || type.equals("response.completed") || type.equals("response.incomplete") {
            try answer.completed(response, isFailed: isFailed, message)
        }
    }

    private var place: ResponsesAnswer.TextPlace { .init(item: index, part: contentIndex) }

    private func tell(_ delta: JSONString, _ answer: ResponsesAnswer, _ message: MessageWriter) {
        if type.equals("response.output_text.delta") {
            // What is learned is told without its place being noted: that is for the first delta to do.
            if !delta.bytes.isEmpty { answer.learn(.text, data, delta, [sequenceNumber, padding]) }
            answer.text(delta, at: place, message)
        } else if type.equals("response.function_call_arguments.delta") {
            answer.learn(.arguments(index), data, delta, [sequenceNumber, padding])
            answer.arguments(delta, index, message)
        } else if type.equals("response.reasoning_summary_text.delta") {
            answer.thinking(delta, .summary, message)
        } else if type.equals("response.reasoning_text.delta") {
            answer.thinking(delta, .full, message)
        } else if type.equals("response.refusal.delta") {
            answer.refusal(delta, at: place, message)
        }
    }
}

/// An output item.
struct ResponsesItem {
    enum Kind {
        case message, functionCall, reasoning, webSearch, other
    }
    private(set) var kind = Kind.other
    private(set) var id: JSONString?
    private(set) var callID: JSONString?
    private(set) var name: JSONString?
    private(set) var arguments: JSONString?
    /// The parts of a message.
    private(set) var content: UnsafeRawBufferPointer?
    private(set) var encryptedContent: JSONString?
    private(set) var phase: ResponsesPhase?
    /// What was searched for; of several queries all.
    private(set) var query: TextRun?
    /// A web search searches; else it reads what was found.
    private(set) var searches = true
    private(set) var sources: [JSONString] = []

    init(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(bytes)
        guard try cursor.enterObjectOrSkip() else { return }
        while let key = try cursor.nextKey() {
            if key.equals("type") {
                if let type = try cursor.stringOrSkip() { kind = Self.kind(type) }
            } else if key.equals("id") {
                id = try cursor.stringOrSkip()
            } else if key.equals("call_id") {
                callID = try cursor.stringOrSkip()
            } else if key.equals("name") {
                name = try cursor.stringOrSkip()
            } else if key.equals("arguments") {
                arguments = try cursor.stringOrSkip()
            } else if key.equals("content"), try cursor.peekKind() == .array {
                content = cursor.bytes(try cursor.skipValue())
            } else if key.equals("encrypted_content") {
                encryptedContent = try cursor.stringOrSkip()
            } else if key.equals("phase") {
                phase = try cursor.stringOrSkip().flatMap { ResponsesPhase($0) }
            } else if key.equals("action") {
                try readAction(&cursor)
            } else {
                try cursor.skipValue()
            }
        }
    }

    private static func kind(_ type: JSONString) -> Kind {
        if type.equals("message") { return .message }
        if type.equals("function_call") { return .functionCall }
        if type.equals("reasoning") { return .reasoning }
        return type.equals("web_search_call") ? .webSearch : .other
    }

    private static func readQueries(_ cursor: inout JSONCursor) throws(JSONError) -> TextRun? {
        var queries: TextRun?
        guard try cursor.enterArrayOrSkip() else { return nil }
        while try cursor.nextElement() {
            guard let text = try cursor.stringOrSkip() else { continue }
            guard var all = queries else {
                queries = TextRun(text)
                continue
            }
            all.append(.literal("; "))
            all.append(.json(text))
            queries = all
        }
        return queries
    }

    private mutating func readAction(_ cursor: inout JSONCursor) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return }
        while let key = try cursor.nextKey() {
            if key.equals("query") {
                if let text = try cursor.stringOrSkip(), !text.bytes.isEmpty { query = TextRun(text) }
            } else if key.equals("queries") {
                let all = try Self.readQueries(&cursor)
                query = query ?? all
            } else if key.equals("type") {
                searches = try cursor.stringOrSkip().map { $0.equals("search") } ?? true
            } else if key.equals("sources"), try cursor.enterArrayOrSkip() {
                while try cursor.nextElement() {
                    guard try cursor.enterObjectOrSkip() else { continue }
                    while let key = try cursor.nextKey() {
                        if key.equals("url"), let url = try cursor.stringOrSkip() {
                            sources.append(url)
                        } else if !key.equals("url") {
                            try cursor.skipValue()
                        }
                    }
                }
            } else if !key.equals("sources") {
                try cursor.skipValue()
            }
        }
    }
}

/// The response object of the last event.
struct ResponsesEnd {
    private(set) var id: JSONString?
    private(set) var model: JSONString?
    private(set) var usage: UnsafeRawBufferPointer?
    /// All items, whole.
    private(set) var output: UnsafeRawBufferPointer?
    private(set) var serviceTier = ServiceTier.standard
    private(set) var reason = StopReason.endTurn
    private(set) var error: UnsafeRawBufferPointer?
    private(set) var webSearches: Int64?

    init(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(bytes)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals("id") {
                id = try cursor.stringOrSkip()
            } else if key.equals("model") {
                model = try cursor.stringOrSkip()
            } else if key.equals("usage"), try cursor.peekKind() == .object {
                usage = cursor.bytes(try cursor.skipValue())
            } else if key.equals("output"), try cursor.peekKind() == .array {
                output = cursor.bytes(try cursor.skipValue())
            } else if key.equals("service_tier") {
                if let tier = try cursor.stringOrSkip() { serviceTier = ServiceTier(tier) }
            } else if key.equals("error"), try cursor.peekKind() == .object {
                error = cursor.bytes(try cursor.skipValue())
            } else if key.equals("incomplete_details") {
                try readIncomplete(&cursor)
            } else if key.equals("tool_usage") {
                try readToolUsage(&cursor)
            } else {
                try cursor.skipValue()
            }
        }
    }

    private mutating func readIncomplete(_ cursor: inout JSONCursor) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return }
        while let key = try cursor.nextKey() {
            guard key.equals("reason"), let why = try cursor.stringOrSkip() else {
                if !key.equals("reason") { try cursor.skipValue() }
                continue
            }
            if why.equals("max_output_tokens") { reason = .maxTokens }
            if why.equals("content_filter") { reason = .refusal }
        }
    }

    private mutating func readToolUsage(_ cursor: inout JSONCursor) throws(JSONError) {
        guard try cursor.enterObjectOrSkip() else { return }
        while let key = try cursor.nextKey() {
            guard key.equals("web_search"), try cursor.peekKind() == .object else {
                try cursor.skipValue()
                continue
            }
            try cursor.enterObject()
            while let key = try cursor.nextKey() {
                if key.equals("num_requests") {
                    guard let count = try cursor.integerOrSkip(), (0...UsageReport.largestCount).contains(count)
                    else { continue }
                    webSearches = count
                } else {
                    try cursor.skipValue()
                }
            }
        }
    }
}
