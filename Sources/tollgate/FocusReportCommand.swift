import Gateway
import Ledger

/// `tollgate report --format focus`: the ledger as a FOCUS dataset, for tools that know invoices of many providers.
enum FocusReportCommand {
    static func run(_ arguments: Arguments) throws -> Int32 {
        try arguments.expectAbsent(["by", "all-rows"])
        let source = try ReportSource(arguments)
        let charges = try ProviderCharges(
            .persons,
            since: arguments.one("since"), until: arguments.one("until"),
            where: arguments.all("where"), in: source.directory, now: source.now)
        Console.stream(bytes: FocusExport(charges, source.snapshot).write)
        return 0
    }
}
