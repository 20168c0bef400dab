import Wire

extension Report {
    /// The report for people: aligned columns, a total, notes on what the sums leave open.
    ///
    /// - Parameter withBars: a bar per row, its length by cost, for terminals.
    package func table(withBars: Bool) -> String {
        var lines = [title, ""]
        if rows.isEmpty {
            lines.append("No requests.")
            return lines.joined(separator: "\n") + "\n"
        }
        let header = columns.map(\.name) + Self.headers
        let body = rows.map { row in row.values.map(Self.shown) + Self.cells(row.sums) }
        let label = columns.indices.map { $0 == 0 ? "total" : "" }
        let foot = label + Self.cells(total)
        let text = TextColumns([header, foot] + body, leading: columns.count)
        lines += [text.line(header), text.rule]
        let dearest = rows.map(\.sums.costNanoUSD).max() ?? 0
        for (row, cells) in zip(rows, body) {
            let bar = withBars ? Self.bar(row.sums.costNanoUSD, of: dearest) : ""
            lines.append(text.line(cells) + (bar.isEmpty ? "" : "  " + bar))
        }
        lines += [text.rule, text.line(foot)]
        lines += notes
        return lines.joined(separator: "\n") + "\n"
    }

    private var title: String {
        "Requests from \(RFC3339.text(since, fraction: .none)) to \(RFC3339.text(until, fraction: .none))"
    }

    private static let headers = [
        "requests", "input", "write 5m", "write 1h", "cache read", "output", "cost", "cache hit", "errors",
    ]

    private static func cells(_ sums: CostSums) -> [String] {
        let tokens = [
            sums.requests, sums.usage.input, sums.usage.cacheWrite5m, sums.usage.cacheWrite1h, sums.usage.cacheRead,
            sums.usage.output,
        ].map { Money.grouped($0) }
        return tokens + [Money.short(sums.costNanoUSD), percent(sums.cacheHitShare), Money.grouped(sums.errors)]
    }

    /// One place after the point, rounded; a dash where there is nothing to share.
    static func percent(_ share: Double?) -> String {
        guard let share else { return "–" }
        let tenths = Int((share * 1000).rounded())
        return "\(tenths / 10).\(tenths % 10)%"
    }

    /// A value as it may go to a terminal: control characters, which could steer it, replaced.
    static func shown(_ value: String) -> String {
        value.isEmpty ? "–" : TerminalText.shown(value)
    }

    /// Twenty cells for the dearest row, in steps of an eighth.
    private static func bar(_ cost: Int64, of dearest: Int64) -> String {
        guard cost > 0, dearest > 0 else { return "" }
        let eighths = max(1, Int((Double(cost) / Double(dearest) * 160).rounded()))
        let parts: [String] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        return String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
    }

    private var notes: [String] {
        var notes: [String] = []
        if total.unpricedRequests > 0 {
            notes.append(
                "\(Money.grouped(total.unpricedRequests)) of the requests used models without a price: "
                    + "their cost is not in the sums.")
        }
        if total.estimatedRequests > 0 {
            notes.append(
                "\(Money.grouped(total.estimatedRequests)) of the requests ended without a full account of their usage: "
                    + "their cost is estimated.")
        }
        return notes.isEmpty ? [] : [""] + notes
    }
}
