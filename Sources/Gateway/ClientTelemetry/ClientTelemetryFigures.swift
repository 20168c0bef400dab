import Telemetry
import Wire

/// Figures of clients' telemetry until they are handed to the exporter, several exports at a time.
struct ClientTelemetryFigures: Sendable {
    private struct Series: Hashable, Sendable {
        let instrument: Instrument
        let labels: Labels
    }
    private var sums: [Series: Int64] = [:]

    mutating func add(_ instrument: Instrument, _ value: Int64, _ labels: Labels) {
        if value > 0 { sums[Series(instrument: instrument, labels: labels), default: 0].add(saturating: value) }
    }

    /// An activity as dashboards show it, by user and team.
    mutating func add(_ measure: ClientActivity.Measure, _ amount: Int64, _ stamp: ClientStamp) {
        let whose = Labels().adding("user.id", stamp.user).adding("tollgate.team", stamp.team)
        switch measure {
        case .sessions: add(.claudeSessions, amount, whose)
        case .commits: add(.claudeCommits, amount, whose)
        case .pullRequests: add(.claudePullRequests, amount, whose)
        case .linesAdded: add(.claudeLines, amount, whose.adding("type", "added"))
        case .linesRemoved: add(.claudeLines, amount, whose.adding("type", "removed"))
        case .editsAccepted: add(.claudeEdits, amount, whose.adding("decision", "accept"))
        case .editsRejected: add(.claudeEdits, amount, whose.adding("decision", "reject"))
        case .activeUser: add(.claudeActiveTime, amount, whose.adding("type", "user"))
        case .activeClient: add(.claudeActiveTime, amount, whose.adding("type", "cli"))
        case .cost: add(.claudeCost, amount, whose)
        default: return
        }
    }

    var isEmpty: Bool { sums.isEmpty }

    func write(to shard: inout MetricShard) {
        for (series, value) in sums { shard.add(series.instrument, value, series.labels) }
    }
}
