import Configuration
import Gateway
import Ledger

/// `tollgate report recompute`: charges the past anew after a price was wrong.
enum RecomputeCommand {
    static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(
            arguments, options: ["config", "since", "until", "prices", "format"], switches: ["dry-run"])
        try arguments.expectPositionals(0, "no further words")
        let format = try FigureFormat.format(arguments)
        let source = try ReportSource(arguments), prices = try arguments.required("prices")
        let query = try ReportQuery(
            by: [], since: arguments.required("since"), until: arguments.one("until"), now: source.now)
        let since = query.since ?? 0, until = query.until ?? source.now
        let table = try prices == "current" ? source.snapshot.prices : source.snapshot.prices.adding(file: prices)
        let repricing = Repricing(source.snapshot, prices: table)
        let isDry = arguments.has("dry-run")

        var sums: [String: Sums] = [:], bases: [Repricing.Basis: Int64] = [:]
        let recomputation = try Recomputation(
            source.directory, isDry: isDry, actor: Operator.name, source: prices, now: source.now)
        defer { recomputation.end() }
        let result = try recomputation.run(since: since, until: until) { attempt in
            let (charge, basis) = repricing.charge(attempt)
            bases[basis, default: 0] += 1
            if basis != .empty {
                sums[attempt.model, default: Sums()].add(
                    attempt.costNanoUSD, charge?.costNanoUSD ?? attempt.costNanoUSD)
            }
            return charge
        }
        format.print(report(result, sums, bases, isDry: isDry))
        return 0
    }

    private struct Sums {
        var attempts: Int64 = 0, old: Int64 = 0, new: Int64 = 0

        mutating func add(_ old: Int64, _ new: Int64) {
            attempts += 1
            self.old &+= old
            self.new &+= new
        }

        var figures: [Figure] { [.count(attempts), .money(old), .money(new), .money(new &- old)] }
    }

    private static func report(
        _ result: Recomputation.Result, _ sums: [String: Sums], _ bases: [Repricing.Basis: Int64], isDry: Bool
    ) -> FigureTable {
        var table = FigureTable(
            title: isDry ? "What would be charged anew" : "Charged anew", labels: ["model"],
            figures: ["attempts", "old", "new", "difference"])
        for (model, sum) in sums.sorted(by: { $0.key < $1.key }) {
            table.rows.append(.init(labels: [model], figures: sum.figures))
        }
        table.total = [
            .count(sums.reduce(0) { $0 + $1.value.attempts }), .money(result.oldNanoUSD), .money(result.newNanoUSD),
            .money(result.newNanoUSD - result.oldNanoUSD),
        ]
        table.facts = [("requests", .count(result.requests)), ("changed", .count(result.changed))]
        for basis in Repricing.Basis.allCases { table.facts.append((basis.rawValue, .count(bases[basis] ?? 0))) }
        table.notes.append("\(result.changed) of \(result.requests) requests \(isDry ? "would change" : "changed").")
        if let count = bases[.assumed], count > 0 {
            table.notes.append(
                "Of \(count) attempts the tier that served is not known any more: standard prices were assumed.")
        }
        if let count = bases[.kept], count > 0 {
            table.notes.append(
                "\(count) attempts have no price for them or their tier, an account that is gone, or an advisor's cost: they stay so."
            )
        }
        if let count = bases[.reported], count > 0 {
            table.notes.append("\(count) attempts have the charge that the provider reported: they stay as they are.")
        }
        if !isDry, result.changed > 0 {
            table.notes.append(
                "Rows, sums by day and month, and sessions have the new charges. What clients estimate themselves (--activity) and what breaks "
                    + "of caches cost (--cache) stay at the prices of their time.")
            table.notes.append("A running gateway's budgets count with the old charges until it is restarted.")
        }
        return table
    }
}
