import Wire

/// One request to a model as its session sees it, once it has ended: what it was, what it cost, which tools it called for.
package struct ModelCall: Sendable {
    // Ids: of the row (`RequestID.rawValue`), of the trace, of our SERVER span and of the last attempt's CLIENT span.
    package var requestID: Int64
    package var traceID: TraceID
    package var serverSpan: SpanID
    package var clientSpan: SpanID?
    package var isSampled = true

    /// Unix nanoseconds.
    package var startedAt: Int64
    package var firstByteAt: Int64?
    package var endedAt: Int64

    // As the client says; empty: it does not.
    package var sessionID = ""
    package var agentID = ""
    package var parentAgentID = ""
    package var agentType = ""
    package var requestClass = ""
    /// `auto`, `manual`, `reactive`: this request is the one that sums the conversation up.
    package var compaction = ""
    /// The same words, on the first request after it.
    package var contextCompacted = ""
    /// `Bash=742;Read=9`, milliseconds.
    package var toolDurations = ""

    package var user = ""
    package var team = ""
    package var project = ""

    /// As the upstream knows it.
    package var model = ""
    package var provider = ""
    package var status = 0
    package var stopReason = ""

    package var input: Int64 = 0
    package var cacheWrite5m: Int64 = 0
    package var cacheWrite1h: Int64 = 0
    package var cacheRead: Int64 = 0
    package var output: Int64 = 0
    package var costNanoUSD: Int64 = 0
    /// The counts of tokens are not the provider's, or not all of them.
    package var isEstimated = false
    /// Nano-dollars for a million tokens at the time, for what a miss costs; `nil`: unpriced.
    package var rates: CacheRates?

    /// The prompt whose trace it is in, where that is ours; `nil`: the client has a trace of its own, or wants none.
    package var place: PromptPlace?
    /// It helps: a title, a search, a sum of the conversation; no turn of any.
    package var isHelping = false
    /// It was refused by the gateway: no model was asked.
    package var isRefused = false
    package var toolUses: [ToolUse] = []
    package var conversation = Conversation()

    package init(requestID: Int64, traceID: TraceID, serverSpan: SpanID, startedAt: Int64, endedAt: Int64) {
        self.requestID = requestID
        self.traceID = traceID
        self.serverSpan = serverSpan
        self.startedAt = startedAt
        self.endedAt = endedAt
    }
}

/// A model call as loops hand it on: one reference, where a call itself has a dozen texts to be counted whenever it is copied.
package final class EndedCall: Sendable {
    package let call: ModelCall

    package init(_ call: consuming ModelCall) { self.call = call }
}

/// What cached and uncached input costs, nano-dollars for a million tokens.
package struct CacheRates: Sendable, Equatable {
    package var input: Int64
    package var cacheRead: Int64
    package var cacheWrite5m: Int64
    package var cacheWrite1h: Int64

    package init(input: Int64, cacheRead: Int64, cacheWrite5m: Int64, cacheWrite1h: Int64) {
        self.input = input
        self.cacheRead = cacheRead
        self.cacheWrite5m = cacheWrite5m
        self.cacheWrite1h = cacheWrite1h
    }
}

/// A tool that an answer called for.
package struct ToolUse: Sendable, Equatable {
    /// `tool_use.id`.
    package var id: String
    package var name: String
    /// When it had gone out whole to the client, Unix nanoseconds.
    package var at: Int64

    package init(id: String, name: String, at: Int64) {
        self.id = id
        self.name = name
        self.at = at
    }
}
