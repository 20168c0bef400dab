import Ledger

/// `tollgate report` itself: who spent what.
enum SpendReportCommand {
    private enum Format: String, CaseIterable { case table, csv, json, focus, html }

    /// A second's reading, unless somebody waits for more.
    static func mostRows(_ arguments: Arguments) -> Int64 { arguments.has("all-rows") ? .max : 1_000_000 }

    static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(
            arguments, options: ["config", "by", "since", "until", "where", "format"],
            switches: ["all-rows"])
        try arguments.expectPositionals(0, "no further words")
        let format = try Format.format(arguments)
        if format == .focus { return try FocusReportCommand.run(arguments) }
        if format == .html { return try PageReportCommand.run(arguments) }
        let source = try ReportSource(arguments)
        let report = try Report(
            source.query(arguments), in: source.directory, now: source.now,
            mostRows: mostRows(arguments))
        switch format {
        case .table: Console.stream { $0(report.table(withBars: Console.isTerminal)) }
        case .csv: Console.stream { $0(report.csv()) }
        case .json: Console.stream { $0(report.json()) }
        case .focus, .html: break
        }
        return 0
    }
}
