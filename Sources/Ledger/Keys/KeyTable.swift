/// The `keys` table, row by row.
enum KeyTable {
    private static let columns =
        "id, hash, prefix, user, team, metadata, created_at, expires_at, revoked_at, rotated_to, groups, "
        + "virtual_account"

    /// All keys, oldest first.
    static func all(in database: Database) throws(LedgerError) -> [KeyRecord] {
        let statement = try database.prepare("SELECT \(columns) FROM keys ORDER BY created_at, id")
        return try read(statement)
    }

    /// The keys whose id is the text, or whose key begins with it as far as it is shown.
    static func matching(_ text: String, in database: Database) throws(LedgerError) -> [KeyRecord] {
        let statement = try database.prepare("SELECT \(columns) FROM keys WHERE id = ?1 OR prefix = ?1")
        statement.bind(1, text)
        return try read(statement)
    }

    private static func read(_ statement: Statement) throws(LedgerError) -> [KeyRecord] {
        var records: [KeyRecord] = []
        while try statement.step() {
            records.append(
                KeyRecord(
                    id: statement.text(0), hash: [UInt8](statement.bytes(1)), prefix: statement.text(2),
                    user: statement.text(3), team: statement.text(4),
                    groups: statement.text(10).split(separator: ",").map(String.init),
                    virtualAccount: statement.text(11), metadata: statement.text(5),
                    createdAt: statement.integer(6), expiresAt: statement.optionalInteger(7),
                    revokedAt: statement.optionalInteger(8), rotatedTo: statement.optionalText(9)))
        }
        return records
    }

    static func insert(_ record: KeyRecord, into database: Database) throws(LedgerError) {
        let statement = try database.prepare(
            "INSERT INTO keys (\(columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, ?, ?)")
        statement.bind(1, record.id)
        record.hash.withUnsafeBytes { statement.bindBlob(2, $0) }
        statement.bind(3, record.prefix)
        statement.bind(4, record.user)
        statement.bind(5, record.team)
        statement.bind(6, record.metadata)
        statement.bind(7, record.createdAt)
        if let expiresAt = record.expiresAt { statement.bind(8, expiresAt) } else { statement.bindNull(8) }
        statement.bind(9, record.groups.joined(separator: ","))
        statement.bind(10, record.virtualAccount)
        try statement.run()
    }

    static func setExpiry(of id: String, to time: Int64?, in database: Database) throws(LedgerError) {
        let statement = try database.prepare("UPDATE keys SET expires_at = ?2 WHERE id = ?1")
        statement.bind(1, id)
        if let time { statement.bind(2, time) } else { statement.bindNull(2) }
        try statement.run()
    }

    static func setRevoked(_ id: String, at time: Int64, in database: Database) throws(LedgerError) {
        let statement = try database.prepare("UPDATE keys SET revoked_at = ?2 WHERE id = ?1")
        statement.bind(1, id)
        statement.bind(2, time)
        try statement.run()
    }

    static func setRotated(_ id: String, to successor: String, in database: Database) throws(LedgerError) {
        let statement = try database.prepare("UPDATE keys SET rotated_to = ?2 WHERE id = ?1")
        statement.bind(1, id)
        statement.bind(2, successor)
        try statement.run()
    }

    /// The number that rises with every change of a key.
    static func version(in database: Database) throws(LedgerError) -> Int64 {
        try database.integer("SELECT value FROM meta WHERE name = 'keys_version'")
    }

    static func raiseVersion(in database: Database) throws(LedgerError) {
        try database.execute("UPDATE meta SET value = value + 1 WHERE name = 'keys_version'")
    }
}
