extension Report {
    /// The rows as comma-separated values with a header (RFC 4180), without the total: it can be summed.
    ///
    /// A value that a spreadsheet would take for a formula stands behind an apostrophe (`CSVText`).
    ///
    /// `cost_usd` is the exact cost in dollars, nine places; `cost_nano_usd` the same as an integer.
    package func csv() -> String {
        let measures = [
            "requests", "errors", "input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens",
            "cache_read_tokens", "output_tokens", "cost_nano_usd", "cost_usd", "estimated_requests",
            "unpriced_requests",
        ]
        var text = CSVText.line(columns.map(\.name) + measures)
        for row in rows {
            let sums = row.sums
            let figures = [
                sums.requests, sums.errors, sums.usage.input, sums.usage.cacheWrite5m, sums.usage.cacheWrite1h,
                sums.usage.cacheRead, sums.usage.output, sums.costNanoUSD,
            ].map { String($0) }
            text += CSVText.line(
                row.values.map(CSVText.text) + figures + [
                    Money.exact(sums.costNanoUSD), String(sums.estimatedRequests), String(sums.unpricedRequests),
                ])
        }
        return text
    }
}
