import Configuration
import Gateway
import Glibc
import Ledger
import Transport
import Wire

/// `tollgate explain`: what would become of a request, and why, without sending anything.
enum ExplainCommand {
    static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(
            arguments,
            options: [
                "config", "model", "user", "team", "group", "key", "virtual-account", "metadata", "session", "provider",
            ], switches: ["json"])
        try arguments.expectPositionals(0, "no further words")
        let snapshot = try Snapshot.load(path: arguments.required("config"), needsSecrets: false)
        let directory = try existing(snapshot.dataPath), now = wallClockNanoseconds()
        let question = try question(arguments, snapshot, directory)
        let overview = try directory.map { directory in
            let store = try BudgetStore(directory: directory, actor: "explain", now: { now })
            return try BudgetOverview(snapshot, in: directory, store: store, at: now)
        }
        let explanation = Explanation(
            question, snapshot, accounts: overview?.accounts ?? [], raises: overview?.raises ?? [], at: now)
        Console.print(arguments.has("json") ? explanation.json : explanation.text)
        return explanation.isServed ? 0 : 1
    }

    /// A configuration can be asked before a gateway has run with it: `nil`.
    private static func existing(_ path: String) throws(LedgerError) -> DataDirectory? {
        do throws(LedgerError) {
            return try DataDirectory(ofLedgerIn: path)
        } catch .noLedger {
            return nil
        }
    }

    // MARK: The question

    private static func question(
        _ arguments: Arguments, _ snapshot: Snapshot, _ directory: DataDirectory?
    ) throws -> Explanation.Question {
        var question = Explanation.Question(model: try arguments.required("model"))
        guard !question.model.isEmpty else { throw UsageError(sentence: "--model needs a name") }
        let isKnown = try takeKey(arguments.one("key"), &question, snapshot, directory)
        if let user = try arguments.one("user") { question.user = user }
        if let team = try arguments.one("team") { question.team = team }
        if let account = try arguments.one("virtual-account") {
            question.virtualAccount = account
            if try arguments.one("user") == nil { question.user = VirtualAccount.user(of: account) }
        } else if question.user.hasPrefix(VirtualAccount.prefix) {
            question.virtualAccount = String(question.user.dropFirst(VirtualAccount.prefix.count))
        }
        let groups = arguments.all("group").flatMap { $0.split(separator: ",").map(String.init) }
        if !groups.isEmpty { question.groups = groups }
        question.session = try arguments.one("session") ?? ""
        question.metadata = try metadata(arguments.all("metadata"))
        if isKnown { try check(question, snapshot) }
        question.provider = try arguments.one("provider")
        if let name = question.provider, !snapshot.providers.contains(where: { $0.name == name }) {
            throw UsageError(
                sentence: "there is no provider `\(name)`; there are: "
                    + snapshot.providers.map(\.name).joined(separator: ", "))
        }
        return question
    }

    /// Whom a key stands for, issued or of the configuration; those of tokens and certificates are only names: false.
    private static func takeKey(
        _ id: String?, _ question: inout Explanation.Question, _ snapshot: Snapshot, _ directory: DataDirectory?
    ) throws -> Bool {
        guard let id else { return false }
        if let key = snapshot.keys.first(where: { $0.id == id }) {
            take(key, &question)
        } else if id.hasPrefix(ConfiguredKey.idPrefix), snapshot.keys.contains(where: \.isStandIn) {
            throw UsageError(
                sentence:
                    "whose key \(id) is cannot be told here: the configuration's keys are known by their secrets, "
                    + "which are not there; ask with the gateway's variables and files, or with --user and --group")
        } else if let record = try find(id, directory) {
            take(record, &question)
        } else if ["jwt_", "cert_"].contains(where: id.hasPrefix) {
            question.keyID = id
            return false
        } else {
            throw UsageError(sentence: "there is no key `\(id)`; `tollgate keys list` shows those that were issued")
        }
        return true
    }

    private static func take(_ key: ConfiguredKey, _ question: inout Explanation.Question) {
        question.keyID = key.id
        question.user = key.holder
        question.team = key.team
        question.groups = key.groups
        question.virtualAccount = key.virtualAccount
        question.keyMetadata = key.metadata
    }

    /// An issued key.
    private static func find(_ id: String, _ directory: DataDirectory?) throws -> KeyRecord? {
        guard let directory else { return nil }
        let store = try KeyStore(
            directory: directory, actor: "explain", now: { wallClockNanoseconds() },
            digest: { bytes in bytes.withUnsafeBytes { SHA256Digest(of: $0).bytes } })
        do throws(LedgerError) {
            return try store.find(id)
        } catch .noSuchKey {
            return nil
        }
    }

    private static func take(_ record: KeyRecord, _ question: inout Explanation.Question) {
        question.keyID = record.id
        question.user = record.user
        question.team = record.team
        question.groups = record.groups
        question.virtualAccount = record.virtualAccount
        for member in (try? JSONValue(parsing: record.metadata))?.object?.members ?? [] {
            if case .string(let value) = member.value { question.keyMetadata[member.key] = value }
        }
    }

    /// A request with a key cannot say what the key says.
    private static func check(
        _ question: Explanation.Question, _ snapshot: Snapshot
    ) throws(UsageError) {
        for (name, value) in question.metadata.sorted(by: { $0.key < $1.key })
        where value != question.keyMetadata[name] && snapshot.rules.metadata.isLocked(name) {
            throw UsageError(sentence: "the tag \(name) comes from the key, and \(question.keyID) does not have it so")
        }
    }

    private static func metadata(_ pairs: [String]) throws(UsageError) -> [String: String] {
        var values: [String: String] = [:]
        for pair in pairs {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw UsageError(sentence: "--metadata \(pair) is not NAME=VALUE")
            }
            values[String(parts[0])] = String(parts[1])
        }
        return values
    }
}
