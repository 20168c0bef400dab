import Configuration
import Wire

/// `usageMetadata` in our classes: its prompt includes what was read from the cache, its candidates leave out what was thought
/// (T-25). https://ai.google.dev/api/generate-content#UsageMetadata
struct GeminiUsage {
    private var prompt: Int64 = 0
    private var cached: Int64 = 0
    private var toolPrompt: Int64 = 0
    private var candidates: Int64 = 0
    private var thoughts: Int64 = 0
    private var tier = ServiceTier.standard

    /// Throws where the text is no JSON object; counts that cannot be are taken as zero.
    init(_ bytes: UnsafeRawBufferPointer) throws(JSONError) {
        var cursor = JSONCursor(bytes)
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals("promptTokenCount") {
                prompt = try Self.count(&cursor)
            } else if key.equals("cachedContentTokenCount") {
                cached = try Self.count(&cursor)
            } else if key.equals("toolUsePromptTokenCount") {
                toolPrompt = try Self.count(&cursor)
            } else if key.equals("candidatesTokenCount") {
                candidates = try Self.count(&cursor)
            } else if key.equals("thoughtsTokenCount") {
                thoughts = try Self.count(&cursor)
            } else if key.equals("serviceTier") {
                if let name = try cursor.stringOrSkip() { tier = ServiceTier(name) }
            } else if key.equals("trafficType") {
                if let traffic = try cursor.stringOrSkip() { readTraffic(traffic) }
            } else {
                try cursor.skipValue()
            }
        }
    }

    /// Vertex names the tier in this way.
    private mutating func readTraffic(_ traffic: JSONString) {
        if traffic.equals("ON_DEMAND_PRIORITY") { tier = .priority }
        if traffic.equals("ON_DEMAND_FLEX") { tier = .flex }
    }

    var usage: TokenUsage {
        var usage = TokenUsage()
        usage.input = max(0, prompt + toolPrompt - cached)
        usage.cacheRead = min(cached, prompt + toolPrompt)
        usage.output = candidates + thoughts
        usage.thinking = thoughts
        usage.serviceTier = tier
        return usage
    }

    private static func count(_ cursor: inout JSONCursor) throws(JSONError) -> Int64 {
        guard let value = try cursor.integerOrSkip(), (0...UsageReport.largestCount).contains(value) else { return 0 }
        return value
    }
}
