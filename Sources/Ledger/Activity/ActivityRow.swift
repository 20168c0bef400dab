/// What is counted of a developer's work; the names are those of the columns.
package enum ActivityMeasure: String, CaseIterable, Sendable {
    case sessions, commits
    case pullRequests = "pull_requests"
    case linesAdded = "lines_added"
    case linesRemoved = "lines_removed"
    /// Edits that the developer let pass or turned down.
    case editsAccepted = "edits_accepted"
    case editsRejected = "edits_rejected"
    /// Milliseconds in which the developer typed or read, and in which the client worked.
    case activeUser = "active_user_ms"
    case activeClient = "active_cli_ms"
    /// The client's own estimate of what it cost.
    case clientCost = "client_cost_nano_usd"
    case inputTokens = "client_input_tokens"
    case outputTokens = "client_output_tokens"
    case cacheReadTokens = "client_cache_read_tokens"
    case cacheCreationTokens = "client_cache_creation_tokens"
    case prompts
    case toolCalls = "tool_calls"
    case toolErrors = "tool_errors"

    /// Its place in `ActivityCounts`.
    var index: Int {
        guard let index = Self.allCases.firstIndex(of: self) else { preconditionFailure("a case of its own enum") }
        return index
    }
}

/// A number for each measure.
package struct ActivityCounts: Sendable, Equatable {
    private(set) var values = [Int64](repeating: 0, count: ActivityMeasure.allCases.count)

    package init() {}

    package subscript(_ measure: ActivityMeasure) -> Int64 { values[measure.index] }

    /// Adds, and stays at the largest number there is.
    package mutating func add(_ amount: Int64, to measure: ActivityMeasure) { add(amount, at: measure.index) }

    package mutating func add(_ other: ActivityCounts) {
        for (index, amount) in other.values.enumerated() { add(amount, at: index) }
    }

    mutating func add(_ amount: Int64, at index: Int) {
        let (sum, overflow) = values[index].addingReportingOverflow(amount)
        values[index] = overflow ? .max : sum
    }
}

/// Whose work, on which day.
package struct ActivityKey: Sendable, Hashable {
    /// Days since 1970, in UTC.
    package let day: Int
    package let user: String
    package let team: String
    package let keyID: String
    package let project: String

    package init(day: Int, user: String, team: String, keyID: String, project: String) {
        self.day = day
        self.user = user
        self.team = team
        self.keyID = keyID
        self.project = project
    }
}

/// What is to be added for a key.
package struct ActivityRow: Sendable, Equatable {
    package let key: ActivityKey
    package var counts: ActivityCounts

    package init(key: ActivityKey, counts: ActivityCounts) {
        self.key = key
        self.counts = counts
    }
}
