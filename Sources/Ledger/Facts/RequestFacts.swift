/// What is known of a request when it is about to be dispatched. Limits of the texts: `TextField.limit`.
package struct RequestFacts {
    /// The request's id; its time decides the day it is reported under.
    package var id: RequestID
    /// When the request came in, Unix nanoseconds; the same reading that the id was made from.
    package var startedAt: Int64
    package var operation = Operation.messages
    /// Whether the client asked for a stream.
    package var streamed = false
    /// Bytes of the request's body.
    package var bytesIn: Int64 = 0
    /// The trace id's halves, big-endian order, and the server span's id; zero if untraced.
    package var traceHigh: UInt64 = 0
    package var traceLow: UInt64 = 0
    package var spanID: UInt64 = 0
    /// What the request is charged with if Tollgate dies before it ends.
    package var estimate = UsageEstimate()

    package var user = FactText.none
    package var team = FactText.none
    /// The groups that count for rules, with commas between. Too many are cut between two of them.
    package var groups = FactText.none
    /// The service account in place of a person.
    package var virtualAccount = FactText.none
    package var keyID = FactText.none
    package var sessionID = FactText.none
    package var agentID = FactText.none
    package var parentAgentID = FactText.none
    package var agentType = FactText.none
    package var requestClass = FactText.none
    package var promptID = FactText.none
    package var toolDurations = FactText.none
    package var project = FactText.none
    /// A JSON object of strings. Left out as a whole (and the row marked `truncated`) beyond its limit.
    package var metadata = FactText.none
    package var modelRequested = FactText.none
    package var clientVersion = FactText.none
    package var entrypoint = FactText.none

    package init(id: RequestID, startedAt: Int64) {
        self.id = id
        self.startedAt = startedAt
    }
}

/// What is known of a request when it has ended.
package struct RequestOutcome {
    package var outcome: Outcome
    /// The status sent to the client; 0 if none was.
    package var status: Int32
    /// From the request's arrival to its end, and to the first byte of the answer (`nil`: there was none), nanoseconds.
    package var duration: Int64
    package var timeToFirstByte: Int64?
    /// Bytes of the answer's body.
    package var bytesOut: Int64 = 0
    /// All attempts together.
    package var usage = UsageCounts()
    package var costNanoUSD: Int64 = 0
    /// The model has no price: the cost is unknown, not zero.
    package var unpriced = false
    /// Some of the usage was estimated because the upstream did not report it.
    package var estimated = false
    /// The model that answered; `none` keeps the last attempt's.
    package var modelServed = FactText.none
    package var stopReason = FactText.none
    package var errorType = FactText.none
    package var upstreamRequestID = FactText.none
    /// The upstream's own usage object, JSON. Left out as a whole (and the row marked `truncated`) beyond its limit.
    package var rawUsage = FactText.none

    package init(outcome: Outcome, status: Int32, duration: Int64, timeToFirstByte: Int64? = nil) {
        self.outcome = outcome
        self.status = status
        self.duration = duration
        self.timeToFirstByte = timeToFirstByte
    }
}
