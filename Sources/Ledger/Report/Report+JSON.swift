import Wire

extension Report {
    /// The report as one JSON object: `since`, `until` (RFC 3339, `until` is the first moment out), `rows`, `total`.
    package func json() -> String {
        ReportJSON.text(
            since: since, until: until, columns: columns.map(\.name), rows: rows.map { ($0.values, $0.sums) },
            total: total, Self.write)
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
        writer.member("unpriced_requests", sums.unpricedRequests)
    }
}
