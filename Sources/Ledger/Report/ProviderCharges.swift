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
    }

    package struct Charge: Sendable, Equatable {
        package let key: Key
        /// What the price depends on besides; told for `teams` only.
        package var part: PricedPart?
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

        /// What is to be priced anew.
        fileprivate var isPriced: Bool {
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

    /// What can be chosen: of a request, not of one of its attempts; of sums for prices also account and model, which each attempt has.
    private static func filterable(_ detail: Detail) -> [ReportColumn] {
        [.team, .user, .project, .key] + (detail.isPriced ? [.model, .provider] : [])
    }

    /// What a table of sums for prices cannot be chosen by, of these conditions.
    static func unknown(_ conditions: [String]) throws(LedgerError) -> [ReportColumn] {
        try ReportFilter.parse(conditions).map(\.column).filter { !filterable(.teams(cuts: [])).contains($0) }
    }

    /// - Parameters:
    ///   - provider: only of this account; `nil`: of all.
    ///   - conditions: as of `ReportQuery`, about what `filterable` has.
    ///   - usingRollup: `false` reads every row, for the test that it makes no difference.
    package init(
        _ detail: Detail, of provider: String? = nil, since: String?, until: String?, where conditions: [String],
        in directory: DataDirectory, now: Int64, usingRollup: Bool = true
    ) throws(LedgerError) {
        var by = ["day"], cuts: Set<Int64> = []
        if case .teams(let moments) = detail { (by, cuts) = ([], moments) }
        let query = try ReportQuery(by: by, since: since, until: until, where: conditions, now: now)
        let known = Self.filterable(detail)
        for filter in query.filters where !known.contains(filter.column) {
            let names = known.map(\.name)
            throw .invalidQuery(
                "charges can be chosen by \(names.dropLast().joined(separator: ", ")) and \(names.last ?? ""), "
                    + "not by \(filter.column.name)")
        }
        guard let database = try directory.openDatabaseSnapshot() else { return }
        for piece in query.cut(at: cuts) {
            let last = CivilDate(unixNanoseconds: max(piece.since ?? 0, (piece.until ?? now) - 1)).text
            try read(piece, detail, of: provider, endingOn: last, database, usingRollup)
        }
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
            if case .scan(let from, _) = source { try Retention.check(from: from, in: database) }
            for part in Part.of(source) {
                let conditions =
                    part.bounds(parameter) + (provider.map { ["provider = \(parameter($0))"] } ?? [])
                    + query.filters.map { $0.condition($0.column.rollupExpression, parameter) }
                parts.append(part.selection(where: conditions, isPriced: detail.isPriced))
            }
        }
        let named = detail.expressions
        let groups = [named[0], "provider", "model_served"] + named[1...]
        let rows = parts.joined(separator: " UNION ALL ")
        func key(_ texts: [String]) -> Key {
            Key(
                day: texts[0].isEmpty ? last : texts[0], user: texts[4], team: texts[3], project: texts[5],
                provider: texts[1], model: texts[2])
        }
        if detail.isPriced {
            let statement = try database.prepare(
                "SELECT \((groups + RollupSums.columns).joined(separator: ", ")) FROM (\(rows))")
            for (index, value) in parameters.enumerated() { statement.bind(Int32(index + 1), value) }
            for (texts, sums) in try RollupTotals(statement, texts: groups.count).groups {
                for told in sums.told {
                    charges.append(
                        Charge(key: key(texts), part: told.part, sums: told.sums.sums, rewritten: told.sums.rewritten))
                }
            }
            return
        }
        let places = (1...groups.count).map(String.init).joined(separator: ", ")
        let statement = try database.prepare(
            "SELECT \(groups.joined(separator: ", ")), \(CostSums.columns.map { "sum(\($0))" }.joined(separator: ", ")) "
                + "FROM (\(rows)) GROUP BY \(places) ORDER BY \(places)")
        for (index, value) in parameters.enumerated() { statement.bind(Int32(index + 1), value) }
        while try statement.step() {
            let sums = CostSums(reading: statement, from: Int32(groups.count))
            guard sums != CostSums() else { continue }
            charges.append(Charge(key: key((0..<groups.count).map { statement.text(Int32($0)) }), sums: sums))
        }
    }

    /// A part of a source: requests, or what their attempts differ by.
    private struct Part {
        typealias Bounds = (_ parameter: (String) -> String) -> [String]
        enum Form { case sums, requests, differences }

        let form: Form
        let table: String
        let bounds: Bounds

        static func of(_ source: ReportPlan.Source) -> [Part] {
            let bounds: Bounds = { ReportSQL.bounds(source, $0) }, table = ReportSQL.table(source)
            guard case .scan = source else {
                return [
                    Part(form: .sums, table: table, bounds: bounds),
                    Part(form: .sums, table: "retried_costs", bounds: bounds),
                ]
            }
            let ids = bounds { $0 }.map { " AND requests.\($0)" }.joined()
            let rows = "(\(RetriedRollup.rows(RetriedRollup.all + ids)))"
            return [
                Part(form: .requests, table: table, bounds: bounds),
                Part(form: .differences, table: rows, bounds: { _ in [] }),
            ]
        }

        private static let keys = ["day", "user", "team", "project", "provider", "model_served"]

        /// - Parameter isPriced: with the columns of `RollupSums`, not only those of `CostSums`.
        func selection(where conditions: [String], isPriced: Bool) -> String {
            let day = ReportColumn.day.scanExpression { $0 }
            let keys = Self.keys.map { (expression: form == .requests && $0 == "day" ? day : $0, name: $0) }
            if isPriced, form == .requests { return RollupSums.selection(keys, where: conditions) }
            var measures = isPriced ? RollupSums.columns : CostSums.columns, groups = ""
            if form == .requests {
                measures = zip(CostSums.scanExpressions, measures).map { "\($0) AS \($1)" }
            } else if isPriced, form == .differences {
                measures = zip(RollupSums.sums, measures).map { "\($0) AS \($1)" }
                groups = " GROUP BY \((1...keys.count).map(String.init).joined(separator: ", "))"
            }
            let named = keys.map { "\($0.expression) AS \($0.name)" }
            return "SELECT \((named + measures).joined(separator: ", ")) FROM \(table)"
                + (conditions.isEmpty ? "" : " WHERE " + conditions.joined(separator: " AND ")) + groups
        }
    }
}
