import Wire

/// What each provider account charged, by day, model and person: a request that several accounts were asked for is told apart by its
/// attempts, so that the sums are those that the accounts' own invoices are about.
package struct ProviderCharges: Sendable {
    package struct Key: Sendable, Hashable {
        /// `YYYY-MM-DD`, UTC; of teams the last day of their piece of time.
        package let day: String
        package let user: String
        package let team: String
        package let project: String
        package let provider: String
        /// The model that served, as the provider names it.
        package let model: String
        /// Asked for by a subagent; told apart for `teams` only.
        package var isSubagent = false
    }

    package struct Charge: Sendable, Equatable {
        package let key: Key
        package let sums: CostSums
        /// Tokens that were written to the cache again after a pause, see `CachePauses`; told for `teams` only.
        package var rewritten: Int64 = 0
    }

    /// In the order of days, accounts, models, teams, persons, projects.
    package private(set) var charges: [Charge] = []

    /// What charges are told apart by besides account and model; what is left out is empty.
    package enum Detail: Sendable, Equatable {
        case persons, accounts
        /// Not by day, but by the pieces of time between the days of these moments (Unix nanoseconds): from months, a year takes no time.
        case teams(cuts: Set<Int64>)

        fileprivate var tellsSubagentsApart: Bool {
            if case .teams = self { true } else { false }
        }

        /// `day`, `team`, `user`, `project` in a statement.
        fileprivate var expressions: [String] {
            switch self {
            case .persons: ["day", "team", "user", "project"]
            case .accounts: ["day", "''", "''", "''"]
            case .teams: ["''", "team", "''", "''"]
            }
        }
    }

    /// What can be chosen: of a request, not of one of its attempts.
    private static let filterable: Set<ReportColumn> = [.team, .user, .project, .key]

    /// - Parameters:
    ///   - provider: only of this account; `nil`: of all.
    ///   - conditions: as of `ReportQuery`, about `team`, `user`, `project` and `key`.
    ///   - usingRollup: `false` reads every row, for the test that it makes no difference.
    package init(
        _ detail: Detail, of provider: String? = nil, since: String?, until: String?, where conditions: [String],
        in directory: DataDirectory, now: Int64, usingRollup: Bool = true
    ) throws(LedgerError) {
        var by = ["day"], cuts: Set<Int64> = []
        if case .teams(let moments) = detail { (by, cuts) = ([], moments) }
        let query = try ReportQuery(by: by, since: since, until: until, where: conditions, now: now)
        for filter in query.filters where !Self.filterable.contains(filter.column) {
            throw .invalidQuery(
                "charges can be chosen by team, user, project and key, not by \(filter.column.name)")
        }
        guard let database = try directory.openDatabaseReadOnly() else { return }
        try database.execute("BEGIN")
        for piece in query.cut(at: cuts) {
            let last = CivilDate(unixNanoseconds: max(piece.since ?? 0, (piece.until ?? now) - 1)).text
            try read(piece, detail, of: provider, endingOn: last, database, usingRollup)
        }
        try database.execute("COMMIT")
    }

    private mutating func read(
        _ query: ReportQuery, _ detail: Detail, of provider: String?, endingOn last: String, _ database: Database,
        _ usingRollup: Bool
    ) throws(LedgerError) {
        var parameters: [String] = []
        func parameter(_ value: String) -> String {
            parameters.append(value)
            return "?\(parameters.count)"
        }
        var parts: [String] = []
        let plan = try ReportPlan(query, monthsBefore: MonthlyRollup.end(database), usingRollup: usingRollup)
        for source in plan.sources {
            let (requests, retried) = Self.tables(source)
            for (table, bounds) in [requests, retried] {
                let conditions =
                    bounds(parameter) + (provider.map { ["provider = \(parameter($0))"] } ?? [])
                    + query.filters.map { $0.condition($0.column.rollupExpression, parameter) }
                let measures = table == "requests" ? RollupSums.scanExpressions : RollupSums.columns
                let day = table == "requests" ? ReportColumn.day.scanExpression(parameter) : "day"
                let named = zip(measures, RollupSums.columns).map { "\($0) AS \($1)" }
                parts.append(
                    "SELECT \(day) AS day, user, team, project, provider, model_served, \(named.joined(separator: ", ")) "
                        + "FROM \(table)"
                        + (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")))
            }
        }
        let named = detail.expressions
        let groups = [named[0], "provider", "model_served"] + named[1...]
        let places = (1...groups.count).map(String.init).joined(separator: ", ")
        let statement = try database.prepare(
            "SELECT \(groups.joined(separator: ", ")), \(RollupSums.columns.map { "sum(\($0))" }.joined(separator: ", ")) "
                + "FROM (\(parts.joined(separator: " UNION ALL "))) GROUP BY \(places) ORDER BY \(places)")
        for (index, value) in parameters.enumerated() { statement.bind(Int32(index + 1), value) }
        while try statement.step() {
            let sums = RollupSums(reading: statement, from: 6)
            let day = statement.text(0)
            let key = Key(
                day: day.isEmpty ? last : day, user: statement.text(4), team: statement.text(3),
                project: statement.text(5), provider: statement.text(1), model: statement.text(2))
            append(sums, key, tellingSubagentsApart: detail.tellsSubagentsApart)
        }
    }

    private mutating func append(_ sums: RollupSums, _ key: Key, tellingSubagentsApart: Bool) {
        func append(_ sums: CostSums, _ rewritten: Int64, isSubagent: Bool = false) {
            guard sums != CostSums() else { return }
            var key = key
            key.isSubagent = isSubagent
            charges.append(Charge(key: key, sums: sums, rewritten: rewritten))
        }
        guard tellingSubagentsApart else { return append(sums.all, 0) }
        let others = sums.others
        append(others.sums, others.rewritten)
        append(sums.subagents, sums.subagentsRewritten, isSubagent: true)
    }

    private typealias Bounds = (_ parameter: (String) -> String) -> [String]

    /// Where the requests of a source are, and what their attempts differ by.
    private static func tables(
        _ source: ReportPlan.Source
    ) -> (requests: (String, Bounds), retried: (String, Bounds)) {
        let bounds: Bounds = { ReportSQL.bounds(source, $0) }
        guard case .scan = source else { return ((ReportSQL.table(source), bounds), ("retried_costs", bounds)) }
        let ids = bounds { $0 }.map { " AND requests.\($0)" }.joined()
        return ((ReportSQL.table(source), bounds), ("(\(RetriedRollup.rows(RetriedRollup.all + ids)))", { _ in [] }))
    }
}
