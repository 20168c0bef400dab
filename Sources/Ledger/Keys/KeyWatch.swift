/// Sees changes that other processes make to the keys, and passes all keys on.
///
/// SQLite's `data_version` tells for microseconds whether anybody else wrote; only then is the keys' own version
/// read, and only if that has risen are the keys.
struct KeyWatch {
    /// Milliseconds from one look to the next.
    static let interval: Int64 = 200

    private let database: Database
    private let dataVersion: Statement
    private let onChange: @Sendable ([KeyRecord]) -> Void
    private var seenData: Int64 = -1
    private var seenKeys: Int64
    private var nextLook: Int64 = 0

    /// - Parameter seen: the version of the keys that the caller has already.
    init(_ database: Database, seen: Int64, onChange: @escaping @Sendable ([KeyRecord]) -> Void)
        throws(LedgerError)
    {
        self.database = database
        self.onChange = onChange
        dataVersion = try database.prepare("PRAGMA data_version")
        seenKeys = seen
    }

    /// - Parameter now: milliseconds of a monotonic clock.
    mutating func poll(now: Int64) throws(LedgerError) {
        guard now >= nextLook else { return }
        nextLook = now + Self.interval
        try pollNow()
    }

    mutating func pollNow() throws(LedgerError) {
        let data = try dataVersion.step() ? dataVersion.integer(0) : 0
        dataVersion.reset()
        guard data != seenData else { return }
        // The version first: a change between the two reads is then seen once more, not missed.
        let version = try KeyTable.version(in: database)
        if version != seenKeys {
            onChange(try KeyTable.all(in: database))
            seenKeys = version
        }
        seenData = data
    }
}
