import Configuration
import Gateway
import Ledger
import Transport
import Wire

/// `tollgate budgets …`: accounts, raises, and the proof of what was decided.
enum BudgetsCommand {
    static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(
            arguments, options: ["config", "scope", "by", "for", "reason", "since"], switches: ["json"])
        let snapshot = try Snapshot.load(path: arguments.required("config"), needsSecrets: false)
        let directory = try DataDirectory(ofLedgerIn: snapshot.dataPath)
        switch arguments.positionals.first ?? "list" {
        case "list": try list(arguments, snapshot, directory)
        case "raise": try raise(arguments, snapshot, directory)
        case "revoke": try revoke(arguments, directory)
        case "verify": return try verify(arguments, directory)
        case let other:
            throw UsageError(sentence: "budgets does not know `\(other)`; it knows list, raise, revoke, verify")
        }
        return 0
    }

    private static func store(_ directory: DataDirectory) throws -> BudgetStore {
        try BudgetStore(directory: directory, actor: Operator.name, now: { wallClockNanoseconds() })
    }

    // MARK: List

    private static func list(_ arguments: Arguments, _ snapshot: Snapshot, _ directory: DataDirectory) throws {
        try arguments.expectAbsent(["scope", "by", "for", "reason", "since"])
        if !arguments.positionals.isEmpty { try arguments.expectPositionals(1, "no further words") }
        let now = wallClockNanoseconds()
        let overview = try BudgetOverview(snapshot, in: directory, store: store(directory), at: now)
        if arguments.has("json") { return Console.print(overview.json(snapshot.rules.budgets)) }
        if overview.accounts.isEmpty {
            Console.print("No account has been used in its present window.")
        } else {
            Console.print(BudgetTable.render(overview.accounts))
        }
        if !overview.raises.isEmpty {
            Console.print("\n" + BudgetTable.render(overview.raises, snapshot.rules.budgets))
        }
    }

    // MARK: Raises

    private static func raise(_ arguments: Arguments, _ snapshot: Snapshot, _ directory: DataDirectory) throws {
        try arguments.expectAbsent(["since"])
        try arguments.expectPositionals(2, "the id of one budget")
        let id = arguments.positionals[1]
        guard let rule = snapshot.rules.budgets.first(where: { $0.id == id }) else {
            let known = snapshot.rules.budgets.map(\.id).joined(separator: ", ")
            throw UsageError(sentence: "there is no budget `\(id)`; there are: \(known.isEmpty ? "none" : known)")
        }
        let by = try arguments.required("by")
        guard let amount = rule.measure == .cost ? NumberText.dollars(by) : NumberText.count(by), amount > 0 else {
            let example = rule.measure == .cost ? "dollars, such as 25 or 2.50" : "tokens, such as 500k or 2M"
            throw UsageError(sentence: "--by \(by) is no amount of \(example)")
        }
        let time = try arguments.required("for"), span = try Arguments.duration(time, of: "for")
        guard span > 0 else { throw UsageError(sentence: "--for \(time) is over at once; write for example 4h or 7d") }
        let scope = try scope(arguments, of: rule)
        let store = try store(directory)
        let raised = try store.raise(
            rule: id, scope: scope, amount: amount, until: wallClockNanoseconds() + span,
            reason: try arguments.one("reason") ?? "")
        Console.print("raise \(raised.id): in force until \(RFC3339.text(raised.until, fraction: .none))")
    }

    /// The account that is raised; empty: all of the rule.
    private static func scope(_ arguments: Arguments, of rule: BudgetRule) throws(UsageError) -> String {
        guard let scope = try arguments.one("scope") else { return "" }
        if rule.appliesPer.isEmpty {
            throw UsageError(sentence: "budget `\(rule.id)` has one account for all; leave --scope out")
        }
        guard let account = rule.appliesPer.account(named: scope) else {
            let dimensions = rule.appliesPer.map(\.text).joined(separator: ", ")
            let example = rule.appliesPer.map { "\($0.text)=VALUE" }.joined(separator: ",")
            throw UsageError(
                sentence: "--scope \(scope) is no account of budget `\(rule.id)`, which has one for each value of "
                    + "\(dimensions); write --scope \(example), a comma of a value as \\,")
        }
        return account
    }

    private static func revoke(_ arguments: Arguments, _ directory: DataDirectory) throws {
        try arguments.expectPositionals(2, "the number of one raise, as `tollgate budgets` shows it")
        guard let id = Int64(arguments.positionals[1]) else {
            throw UsageError(sentence: "\(arguments.positionals[1]) is not the number of a raise")
        }
        _ = try store(directory).revoke(id)
        Console.print("raise \(id): revoked")
    }

    // MARK: Verify

    private static func verify(_ arguments: Arguments, _ directory: DataDirectory) throws -> Int32 {
        try arguments.expectAbsent(["scope", "by", "for", "reason"])
        try arguments.expectPositionals(1, "no further words")
        let now = wallClockNanoseconds()
        var since = try ReportQuery(by: [], since: arguments.one("since"), now: now).since ?? 0
        if let whole = try AdmissionHistory.firstWhole(directory), since < whole {
            Console.complain(
                "note: rows before \(CivilDate(unixNanoseconds: whole).text) were taken out: decisions are taken again from that day on"
            )
            since = whole
        }
        let verification = try BudgetVerification.run(in: directory, since: since)
        if arguments.has("json") { Console.print(verification.json) } else { Console.print(verification.text) }
        return verification.isProved ? 0 : 1
    }
}
