import Configuration
import Gateway
import Ledger
import Transport

/// `tollgate report --format html`: one page with charts and tables.
enum PageReportCommand {
    static func run(_ arguments: Arguments) throws -> Int32 {
        try arguments.expectAbsent(["by"])
        let source = try ReportSource(arguments)
        var page = try ReportPage(
            since: arguments.one("since"), until: arguments.one("until"),
            where: arguments.all("where"), in: source.directory, now: source.now)
        page.savings = CacheSavings.of(page.usage, PriceBook(source.snapshot), at: source.now)
        let store = try BudgetStore(directory: source.directory, actor: "", now: { wallClockNanoseconds() })
        let accounts =
            try source.snapshot.rules.budgets.isEmpty || !page.isOfNow
            ? [] : BudgetOverview(source.snapshot, in: source.directory, store: store, at: source.now).accounts
        page.budgets = accounts.map { account in
            ReportPage.Budget(
                rule: account.key.rule, scope: account.key.scope, unit: account.unit, resets: account.windowEnd,
                settled: BudgetTable.shown(account.settled, account.unit),
                limit: BudgetTable.shown(account.limit, account.unit),
                share: account.limit == 0 ? 0 : Double(account.settled) / Double(account.limit))
        }
        Console.stream { $0(page.html()) }
        return 0
    }
}
