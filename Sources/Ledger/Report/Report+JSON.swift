import Wire

extension Report {
    /// The report as one JSON object: `since`, `until` (RFC 3339, `until` is the first moment out), `rows`, `total`.
    package func json() -> String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("since", RFC3339.text(since))
        writer.member("until", RFC3339.text(until))
        writer.key("rows")
        writer.beginArray()
        for row in rows {
            writer.beginObject()
            for (column, value) in zip(columns, row.values) {
                writer.key(string: column.name)
                writer.value(string: value)
            }
            Self.write(row.sums, to: &writer)
            writer.endObject()
        }
        writer.endArray()
        writer.key("total")
        writer.beginObject()
        Self.write(total, to: &writer)
        writer.endObject()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }

    private static func write(_ sums: CostSums, to writer: inout JSONWriter) {
        writer.member("requests", sums.requests)
        writer.member("errors", sums.errors)
        writer.member("input_tokens", sums.usage.input)
        writer.member("cache_write_5m_tokens", sums.usage.cacheWrite5m)
        writer.member("cache_write_1h_tokens", sums.usage.cacheWrite1h)
        writer.member("cache_read_tokens", sums.usage.cacheRead)
        writer.member("output_tokens", sums.usage.output)
        writer.member("cost_nano_usd", sums.costNanoUSD)
        writer.member("estimated_requests", sums.estimatedRequests)
    }
}
