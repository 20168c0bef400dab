import Wire

/// The `activity` table: adds to it.
struct ActivityTable {
    private let statement: Statement
    static let keyColumns = ["day", "user", "team", "key_id", "project"]
    static let measures = ActivityMeasure.allCases.map(\.rawValue)

    init(_ database: Database) throws(LedgerError) {
        let columns = Self.keyColumns + Self.measures
        let places = Array(repeating: "?", count: columns.count).joined(separator: ", ")
        // Counts that would not fit any more stay where they are.
        let sums = Self.measures.map { "\($0) = min(\($0), 9223372036854775807 - excluded.\($0)) + excluded.\($0)" }
        statement = try database.prepare(
            "INSERT INTO activity (\(columns.joined(separator: ", "))) VALUES (\(places)) "
                + "ON CONFLICT (\(Self.keyColumns.joined(separator: ", "))) DO UPDATE SET "
                + sums.joined(separator: ", "))
    }

    func add(_ row: ActivityRow) throws(LedgerError) {
        statement.bind(1, CivilDate(daysSince1970: row.key.day).text)
        statement.bind(2, row.key.user)
        statement.bind(3, row.key.team)
        statement.bind(4, row.key.keyID)
        statement.bind(5, row.key.project)
        for (offset, value) in row.counts.values.enumerated() {
            statement.bind(Int32(Self.keyColumns.count + 1 + offset), value)
        }
        try statement.run()
    }
}
