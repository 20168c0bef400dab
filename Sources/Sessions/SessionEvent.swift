import Wire

/// What comes of watching a session.
package enum SessionEvent: Sendable {
    case span(SessionSpan)
    /// A tool's call that has ended, or of which more is known than before.
    case tool(ToolRun)
}

/// A tool's call from the answer that asked for it to the request that brought its result.
package struct ToolRun: Sendable, Equatable {
    package var sessionID: String
    /// The subagent that called it; empty: the main conversation.
    package var agentID: String
    /// The request whose answer asked for it.
    package var requestID: Int64
    /// `tool_use.id`.
    package var id: String
    package var name: String
    /// Unix nanoseconds.
    package var startedAt: Int64
    /// `nil`: no result has come, and none is expected any more.
    package var endedAt: Int64?
    /// Milliseconds that the client says it ran, without waiting for a permission.
    package var reported: Int64?
    package var isError = false
    /// Of the result.
    package var bytes = 0
    /// The subagent that it started.
    package var spawned = ""
    /// It was told before, when less was known.
    package var isToldAgain = false

    package var duration: Int64? { endedAt.map { max(0, $0 - startedAt) } }
}

/// A span that is no request: a prompt with all that came of it, a subagent's work, a tool's call.
package struct SessionSpan: Sendable {
    package enum Detail: Sendable {
        case prompt(end: PromptEnd, agents: Int, previous: PromptPlace?, marks: [CompactionMark])
        case agent(id: String, type: String)
        case tool(ToolRun)
    }

    package var place: PromptPlace
    package var span: SpanID
    package var parent: SpanID?
    /// Unix nanoseconds.
    package var begin: Int64
    package var end: Int64
    package var isError = false
    package var sessionID: String
    package var user: String
    package var team: String
    package var project: String
    /// Of a prompt or an agent.
    package var totals = SessionTotals()
    package var detail: Detail
}

/// Why a prompt is taken to be over.
package enum PromptEnd: String, Sendable {
    /// The model said its last word, and nothing more came.
    case answered
    /// The model could not be asked, and the client did not try again.
    case failed
    /// The next prompt began.
    case next
    /// Nothing came for long.
    case idle
    /// The gateway stopped.
    case shutdown
}

/// What a conversation was summed up from, or to.
package struct CompactionMark: Sendable, Equatable {
    package enum Kind: String, Sendable {
        /// The request that sums up.
        case summary
        /// The first request after it.
        case compacted
        /// Nobody said so, but the context is far smaller than it was.
        case shrunk
    }

    package var kind: Kind
    /// Unix nanoseconds.
    package var at: Int64
    /// `auto`, `manual`, `reactive`; empty: the client does not say.
    package var trigger: String
    /// Tokens of the context.
    package var context: Int64
}

/// What model calls came to.
package struct SessionTotals: Sendable, Equatable {
    package var calls: Int64 = 0
    package var errors: Int64 = 0
    package var tools: Int64 = 0
    package var input: Int64 = 0
    package var cacheRead: Int64 = 0
    package var cacheWrite: Int64 = 0
    package var output: Int64 = 0
    package var costNanoUSD: Int64 = 0

    package init() {}

    mutating func add(_ call: ModelCall) {
        calls += 1
        tools += Int64(call.toolUses.count)
        if call.isRefused || call.status >= 400 { errors += 1 }
        input = input.addingSaturated(call.input)
        cacheRead = cacheRead.addingSaturated(call.cacheRead)
        cacheWrite = cacheWrite.addingSaturated(call.cacheWrite5m.addingSaturated(call.cacheWrite1h))
        output = output.addingSaturated(call.output)
        costNanoUSD = costNanoUSD.addingSaturated(call.costNanoUSD)
    }
}
