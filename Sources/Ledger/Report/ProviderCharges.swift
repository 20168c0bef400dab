/// What each provider account charged, by day, model and person: a request that several accounts were asked for is told apart by its
/// attempts, so that the sums are those that the accounts' own invoices are about.
package struct ProviderCharges: Sendable {
    package struct Key: Sendable, Hashable {
        /// `YYYY-MM-DD`, UTC.
        package let day: String
        package let user: String
        package let team: String
        package let project: String
        package var provider: String
        /// The model that served, as the provider names it.
        package var model: String
    }

    /// In the order of days, accounts, models, teams, persons, projects.
    package let charges: [(key: Key, sums: CostSums)]

    /// What charges are told apart by besides day, account and model; what is left out is empty.
    package enum Detail: Sendable {
        case persons, teams, accounts

        fileprivate var columns: [String] {
            switch self {
            case .persons: ["user", "team", "project"]
            case .teams: ["team"]
            case .accounts: []
            }
        }

        /// `user`, `team`, `project` in a statement.
        fileprivate var expressions: [String] {
            switch self {
            case .persons: ["user", "team", "project"]
            case .teams: ["''", "team", "''"]
            case .accounts: ["''", "''", "''"]
            }
        }

        fileprivate func key(_ values: [String]) -> Key {
            let named = Array(values[3...])
            return switch self {
            case .persons: Key([values[0], named[0], named[1], named[2], values[1], values[2]])
            case .teams: Key([values[0], "", named[0], "", values[1], values[2]])
            case .accounts: Key([values[0], "", "", "", values[1], values[2]])
            }
        }
    }

    /// What can be chosen: of a request, not of one of its attempts.
    private static let filterable: Set<ReportColumn> = [.team, .user, .project, .key]

    /// - Parameter conditions: as of `ReportQuery`, about `team`, `user`, `project` and `key`.
    package init(
        _ detail: Detail, since: String?, until: String?, where conditions: [String], in directory: DataDirectory,
        now: Int64
    ) throws(LedgerError) {
        let query = try ReportQuery(
            by: ["day", "provider", "model"] + detail.columns, since: since, until: until, where: conditions, now: now)
        for filter in query.filters where !Self.filterable.contains(filter.column) {
            throw .invalidQuery(
                "charges can be chosen by team, user, project and key, not by \(filter.column.name)")
        }
        guard let database = try directory.openDatabaseReadOnly() else {
            charges = []
            return
        }
        try database.execute("BEGIN")
        let report = try Report(query, in: database, now: now)
        var sums: [Key: CostSums] = [:]
        for row in report.rows { try sums[detail.key(row.values), default: CostSums()].add(row.sums) }
        try Self.retried(query, detail, .requests, in: database, since: report.since) { key, part throws(LedgerError) in
            try sums[key, default: CostSums()].subtract(part)
        }
        try Self.retried(query, detail, .attempts, in: database, since: report.since) { key, part throws(LedgerError) in
            try sums[key, default: CostSums()].add(part)
        }
        try database.execute("COMMIT")
        charges = sums.filter { $0.value != CostSums() }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private enum Part { case requests, attempts }

    /// An attempt without a price, which has tokens, counts as unpriced.
    private static func measures(_ part: Part) -> [String] {
        switch part {
        case .requests:
            CostSums.scanExpressions.map { $0 == "1" ? $0 : "requests.\($0)" }
        case .attempts:
            [
                "1", "0", "attempts.estimated",
                "attempts.price_version IS NULL AND attempts.cost_nano_usd = 0 "
                    + "AND attempts.input_tokens + attempts.output_tokens > 0",
            ] + CostSums.columns[4...].map { "attempts.\($0)" }
        }
    }

    /// The requests with several attempts, as they stand in the sums, or their attempts.
    private static func retried(
        _ query: ReportQuery, _ detail: Detail, _ part: Part, in database: Database, since: Int64,
        _ body: (Key, CostSums) throws(LedgerError) -> Void
    ) throws(LedgerError) {
        var parameters: [String] = []
        func parameter(_ value: String) -> String {
            parameters.append(value)
            return "?\(parameters.count)"
        }
        let table = part == .requests ? "requests" : "attempts"
        let measures = Self.measures(part)
        let model = part == .requests ? "requests.model_served" : "attempts.model"
        var conditions = ["requests.attempts > 1"]
        for case let bound? in [
            query.since.map {
                "requests.id >= \(RequestID.first(atUnixMilliseconds: ReportPlan.roundedUp($0)).rawValue)"
            },
            query.until.map {
                "requests.id < \(RequestID.first(atUnixMilliseconds: ReportPlan.roundedUp($0)).rawValue)"
            },
        ] { conditions.append(bound) }
        for filter in query.filters {
            conditions.append(filter.condition("requests." + filter.column.rollupExpression, parameter))
        }
        let join = part == .attempts ? " JOIN attempts ON attempts.request_id = requests.id" : ""
        let day = "date(((requests.id >> 22) + \(RequestID.epochMilliseconds)) / 1000, 'unixepoch')"
        let statement = try database.prepare(
            "SELECT \(day), \(detail.expressions.joined(separator: ", ")), \(table).provider, \(model), "
                + measures.map { "sum(\($0))" }.joined(separator: ", ")
                + " FROM requests INDEXED BY requests_retried\(join) WHERE \(conditions.joined(separator: " AND ")) "
                + "GROUP BY 1, 2, 3, 4, 5, 6")
        for (index, value) in parameters.enumerated() { statement.bind(Int32(index + 1), value) }
        while try statement.step() {
            let key = Key((0..<6).map { statement.text($0) })
            try body(key, CostSums(reading: statement, from: 6))
        }
    }
}

extension ProviderCharges.Key: Comparable {
    fileprivate init(_ values: [String]) {
        self.init(
            day: values[0], user: values[1], team: values[2], project: values[3], provider: values[4],
            model: values[5])
    }

    package static func < (left: Self, right: Self) -> Bool {
        (left.day, left.provider, left.model, left.team, left.user, left.project)
            < (right.day, right.provider, right.model, right.team, right.user, right.project)
    }
}
