/// What is known of an attempt before its first byte is sent to an upstream.
package struct AttemptFacts {
    /// Unix nanoseconds.
    package var startedAt: Int64
    /// The client span's id; zero if untraced.
    package var spanID: UInt64 = 0
    /// The provider account's name, its kind, the upstream's name of the model, the version of its price.
    /// The request's row takes over those of the last attempt.
    package var provider = FactText.none
    package var providerKind = FactText.none
    package var model = FactText.none
    package var priceVersion = FactText.none
    /// The place of its reservation in the order of all budget decisions; 0 if nothing was reserved.
    package var admission: Int64 = 0
    /// What was reserved, account by account, in the words of whoever reserved it. Left out as a whole (and the row
    /// marked `truncated`) beyond `JournalLimits.holdsBytes`.
    package var holds = FactText.none

    package init(startedAt: Int64) {
        self.startedAt = startedAt
    }
}

/// How an attempt ended.
package struct AttemptOutcome {
    package var outcome: Outcome
    /// The upstream's status; 0 if it gave none.
    package var status: Int32
    /// From the start to the end, and to the first byte of the answer (`nil`: there was none), nanoseconds.
    package var duration: Int64
    package var timeToFirstByte: Int64?
    package var usage = UsageCounts()
    package var costNanoUSD: Int64 = 0
    /// The place of its settlement in the order of all budget decisions; 0 if nothing was settled.
    package var settlement: Int64 = 0
    /// Some of the usage was estimated because the upstream did not report it.
    package var estimated = false
    /// The attempt went over a connection that had served before.
    package var reusedConnection = false
    package var upstreamRequestID = FactText.none
    package var errorType = FactText.none

    package init(outcome: Outcome, status: Int32, duration: Int64, timeToFirstByte: Int64? = nil) {
        self.outcome = outcome
        self.status = status
        self.duration = duration
        self.timeToFirstByte = timeToFirstByte
    }
}
