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
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
            var line = cells.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }

    private static func day(_ moment: Int64) -> String { RFC3339.text(moment, fraction: .none) }
}
