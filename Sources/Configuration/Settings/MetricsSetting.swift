/// `telemetry.metrics`: what metrics are told apart by, how often they are sent, and who may fetch them.
package struct MetricsSetting: Sendable {
    /// A property of requests that may become a label: each of its values is a series of its own.
    package enum Label: Sendable, Equatable {
        case team, user, project, key, virtualAccount
        /// A tag of the request's metadata.
        case tag(String)
    }

    package enum Temporality: String, Sendable, CaseIterable {
        case cumulative, delta
    }

    package var labels: [Label] = [.team, .user, .project]
    /// Label sets of each instrument.
    package var seriesLimit: Int?
    /// Nanoseconds between exports by OTLP.
    package var interval: Int64?
    package var temporality: Temporality?
    package var prometheus = PrometheusSetting()

    package init() {}
}

/// `telemetry.metrics.prometheus`: `GET /metrics`.
package struct PrometheusSetting: Sendable {
    package var isEnabled = true
    /// What others than this host must show; `nil`: they get nothing.
    package var token: Secret?

    package init() {}
}

extension MetricsSetting.Label {
    /// As it stands in the file; `nil` for anything else.
    init?(name: String) {
        switch name {
        case "team": self = .team
        case "user": self = .user
        case "project": self = .project
        case "key": self = .key
        case "virtual_account": self = .virtualAccount
        default:
            let prefix = "metadata."
            guard name.hasPrefix(prefix), name.utf8.count > prefix.utf8.count else { return nil }
            self = .tag(String(name.dropFirst(prefix.count)))
        }
    }
}
