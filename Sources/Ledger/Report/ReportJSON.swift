import Wire

/// What the JSON of reports has in common: `since`, `until` (RFC 3339, `until` is the first moment out), `rows`, `total`.
enum ReportJSON {
    /// One JSON object on a line of its own.
    ///
    /// - Parameters:
    ///   - columns: names of the values that a row begins with.
    ///   - sums: writes the members behind them; the total has these alone.
    ///   - rest: writes members of the report as a whole.
    static func text<Sums>(
        since: Int64, until: Int64, columns: [String], rows: [(values: [String], sums: Sums)],
        total: Sums, _ sums: (Sums, inout JSONWriter) -> Void,
        rest: (inout JSONWriter) -> Void = { _ in }
    ) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("since", RFC3339.text(since))
        writer.member("until", RFC3339.text(until))
        writer.key("rows")
        writer.beginArray()
        for row in rows {
            writer.beginObject()
            for (column, value) in zip(columns, row.values) {
                writer.key(string: column)
                writer.value(string: value)
            }
            sums(row.sums, &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.key("total")
        writer.beginObject()
        sums(total, &writer)
        writer.endObject()
        rest(&writer)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }
}
