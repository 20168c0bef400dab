extension Report {
    /// The rows as comma-separated values with a header (RFC 4180), without the total: it can be summed.
    ///
    /// `cost_usd` is the exact cost in dollars, nine places; `cost_nano_usd` the same as an integer.
    package func csv() -> String {
        let measures = [
            "requests", "errors", "input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens",
            "cache_read_tokens", "output_tokens", "cost_nano_usd", "cost_usd", "estimated_requests",
            "unpriced_requests",
        ]
        var text = Self.line(columns.map(\.name) + measures)
        for row in rows {
            let sums = row.sums
            let figures = [
                sums.requests, sums.errors, sums.usage.input, sums.usage.cacheWrite5m, sums.usage.cacheWrite1h,
                sums.usage.cacheRead, sums.usage.output, sums.costNanoUSD,
            ].map { String($0) }
            text += Self.line(
                row.values + figures + [
                    Money.exact(sums.costNanoUSD), String(sums.estimatedRequests), String(sums.unpricedRequests),
                ])
        }
        return text
    }

    static func line(_ fields: [String]) -> String {
        fields.map(quoted).joined(separator: ",") + "\r\n"
    }

    /// Fields with a comma, a quote or a line break stand in quotes, their quotes doubled.
    private static func quoted(_ field: String) -> String {
        let special = field.utf8.contains { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D }
        guard special else { return field }
        var text = "\""
        for scalar in field.unicodeScalars {
            if scalar == "\"" { text += "\"\"" } else { text.unicodeScalars.append(scalar) }
        }
        return text + "\""
    }
}
