import Ledger

/// `tollgate report --forecast`: what this month will have cost at its end.
enum ForecastCommand {
    static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(arguments, options: ["config", "by", "where", "format"])
        try arguments.expectPositionals(0, "no further words")
        let format = try FigureFormat.format(arguments)
        let source = try ReportSource(arguments)
        let report = try ForecastReport(
            by: ReportSource.words(arguments.all("by")), where: arguments.all("where"),
            in: source.directory, now: source.now)
        format.print(report.table())
        return 0
    }
}

/// How a report is printed.
enum FigureFormat: String, CaseIterable {
    case table, csv, json

    func print(_ table: FigureTable) { print(table: table.text(), csv: table.csv(), json: table.json()) }

    /// Prints the one that is asked for; the others are not made.
    func print(
        table: @autoclosure () -> String, csv: @autoclosure () -> String, json: @autoclosure () -> String
    ) {
        Console.stream { write in
            switch self {
            case .table: write(table())
            case .csv: write(csv())
            case .json: write(json())
            }
        }
    }
}
