/// The keys that Tollgate issues, as the command line and an administrator work on them.
///
/// Has a connection of its own and may work beside a running gateway, whose `StoreWatch` sees each change within a
/// quarter of a second. Every change is one transaction with its line in `audit`. Belongs to one thread.
package final class KeyStore {
    /// Digest of a key's text, SHA-256 from whoever has one.
    package typealias Digest = ([UInt8]) -> [UInt8]

    private let database: Database
    private let digest: Digest
    private let actor: String
    private let now: () -> Int64

    /// - Parameters:
    ///   - actor: who makes the changes, for the audit.
    ///   - now: the wall clock, Unix nanoseconds.
    package init(
        directory: DataDirectory, actor: String, now: @escaping () -> Int64, digest: @escaping Digest
    ) throws(LedgerError) {
        database = try directory.openDatabase(withStaleRollups: true)
        // Unlike a request's row, a revocation must not be undone by a power failure.
        try database.execute("PRAGMA synchronous=FULL")
        self.actor = actor
        self.now = now
        self.digest = digest
    }

    /// All keys, oldest first.
    package func list() throws(LedgerError) -> [KeyRecord] {
        try KeyTable.all(in: database)
    }

    /// Makes a new key.
    package func issue(_ request: KeyRequest) throws(LedgerError) -> IssuedKey {
        try database.transaction { () throws(LedgerError) in
            let issued = try insert(request)
            try record("issue", issued.record.id, "{}")
            return issued
        }
    }

    /// Makes a new key for the same user, team, groups, service account, metadata and expiry; the old one works on for a grace period.
    ///
    /// - Parameters:
    ///   - key: its id, or what `list` shows of it.
    ///   - grace: nanoseconds.
    package func rotate(_ key: String, grace: Int64) throws(LedgerError) -> IssuedKey {
        try database.transaction { () throws(LedgerError) in
            let old = try usable(key)
            guard old.rotatedTo == nil else { throw .keyUnchangeable(id: old.id, reason: "it was rotated already") }
            var request = KeyRequest(
                user: old.user, team: old.team, metadata: old.metadata, expiresAt: old.expiresAt)
            request.groups = old.groups
            request.virtualAccount = old.virtualAccount
            let issued = try insert(request)
            let end = now() + max(0, grace)
            try KeyTable.setRotated(old.id, to: issued.record.id, in: database)
            try KeyTable.setExpiry(of: old.id, to: min(old.expiresAt ?? end, end), in: database)
            try record("rotate", old.id, #"{"to":"\#(issued.record.id)","until":\#(end)}"#)
            return issued
        }
    }

    /// Sets when the key stops to work; `nil`: never.
    package func expire(_ key: String, at time: Int64?) throws(LedgerError) -> KeyRecord {
        try database.transaction { () throws(LedgerError) in
            let old = try find(key)
            if old.revokedAt != nil { throw .keyUnchangeable(id: old.id, reason: "it is revoked") }
            if old.rotatedTo != nil { throw .keyUnchangeable(id: old.id, reason: "it was rotated") }
            try KeyTable.setExpiry(of: old.id, to: time, in: database)
            try record("expire", old.id, #"{"at":\#(time.map(String.init) ?? "null")}"#)
            return try find(old.id)
        }
    }

    /// Ends the key for good, at once. Revoking a revoked key changes nothing.
    package func revoke(_ key: String) throws(LedgerError) -> KeyRecord {
        try database.transaction { () throws(LedgerError) in
            let old = try find(key)
            guard old.revokedAt == nil else { return old }
            try KeyTable.setRevoked(old.id, at: now(), in: database)
            try record("revoke", old.id, "{}")
            return try find(old.id)
        }
    }

    /// The key with this id or shown prefix.
    package func find(_ text: String) throws(LedgerError) -> KeyRecord {
        let found = try KeyTable.matching(text, in: database)
        guard found.count == 1, let record = found.first else { throw .noSuchKey(text) }
        return record
    }

    private func usable(_ text: String) throws(LedgerError) -> KeyRecord {
        let record = try find(text)
        let now = now()
        guard record.isUsable(now: now) else {
            throw .keyUnchangeable(id: record.id, reason: "it is \(record.status(now: now).rawValue)")
        }
        return record
    }

    private func insert(_ request: KeyRequest) throws(LedgerError) -> IssuedKey {
        let text = try KeyText.makeKey()
        let record = KeyRecord(
            id: try KeyText.makeID(), hash: digest(Array(text.utf8)), prefix: KeyText.shownPrefix(of: text),
            user: request.user, team: request.team, groups: request.groups, virtualAccount: request.virtualAccount,
            metadata: request.metadata, createdAt: now(), expiresAt: request.expiresAt, revokedAt: nil, rotatedTo: nil)
        try KeyTable.insert(record, into: database)
        return IssuedKey(text: text, record: record)
    }

    /// Writes the audit line and tells the gateway, within the caller's transaction.
    private func record(_ action: String, _ subject: String, _ details: String) throws(LedgerError) {
        try AuditTable(database).insert(
            AuditEntry(at: now(), actor: actor, action: action, subject: subject, details: details))
        try KeyTable.raiseVersion(in: database)
    }
}
