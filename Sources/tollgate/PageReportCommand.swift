import Configuration
import Gateway
import Ledger
import Transport

/// `tollgate report --format html`: one page with charts and tables.
enum PageReportCommand {
    static func run(_ arguments: Arguments) throws -> Int32 {
        try arguments.expectAbsent(["by"])
        let source = try ReportSource(arguments)
        let since = try arguments.one("since") ?? "30d", until = try arguments.one("until")
        let conditions = arguments.all("where")
        var page = try ReportPage(
            since: since, until: until, where: conditions, in: source.directory, now: source.now,
            mostRows: SpendReportCommand.mostRows(arguments))
        if try CacheSavings.unknown(conditions).isEmpty {
            page.savings = try CacheSavings(
                since: since, until: until, where: conditions, in: source.directory, now: source.now,
                cuts: source.snapshot.prices.changes, pricing: PriceBook(source.snapshot).cacheWorth)
        }
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
        let html = try page.html()
        Console.stream { $0(html) }
        return 0
    }
}
