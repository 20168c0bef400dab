import Configuration
import Ledger
import Transport

/// `tollgate report --cache`: what breaks of providers' caches cost, and why they broke.
enum CacheReportCommand {
    private enum Format: String, CaseIterable { case table, csv, json }

    /// - Parameter arguments: without `--cache`.
    static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(arguments, options: ["config", "by", "since", "until", "format"])
        try arguments.expectPositionals(0, "no further words")
        let text = try arguments.one("format") ?? "table"
        guard let format = Format(rawValue: text) else {
            throw UsageError(sentence: "--format \(text) is unknown; it is table, csv or json")
        }
        let snapshot = try Snapshot.load(path: arguments.required("config"))
        let directory = try DataDirectory(path: snapshot.dataPath)
        _ = try Ledger.recoverIfUnattended(directory)
        let named = arguments.all("by").flatMap { $0.split(separator: ",").map(String.init) }
        let providers = Dictionary(snapshot.providers.map { ($0.name, $0) }) { first, _ in first }
        let report = try CacheReport(
            by: named.isEmpty ? ["cause"] : named, since: arguments.one("since"), until: arguments.one("until"),
            in: directory, now: wallClockNanoseconds()
        ) { model, provider, day in
            guard let account = providers[provider] else { return nil }
            let price = snapshot.prices.price(of: model, on: account.pricePlatform, region: account.region, at: day)
            // The table has pico-dollars for one token.
            return price.map { max(0, $0.tokens.input - $0.tokens.cacheRead) * $0.regionPermille }
        }
        switch format {
        case .table: Console.stream { $0(report.table()) }
        case .csv: Console.stream { $0(report.csv()) }
        case .json: Console.stream { $0(report.json()) }
        }
        return 0
    }
}
