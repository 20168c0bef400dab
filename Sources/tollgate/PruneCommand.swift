import Configuration
import Gateway
import Ledger
import Wire

/// `tollgate report prune`: the rows of old requests are taken out, sums by day and month stay.
enum PruneCommand {
    static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(arguments, options: ["config", "keep-months"], switches: ["dry-run"])
        try arguments.expectPositionals(0, "no further words")
        let months = try months(arguments.required("keep-months"))
        let source = try ReportSource(arguments), isDry = arguments.has("dry-run")
        try check(source.snapshot)
        let pruning = try Pruning(source.directory, keeping: months, actor: Operator.name, now: source.now)
        defer { pruning.release() }
        let result = try isDry ? pruning.count() : pruning.run()
        Console.print(
            "\(isDry ? "to be taken out" : "taken out"): rows of \(Money.grouped(result.requests)) requests before \(pruning.since.text) "
                + "(\(Money.grouped(result.attempts)) attempts), \(Money.grouped(result.sessions)) sessions, "
                + "\(Money.grouped(result.decisions)) lines of the audit; sums by day and month stay")
        return 0
    }

    private static func months(_ text: String) throws(UsageError) -> Int {
        let known = Pruning.leastMonths...Pruning.mostMonths
        guard let months = Int(text), known.contains(months) else {
            throw UsageError(
                sentence:
                    "--keep-months \(text) is not a number from \(known.lowerBound) to \(known.upperBound): budgets, forecasts "
                    + "and `budgets verify` need the rows of the last months")
        }
        return months
    }

    /// What is read from all rows that there ever were.
    private static func check(_ snapshot: Snapshot) throws {
        for budget in snapshot.rules.budgets where budget.window == .total && !budget.appliesPer.contains(.session) {
            throw UsageError(
                sentence:
                    "budget `\(budget.id)` counts without end and would forget what the rows that go have cost; give it a window "
                    + "(cost_per_month), or apply it per session")
        }
    }
}
