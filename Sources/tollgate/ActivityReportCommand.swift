import Ledger

/// `tollgate report --activity`: what people did with what they spent.
enum ActivityReportCommand {
    static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(arguments, options: ["config", "by", "since", "until", "where", "format"])
        try arguments.expectPositionals(0, "no further words")
        let format = try FigureFormat.format(arguments)
        let source = try ReportSource(arguments)
        let report = try ActivityReport(source.query(arguments), in: source.directory, now: source.now)
        format.print(table: report.table(), csv: report.csv(), json: report.json())
        return 0
    }
}
