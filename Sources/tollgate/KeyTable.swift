import Ledger
import Wire

/// Keys for people to read; never a key itself.
enum KeyTable {
    static func render(_ records: [KeyRecord], now: Int64) -> String {
        var rows = [["ID", "KEY", "USER", "TEAM", "GROUPS", "STATUS", "CREATED", "EXPIRES", "METADATA"]]
        for record in records {
            rows.append([
                record.id, record.prefix + "…", record.user, record.team, record.groups.joined(separator: ","),
                record.status(now: now).rawValue, day(record.createdAt), record.expiresAt.map { day($0) } ?? "never",
                record.metadata == "{}" ? "" : record.metadata,
            ])
        }
        return TextTable.render(rows)
    }

    private static func day(_ moment: Int64) -> String { RFC3339.text(moment, fraction: .none) }
}
