import Ledger

/// `tollgate report --activity`: what people did with what they spent.
enum ActivityReportCommand {
    private enum Format: String, CaseIterable { case table, csv, json }

    static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(arguments, options: ["config", "by", "since", "until", "where", "format"])
        try arguments.expectPositionals(0, "no further words")
        let format = try Format.format(arguments)
        let source = try ReportSource(arguments)
        let query = try ReportQuery(
            by: ReportSource.words(arguments.all("by")), since: arguments.one("since"), until: arguments.one("until"),
            where: ReportSource.words(arguments.all("where")), now: source.now)
        let report = try ActivityReport(query, in: source.directory, now: source.now)
        switch format {
        case .table: Console.stream { $0(report.table()) }
        case .csv: Console.stream { $0(report.csv()) }
        case .json: Console.stream { $0(report.json()) }
        }
        return 0
    }
}
