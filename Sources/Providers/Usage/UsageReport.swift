import Wire

/// One usage object of the Messages API as it was sent: what it does not say is `nil`.
/// https://platform.claude.com/docs/en/api/messages (usage); beta fields by their names in the API reference.
struct UsageReport: Equatable {
    var input: Int64?
    var output: Int64?
    /// A part of `output`: `output_tokens_details.thinking_tokens`.
    var reasoning: Int64?
    var cacheRead: Int64?
    var cacheWrite: Int64?
    var cacheWrite5m: Int64?
    var cacheWrite1h: Int64?
    var webSearchRequests: Int64?
    var webFetchRequests: Int64?
    var isFast: Bool?
    var isUS: Bool?
    /// Tokens of compaction steps, which the top-level numbers leave out.
    var compaction: Compaction?
    /// What other models used on behalf of this one, which the top-level numbers leave out as well.
    var advice: [AdvisorUsage]?
    /// Counts that cannot be: negative, larger than any context, or no number.
    var refused = 0

    struct Compaction: Equatable {
        var input: Int64 = 0
        var output: Int64 = 0
        var cacheRead: Int64 = 0
        var cacheWrite5m: Int64 = 0
        var cacheWrite1h: Int64 = 0
    }

    /// More tokens than this in one request are a mistake.
    static let largestCount: Int64 = 1 << 40

    /// Reads a usage object.
    init(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(bytes)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals("input_tokens") {
                try count(&cursor, into: \.input)
            } else if key.equals("output_tokens") {
                try count(&cursor, into: \.output)
            } else if key.equals("cache_read_input_tokens") {
                try count(&cursor, into: \.cacheRead)
            } else if key.equals("cache_creation_input_tokens") {
                try count(&cursor, into: \.cacheWrite)
            } else if key.equals("cache_creation") {
                try readCacheCreation(&cursor)
            } else if key.equals("output_tokens_details") {
                try readOutputDetails(&cursor)
            } else if key.equals("server_tool_use") {
                try readServerTools(&cursor)
            } else if key.equals("speed") {
                isFast = try text(&cursor, is: "fast")
            } else if key.equals("inference_geo") {
                isUS = try text(&cursor, is: "us")
            } else if key.equals("iterations") {
                try readIterations(&cursor, bytes)
            } else {
                _ = try cursor.skipValue()
            }
        }
    }

    private mutating func count(
        _ cursor: inout JSONCursor, into field: WritableKeyPath<UsageReport, Int64?>
    ) throws(JSONError) {
        let kind = try cursor.peekKind()
        guard kind == .number else {
            if kind != .null { refused += 1 }
            _ = try cursor.skipValue()
            return
        }
        guard let value = try cursor.readNumber().int64, (0...Self.largestCount).contains(value) else {
            refused += 1
            return
        }
        self[keyPath: field] = value
    }

    /// `nil` for null or anything that is no string.
    private func text(_ cursor: inout JSONCursor, is expected: StaticString) throws(JSONError) -> Bool? {
        guard try cursor.peekKind() == .string else {
            _ = try cursor.skipValue()
            return nil
        }
        return try cursor.readString().equals(expected)
    }

    private mutating func readCacheCreation(_ cursor: inout JSONCursor) throws(JSONError) {
        try forEachMember(&cursor) { (report, key, cursor) throws(JSONError) in
            if key.equals("ephemeral_5m_input_tokens") {
                try report.count(&cursor, into: \.cacheWrite5m)
            } else if key.equals("ephemeral_1h_input_tokens") {
                try report.count(&cursor, into: \.cacheWrite1h)
            } else {
                _ = try cursor.skipValue()
            }
        }
    }

    private mutating func readOutputDetails(_ cursor: inout JSONCursor) throws(JSONError) {
        try forEachMember(&cursor) { (report, key, cursor) throws(JSONError) in
            if key.equals("thinking_tokens") {
                try report.count(&cursor, into: \.reasoning)
            } else {
                _ = try cursor.skipValue()
            }
        }
    }

    private mutating func readServerTools(_ cursor: inout JSONCursor) throws(JSONError) {
        try forEachMember(&cursor) { (report, key, cursor) throws(JSONError) in
            if key.equals("web_search_requests") {
                try report.count(&cursor, into: \.webSearchRequests)
            } else if key.equals("web_fetch_requests") {
                try report.count(&cursor, into: \.webFetchRequests)
            } else {
                _ = try cursor.skipValue()
            }
        }
    }

    private mutating func forEachMember(
        _ cursor: inout JSONCursor,
        _ body: (inout UsageReport, JSONString, inout JSONCursor) throws(JSONError) -> Void
    ) throws(JSONError) {
        guard try cursor.peekKind() == .object else {
            _ = try cursor.skipValue()
            return
        }
        try cursor.enterObject()
        while let key = try cursor.nextKey() { try body(&self, key, &cursor) }
    }

    private mutating func readIterations(
        _ cursor: inout JSONCursor, _ bytes: UnsafeRawBufferPointer
    ) throws(JSONError) {
        guard try cursor.peekKind() == .array else {
            _ = try cursor.skipValue()
            return
        }
        var sum = Compaction(), advice: [AdvisorUsage] = []
        try cursor.enterArray()
        while try cursor.nextElement() {
            let step = bytes.slice(try cursor.skipValue())
            let (type, model) = try Self.kind(ofStep: step)
            guard let type, type.equals("compaction") || type.equals("advisor_message") else { continue }
            let report = try UsageReport(step)
            refused += report.refused
            if type.equals("compaction") {
                sum.add(report)
            } else {
                // A name that nobody can read has no price: then that of the model asked counts, as an estimate.
                let name = model.flatMap { $0.bytes.count <= 256 ? try? $0.decoded() : nil }
                advice.append(AdvisorUsage(model: name ?? "", usage: report.tokens))
            }
        }
        compaction = sum
        self.advice = advice
    }

    /// Writes to the cache by how long they live. The sum of writes may be larger than its split says, or come alone: the rest
    /// was written for five minutes.
    var cacheWrites: (fiveMinutes: Int64, oneHour: Int64) {
        let long = cacheWrite1h ?? 0, split = (cacheWrite5m ?? 0) + long
        return ((cacheWrite5m ?? 0) + max(0, (cacheWrite ?? split) - split), long)
    }

    private static func kind(
        ofStep bytes: UnsafeRawBufferPointer
    ) throws(JSONError) -> (type: JSONString?, model: JSONString?) {
        var cursor = JSONCursor(bytes), type: JSONString?, model: JSONString?
        guard try cursor.enterObjectOrSkip() else { return (nil, nil) }
        while let key = try cursor.nextKey() {
            if key.equals("type") {
                type = try cursor.stringOrSkip()
            } else if key.equals("model") {
                model = try cursor.stringOrSkip()
            } else {
                try cursor.skipValue()
            }
        }
        return (type, model)
    }

    /// The numbers in our classes; what is not said is zero.
    var tokens: TokenUsage {
        var usage = TokenUsage()
        usage.input = input ?? 0
        usage.output = output ?? 0
        usage.thinking = reasoning ?? 0
        usage.cacheRead = cacheRead ?? 0
        (usage.cacheWrite5m, usage.cacheWrite1h) = cacheWrites
        usage.webSearchRequests = webSearchRequests ?? 0
        usage.webFetchRequests = webFetchRequests ?? 0
        usage.isFast = isFast ?? false
        usage.isUS = isUS ?? false
        return usage
    }
}

extension UsageReport.Compaction {
    /// Sums stay within the bound of a single count.
    mutating func add(_ step: UsageReport) {
        func sum(_ count: Int64, _ more: Int64) -> Int64 { min(count + more, UsageReport.largestCount) }
        input = sum(input, step.input ?? 0)
        output = sum(output, step.output ?? 0)
        cacheRead = sum(cacheRead, step.cacheRead ?? 0)
        cacheWrite5m = sum(cacheWrite5m, step.cacheWrites.fiveMinutes)
        cacheWrite1h = sum(cacheWrite1h, step.cacheWrites.oneHour)
    }
}
