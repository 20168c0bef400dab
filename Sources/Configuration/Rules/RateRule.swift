/// What a rate or concurrency limit counts.
package enum RateMeasure: Sendable, Equatable {
    /// Requests in any window of so many nanoseconds.
    case requests(window: Int64)
    /// Tokens of all classes in any window of so many nanoseconds.
    case tokens(window: Int64)
    /// Requests at the same time.
    case concurrent
}

/// What happens to a request over the limit.
package enum OnLimit: String, Sendable, CaseIterable {
    case reject
    /// It waits its turn, for `queueTimeout` at most.
    case queue
}

/// A limit on how many requests, or how many tokens, in a sliding window, or at once.
package struct RateRule: Sendable, Equatable {
    package let id: String
    package var when = RuleMatch()
    /// More than 0.
    package var limit: Int64
    package var measure: RateMeasure
    /// As it stands in the configuration: `requests_per_minute`.
    package var unit: String
    package var appliesPer: [ScopeDimension] = []
    package var onLimit = OnLimit.reject
    /// Nanoseconds.
    package var queueTimeout: Int64 = 30_000_000_000
    /// The most that wait for one limiter.
    package var maximumQueue = 100

    /// Nanoseconds; `nil`: what runs at the same time is counted.
    package var window: Int64? {
        switch measure {
        case .requests(let window), .tokens(let window): window
        case .concurrent: nil
        }
    }

    package init(id: String, limit: Int64, measure: RateMeasure, unit: String) {
        self.id = id
        self.limit = limit
        self.measure = measure
        self.unit = unit
    }
}
