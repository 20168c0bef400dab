import Configuration
import Gateway
import Ledger

/// `tollgate report --cache`: what breaks of providers' caches cost, and why they broke.
enum CacheReportCommand {
    /// - Parameter arguments: without `--cache`.
    static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(arguments, options: ["config", "by", "since", "until", "format"])
        try arguments.expectPositionals(0, "no further words")
        let format = try FigureFormat.format(arguments)
        let source = try ReportSource(arguments)
        let named = ReportSource.words(arguments.all("by")), book = PriceBook(source.snapshot)
        let report = try CacheReport(
            by: named.isEmpty ? ["cause"] : named, since: arguments.one("since"), until: arguments.one("until"),
            in: source.directory, now: source.now, cuts: source.snapshot.prices.changes, pricing: book.cacheWorth)
        format.print(table: report.table(), csv: report.csv(), json: report.json())
        return 0
    }
}
