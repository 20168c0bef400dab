import Wire

/// The usage object of Converse, in our classes: its input excludes what the cache has, as ours does.
/// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html
struct ConverseUsage {
    private var input: Int64 = 0
    private var output: Int64 = 0
    private var cacheRead: Int64 = 0
    private var cacheWrite: Int64 = 0
    /// Of the writes, those that live an hour.
    private var cacheWrite1h: Int64 = 0

    /// Throws where the text is no JSON object; counts that cannot be are taken as zero.
    init(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(bytes)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals("inputTokens") {
                input = try Self.count(&cursor)
            } else if key.equals("outputTokens") {
                output = try Self.count(&cursor)
            } else if key.equals("cacheReadInputTokens") {
                cacheRead = try Self.count(&cursor)
            } else if key.equals("cacheWriteInputTokens") {
                cacheWrite = try Self.count(&cursor)
            } else if key.equals("cacheDetails") {
                try readDetails(&cursor)
            } else {
                try cursor.skipValue()
            }
        }
    }

    var usage: TokenUsage {
        var usage = TokenUsage()
        usage.input = input
        usage.output = output
        usage.cacheRead = cacheRead
        usage.cacheWrite1h = min(cacheWrite1h, cacheWrite)
        usage.cacheWrite5m = cacheWrite - usage.cacheWrite1h
        return usage
    }

    private static func count(_ cursor: inout JSONCursor) throws(JSONError) -> Int64 {
        guard let value = try cursor.integerOrSkip(), (0...UsageReport.largestCount).contains(value) else { return 0 }
        return value
    }

    private mutating func readDetails(_ cursor: inout JSONCursor) throws(JSONError) {
        guard try cursor.enterArrayOrSkip() else { return }
        while try cursor.nextElement() {
            guard try cursor.enterObjectOrSkip() else { continue }
            var isLong = false
            var tokens: Int64 = 0
            while let key = try cursor.nextKey() {
                if key.equals("ttl") {
                    isLong = try cursor.stringOrSkip().map { $0.equals("1h") } ?? false
                } else if key.equals("inputTokens") {
                    tokens = try Self.count(&cursor)
                } else {
                    try cursor.skipValue()
                }
            }
            if isLong { cacheWrite1h = min(cacheWrite1h + tokens, UsageReport.largestCount) }
        }
    }
}
