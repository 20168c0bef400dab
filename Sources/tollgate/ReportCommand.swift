import Configuration
import Ledger
import Transport

/// `tollgate report`: reads the ledger, beside a running gateway or without one.
enum ReportCommand {
    private enum Format: String, CaseIterable { case table, csv, json }

    static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
        if let place = arguments.firstIndex(of: "--cache") {
            return try CacheReportCommand.run(arguments[..<place] + arguments[(place + 1)...])
        }
        let arguments = try Arguments(arguments, options: ["config", "by", "since", "until", "where", "format"])
        try arguments.expectPositionals(0, "no further words")
        let text = try arguments.one("format") ?? "table"
        guard let format = Format(rawValue: text) else {
            throw UsageError(sentence: "--format \(text) is unknown; it is table, csv or json")
        }
        let snapshot = try Snapshot.load(path: arguments.required("config"))
        let now = wallClockNanoseconds()
        let query = try ReportQuery(
            by: words(arguments.all("by")), since: arguments.one("since"), until: arguments.one("until"),
            where: words(arguments.all("where")), now: now)
        let directory = try DataDirectory(path: snapshot.dataPath)
        _ = try Ledger.recoverIfUnattended(directory)
        let report = try Report(query, in: directory, now: now)
        switch format {
        case .table: Console.print(report.table(withBars: Console.isTerminal))
        case .csv: Console.print(report.csv())
        case .json: Console.print(report.json())
        }
        return 0
    }

    /// Values given apart or with commas between them.
    private static func words(_ values: [String]) -> [String] {
        values.flatMap { $0.split(separator: ",").map(String.init) }
    }
}
