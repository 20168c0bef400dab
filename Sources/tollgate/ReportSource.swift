import Configuration
import Gateway
import Ledger
import Transport

/// What every report begins with: the configuration, the ledger it names, and the moment.
struct ReportSource {
    let snapshot: Snapshot
    let directory: DataDirectory
    /// Unix nanoseconds.
    let now: Int64

    /// Loads `--config`; brings in what a killed gateway left, if none runs, and says what a running one cannot write.
    init(_ arguments: Arguments) throws {
        snapshot = try Snapshot.load(path: arguments.required("config"), needsSecrets: false)
        directory = try DataDirectory(ofLedgerIn: snapshot.dataPath)
        now = wallClockNanoseconds()
        if try Ledger.recoverIfUnattended(directory) == nil { try tellBacklog() }
    }

    private func tellBacklog() throws(LedgerError) {
        guard let backlog = try LedgerExamination.Backlog(in: directory, at: now) else { return }
        Console.complain(
            "warning: \(backlog.rows) rows of requests that have ended are not in the ledger and not in what follows, the oldest for "
                + "\(DoctorText.age(backlog.age)): the gateway cannot write them; `tollgate doctor` says more")
    }

    /// What `--by`, `--since`, `--until` and `--where` ask.
    func query(_ arguments: Arguments) throws -> ReportQuery {
        try ReportQuery(
            by: Self.words(arguments.all("by")), since: arguments.one("since"), until: arguments.one("until"),
            where: arguments.all("where"), now: now)
    }

    /// Values given apart or with commas between them.
    static func words(_ values: [String]) -> [String] {
        values.flatMap { $0.split(separator: ",").map(String.init) }
    }
}

extension RawRepresentable<String> where Self: CaseIterable {
    /// The value of `--format`; the first case if there is none.
    static func format(_ arguments: Arguments) throws(UsageError) -> Self {
        let names = allCases.map(\.rawValue)
        let text = try arguments.one("format") ?? names.first ?? ""
        guard let format = Self(rawValue: text) else {
            let list =
                names.count < 2 ? names.joined() : names.dropLast().joined(separator: ", ") + " or \(names.last ?? "")"
            throw UsageError(sentence: "--format \(text) is unknown; it is \(list)")
        }
        return format
    }
}
