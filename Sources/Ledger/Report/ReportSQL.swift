import Wire

/// The statement for one source of a report, and its parameters.
struct ReportSQL {
    private(set) var text = ""
    private var parameters: [String] = []

    init(_ query: ReportQuery, source: ReportPlan.Source) {
        var bound: [String] = []
        func parameter(_ value: String) -> String {
            bound.append(value)
            return "?\(bound.count)"
        }
        func expression(_ column: ReportColumn) -> String {
            switch source {
            case .rollup, .months: column.rollupExpression
            case .scan: column.scanExpression(parameter)
            }
        }
        // Days, weeks and months are one column here: the day.
        let groups = query.columns.map(expression)
        let measures = Self.measures(source).map { "ifnull(sum(\($0)), 0)" }
        var conditions = Self.bounds(source, parameter)
        for filter in query.filters { conditions.append(filter.condition(expression(filter.column), parameter)) }
        text = "SELECT \((groups + measures).joined(separator: ", ")) FROM \(Self.table(source))"
        if !conditions.isEmpty { text += " WHERE " + conditions.joined(separator: " AND ") }
        if !groups.isEmpty { text += " GROUP BY " + (1...groups.count).map(String.init).joined(separator: ", ") }
        parameters = bound
    }

    static func table(_ source: ReportPlan.Source) -> String {
        switch source {
        case .rollup: "daily_costs"
        case .months: "monthly_costs"
        case .scan: "requests"
        }
    }

    static func measures(_ source: ReportPlan.Source) -> [String] {
        switch source {
        case .rollup, .months: CostSums.columns
        case .scan: CostSums.scanExpressions
        }
    }

    static func bounds(_ source: ReportPlan.Source, _ parameter: (String) -> String) -> [String] {
        switch source {
        case .rollup(let from, let to), .months(let from, let to):
            [from.map { "day >= \(parameter($0.text))" }, to.map { "day < \(parameter($0.text))" }].compactMap { $0 }
        case .scan(let from, let to):
            [from.map { "id >= \($0.rawValue)" }, to.map { "id < \($0.rawValue)" }].compactMap { $0 }
        }
    }

    /// The statement, its parameters bound.
    func prepared(in database: Database) throws(LedgerError) -> Statement {
        let statement = try database.prepare(text)
        for (index, value) in parameters.enumerated() { statement.bind(Int32(index + 1), value) }
        return statement
    }
}
