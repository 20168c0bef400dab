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
        if arguments.has("json") { return Console.print(json(overview)) }
        if overview.accounts.isEmpty {
            Console.print("No account has been used in its present window.")
        } else {
            Console.print(BudgetTable.render(overview.accounts))
        }
        if !overview.raises.isEmpty {
            Console.print("\n" + BudgetTable.render(overview.raises, snapshot.rules.budgets))
        }
    }

    private static func json(_ overview: BudgetOverview) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("running")
        writer.value(overview.isRunning)
        writer.key("accounts")
        writer.beginArray()
        for account in overview.accounts {
            let amount = { (value: Int64) in BudgetTable.exact(value, unit: account.unit) }
            writer.beginObject()
            writer.member("rule", account.key.rule)
            writer.member("scope", account.key.scope)
            writer.member("unit", account.unit)
            writer.member("settled", amount(account.settled))
            writer.member("reserved", amount(account.reserved))
            writer.member("exposure", amount(account.exposure))
            writer.member("limit", amount(account.limit))
            writer.member("window_start", RFC3339.text(account.key.windowStart, fraction: .none))
            if let end = account.windowEnd { writer.member("resets", RFC3339.text(end, fraction: .none)) }
            writer.endObject()
        }
        writer.endArray()
        writer.key("raises")
        writer.beginArray()
        for raise in overview.raises {
            writer.beginObject()
            writer.member("id", raise.id)
            writer.member("rule", raise.rule)
            writer.member("scope", raise.scope)
            writer.member("amount", raise.amount)
            writer.member("until", RFC3339.text(raise.until, fraction: .none))
            writer.member("actor", raise.actor)
            writer.member("reason", raise.reason)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
        return writer.text
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
        let time = try arguments.required("for")
        guard let span = DurationText.parse(time), span > 0 else {
            throw UsageError(sentence: "--for \(time) is no duration; write for example 4h or 7d")
        }
        let scope = try arguments.one("scope") ?? ""
        if !scope.isEmpty, rule.appliesPer.isEmpty {
            throw UsageError(sentence: "budget `\(id)` has one account for all; leave --scope out")
        }
        let store = try store(directory)
        let raised = try store.raise(
            rule: id, scope: scope, amount: amount, until: wallClockNanoseconds() + span,
            reason: try arguments.one("reason") ?? "")
        Console.print("raise \(raised.id): in force until \(RFC3339.text(raised.until, fraction: .none))")
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
        var since: Int64 = 0
        if let text = try arguments.one("since") {
            guard let moment = RFC3339.parse(text) ?? DurationText.parse(text).map({ wallClockNanoseconds() - $0 })
            else { throw UsageError(sentence: "--since \(text) is neither a time nor a duration such as 7d") }
            since = moment
        }
        let verification = try BudgetVerification.run(in: directory, since: since)
        if arguments.has("json") { Console.print(verification.json) } else { Console.print(verification.text) }
        return verification.isProved ? 0 : 1
    }
}
