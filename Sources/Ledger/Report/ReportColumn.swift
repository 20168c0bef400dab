/// What a report can group and filter by.
package enum ReportColumn: Sendable, Hashable {
    case team, user, model, modelRequested, provider, key, project, operation, outcome
    case session, agent, clientVersion, entrypoint, groups, virtualAccount
    case day, week, month
    /// A tag of the request's metadata.
    case metadata(String)

    private static let named: [ReportColumn] = [
        .team, .user, .model, .modelRequested, .provider, .key, .project, .operation, .outcome, .session, .agent,
        .clientVersion, .entrypoint, .groups, .virtualAccount, .day, .week, .month,
    ]

    /// The names that `init(_:)` knows, for messages.
    package static var names: String {
        (named.map(\.name) + ["metadata.<tag>"]).joined(separator: ", ")
    }

    /// Those that sums by day have.
    static var rollupNames: String { named.filter(\.isInRollup).map(\.name).joined(separator: ", ") }

    /// The column with this name. Throws `invalidQuery` naming the known ones.
    package init(_ name: String) throws(LedgerError) {
        if let column = Self.named.first(where: { $0.name == name }) {
            self = column
            return
        }
        guard name.hasPrefix("metadata.") else {
            throw .invalidQuery("there is no column `\(name)`; there are \(Self.names)")
        }
        let tag = String(name.dropFirst("metadata.".count))
        // The tag becomes part of a JSON path, where it stands in quotes that cannot be escaped.
        guard !tag.isEmpty, !tag.contains("\"") else {
            throw .invalidQuery("`\(name)` names no metadata tag")
        }
        self = .metadata(tag)
    }

    /// The name on the command line and in the results.
    package var name: String {
        switch self {
        case .team: "team"
        case .user: "user"
        case .model: "model"
        case .modelRequested: "model_requested"
        case .provider: "provider"
        case .key: "key"
        case .project: "project"
        case .operation: "operation"
        case .outcome: "outcome"
        case .session: "session"
        case .agent: "agent"
        case .clientVersion: "client_version"
        case .entrypoint: "entrypoint"
        case .groups: "groups"
        case .virtualAccount: "virtual_account"
        case .day: "day"
        case .week: "week"
        case .month: "month"
        case .metadata(let tag): "metadata.\(tag)"
        }
    }

    /// Days, weeks and months are all grouped by day in the database and put together afterwards.
    var isTime: Bool {
        switch self {
        case .day, .week, .month: true
        default: false
        }
    }

    /// Whether `daily_costs` knows it.
    var isInRollup: Bool {
        switch self {
        case .team, .user, .model, .modelRequested, .provider, .key, .project, .operation, .outcome, .day, .week,
            .month, .clientVersion, .entrypoint, .groups, .virtualAccount:
            true
        case .session, .agent, .metadata:
            false
        }
    }

    /// Whether `monthly_costs` knows it, too.
    var isInMonths: Bool {
        switch self {
        case .day, .week, .clientVersion, .entrypoint, .groups, .virtualAccount: false
        default: isInRollup
        }
    }

    /// The expression for it in a scan of `requests`; a tag's path is a parameter.
    func scanExpression(_ parameter: (String) -> String) -> String {
        switch self {
        case .day, .week, .month:
            "date(((id >> 22) + \(RequestID.epochMilliseconds)) / 1000, 'unixepoch')"
        case .metadata(let tag):
            "ifnull(CASE WHEN json_valid(metadata) THEN "
                + "CAST(json_extract(metadata, \(parameter("$.\"\(tag)\""))) AS TEXT) END, '')"
        default:
            rollupExpression
        }
    }

    /// The column of `daily_costs`, which for texts has the same name in `requests`.
    var rollupExpression: String {
        switch self {
        case .team: "team"
        case .user: "user"
        case .model: "model_served"
        case .modelRequested: "model_requested"
        case .provider: "provider"
        case .key: "key_id"
        case .project: "project"
        case .operation: "operation"
        case .outcome: "outcome"
        case .session: "session_id"
        case .agent: "agent_id"
        case .clientVersion: "client_version"
        case .entrypoint: "entrypoint"
        case .groups: "groups"
        case .virtualAccount: "virtual_account"
        case .day, .week, .month: "day"
        case .metadata: preconditionFailure("metadata is not in the roll-up")
        }
    }
}
