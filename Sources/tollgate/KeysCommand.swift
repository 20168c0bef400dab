import Configuration
import Gateway
import Ledger
import Transport
import Wire

/// `tollgate keys …`: works on the store beside a running gateway, which follows within a second.
enum KeysCommand {
    static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(
            arguments,
            options: Set(["config"] + allOptions),
            switches: ["json", "quiet"])
        guard let action = arguments.positionals.first else {
            throw UsageError(sentence: "keys needs one of: issue, list, rotate, expire, revoke")
        }
        guard let own = options[action] else {
            throw UsageError(sentence: "keys does not know `\(action)`; it knows issue, list, rotate, expire, revoke")
        }
        try arguments.expectAbsent(allOptions.filter { !own.contains($0) })
        let path = try Snapshot.dataPath(of: arguments.required("config"))
        // A new ledger is right before the first start, and wrong where the folder is another than the gateway's.
        let isFirst = action == "issue" && (try? DataDirectory(ofLedgerIn: path)) == nil
        let store = try KeyStore(
            directory: action == "issue" ? DataDirectory(path: path) : DataDirectory(ofLedgerIn: path),
            actor: Operator.name,
            now: { wallClockNanoseconds() },
            digest: { bytes in bytes.withUnsafeBytes { SHA256Digest(of: $0).bytes } })
        switch action {
        case "issue":
            try issue(arguments, store)
            if isFirst { Console.complain("there was no ledger in \(path): a new one was made for this key") }
        case "list": try list(arguments, store)
        case "rotate":
            let grace = try Arguments.duration(arguments.one("grace") ?? "1h", of: "grace")
            let issued = try store.rotate(id(arguments), grace: grace)
            show(issued.record, key: issued.text, arguments)
        case "expire":
            // Without a time it expires now.
            let moment = try arguments.one("expires").map { try expiry($0) } ?? wallClockNanoseconds()
            show(try store.expire(id(arguments), at: moment), key: nil, arguments)
        default:
            show(try store.revoke(id(arguments)), key: nil, arguments)
        }
        return 0
    }

    private static let allOptions = ["user", "virtual-account", "team", "group", "metadata", "expires", "grace"]

    /// What each action takes. Any other would be passed over, and whoever gave it believe that it counts.
    private static let options: [String: [String]] = [
        "issue": ["user", "virtual-account", "team", "group", "metadata", "expires"], "list": [], "rotate": ["grace"],
        "expire": ["expires"], "revoke": [],
    ]

    private static func id(_ arguments: Arguments) throws(UsageError) -> String {
        try arguments.expectPositionals(2, "one key id, as `tollgate keys list` shows it")
        return arguments.positionals[1]
    }

    private static func issue(_ arguments: Arguments, _ store: KeyStore) throws {
        try arguments.expectPositionals(1, "no further words")
        let metadata = try metadata(arguments.all("metadata"))
        let expires = try arguments.one("expires").map { try futureExpiry($0) } ?? nil
        if let team = try arguments.one("team") { try check(team, of: "team") }
        let (user, virtualAccount) = try holder(arguments)
        var request = KeyRequest(
            user: user, team: try arguments.one("team") ?? "", metadata: metadata, expiresAt: expires)
        request.virtualAccount = virtualAccount
        request.groups = try groups(arguments.all("group"))
        let issued = try store.issue(request)
        show(issued.record, key: issued.text, arguments)
    }

    /// The ledger's user, and the service account if it is one.
    private static func holder(_ arguments: Arguments) throws(UsageError) -> (user: String, virtualAccount: String) {
        guard let account = try arguments.one("virtual-account") else {
            let user = try arguments.required("user")
            try check(user, of: "user")
            guard !user.hasPrefix(VirtualAccount.prefix) else {
                throw UsageError(
                    sentence: "--user \(user) has a service account's name; "
                        + "write --virtual-account \(user.dropFirst(VirtualAccount.prefix.count))")
            }
            return (user, "")
        }
        guard try arguments.one("user") == nil else {
            throw UsageError(sentence: "a key is for a --user or for a --virtual-account, not for both")
        }
        let user = VirtualAccount.user(of: account)
        try check(account, of: "virtual-account", as: user)
        return (user, account)
    }

    /// A variable that is not set must not make a key that is nobody's.
    private static func check(_ name: String, of option: String, as user: String? = nil) throws(UsageError) {
        guard HolderName.isFit(user ?? name) else {
            let most = HolderName.maximumBytes - (user.map { $0.utf8.count - name.utf8.count } ?? 0)
            throw UsageError(
                sentence: "--\(option) has \(name.utf8.count) bytes or a control character; "
                    + "a name has at most \(most) bytes and none of those")
        }
        guard name.contains(where: { !$0.isWhitespace }) else {
            throw UsageError(
                sentence: "--\(option) `\(name)` is no name; write for example \(exampleNames[option] ?? "alice")")
        }
    }

    private static let exampleNames = [
        "user": "--user alice", "team": "--team platform, or leave it out", "virtual-account": "--virtual-account ci",
    ]

    /// Groups given apart or with commas between them, each once.
    private static func groups(_ values: [String]) throws(UsageError) -> [String] {
        var groups: [String] = []
        for value in values {
            for part in value.split(separator: ",", omittingEmptySubsequences: false) {
                guard !part.isEmpty else { throw UsageError(sentence: "--group \(value) names no group") }
                if !groups.contains(String(part)) { groups.append(String(part)) }
            }
        }
        let bytes = groups.joined(separator: ",").utf8.count
        guard bytes <= JournalLimits.groupsBytes else {
            throw UsageError(
                sentence: "the groups are \(bytes) bytes long together; at most \(JournalLimits.groupsBytes) are kept")
        }
        return groups
    }

    private static func list(_ arguments: Arguments, _ store: KeyStore) throws {
        try arguments.expectPositionals(1, "no further words")
        let records = try store.list()
        if arguments.has("json") {
            var writer = JSONWriter()
            writer.beginArray()
            for record in records { write(record, key: nil, &writer) }
            writer.endArray()
            return Console.print(String(decoding: writer.array, as: UTF8.self))
        }
        Console.print(KeyTable.render(records, now: wallClockNanoseconds()))
    }

    private static func show(_ record: KeyRecord, key: String?, _ arguments: Arguments) {
        if arguments.has("quiet") {
            if let key { Console.print(key) }
            return
        }
        if arguments.has("json") {
            var writer = JSONWriter()
            write(record, key: key, &writer)
            return Console.print(String(decoding: writer.array, as: UTF8.self))
        }
        if let key {
            Console.print("\(key)\n")
            Console.complain("this is the only time the key is shown; its id is \(record.id)")
        } else {
            Console.print(KeyTable.render([record], now: wallClockNanoseconds()))
        }
    }

    private static func write(_ record: KeyRecord, key: String?, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", record.id)
        if let key { writer.member("key", key) }
        writer.member("prefix", record.prefix)
        writer.member("user", record.user)
        writer.member("team", record.team)
        writer.key("groups")
        writer.beginArray()
        for group in record.groups { writer.value(string: group) }
        writer.endArray()
        if !record.virtualAccount.isEmpty { writer.member("virtual_account", record.virtualAccount) }
        writer.key("metadata")
        Array(record.metadata.utf8).withUnsafeBytes { writer.value(raw: $0) }
        writer.member("status", record.status(now: wallClockNanoseconds()).rawValue)
        writer.member("created", RFC3339.text(record.createdAt))
        if let expires = record.expiresAt { writer.member("expires", RFC3339.text(expires)) }
        if let revoked = record.revokedAt { writer.member("revoked", RFC3339.text(revoked)) }
        if let next = record.rotatedTo { writer.member("rotated_to", next) }
        writer.endObject()
    }

    private static func metadata(_ pairs: [String]) throws(UsageError) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        for pair in pairs {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty else {
                throw UsageError(sentence: "--metadata \(pair) is not NAME=VALUE")
            }
            // As in a request's own tags: the ledger, spans and reports show them.
            guard !parts.contains(where: { CredentialForm.isKnown(String($0)) }) else {
                throw UsageError(
                    sentence:
                        "--metadata has a credential among its names or values; tags are shown to everybody who reads the ledger"
                )
            }
            writer.key(string: String(parts[0]))
            writer.value(string: String(parts[1]))
        }
        writer.endObject()
        return String(decoding: writer.array, as: UTF8.self)
    }

    /// A duration from now, a time (RFC 3339), or `never`.
    private static func expiry(_ text: String) throws(UsageError) -> Int64? {
        if text == "never" { return nil }
        if let moment = RFC3339.parse(text) { return moment }
        return wallClockNanoseconds() + (try Arguments.duration(text, of: "expires"))
    }

    /// Of a key that is to be used.
    private static func futureExpiry(_ text: String) throws(UsageError) -> Int64? {
        let moment = try expiry(text)
        if let moment, moment <= wallClockNanoseconds() {
            throw UsageError(sentence: "--expires \(text) is not later than now; write for example 30d, or never")
        }
        return moment
    }
}
