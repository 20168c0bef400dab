import Wire

extension CacheReport {
    /// For people: aligned columns, a total, and what caching saved.
    package func table() -> String {
        let span = "\(RFC3339.text(since, fraction: .none)) to \(RFC3339.text(until, fraction: .none))"
        var lines = ["Breaks of caches from \(span)", ""]
        if rows.isEmpty {
            lines.append("No breaks.")
        } else {
            let header = columns.map(\.rawValue) + ["breaks", "tokens", "cost", "of savings"]
            let label = columns.indices.map { $0 == 0 ? "total" : "" }
            let cells =
                [header] + rows.map { $0.values.map(Report.shown) + figures($0.sums) } + [label + figures(total)]
            let columns = TextColumns(cells, leading: columns.count), text = cells.map(columns.line)
            lines += [text[0], columns.rule] + text[1..<text.count - 1] + [columns.rule, text[text.count - 1]]
        }
        let worth = savings.total
        lines += [
            "",
            "\(Money.grouped(savings.read)) tokens were read from caches, which saved \(Money.short(worth.savedNanoUSD)): as input they "
                + "would have cost \(Money.short(worth.readNanoUSD)) more, and writing cost \(Money.short(worth.writeNanoUSD)) more than input.",
        ]
        if savings.unpricedRead > 0 {
            lines.append(
                "\(Money.grouped(savings.unpricedRead)) of them belong to models without a price and are not in the sum."
            )
        }
        if total.unpriced > 0 {
            lines.append(
                "\(Money.grouped(total.unpriced)) of the breaks have no price and are not in the sums of money.")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func figures(_ sums: Sums) -> [String] {
        [
            Money.grouped(sums.breaks), Money.grouped(sums.tokens), Money.short(sums.costNanoUSD),
            Report.percent(share(sums)),
        ]
    }

    /// The rows as comma-separated values with a header (RFC 4180).
    package func csv() -> String {
        let header =
            columns.map(\.rawValue) + ["breaks", "rebilled_tokens", "cost_nano_usd", "cost_usd", "unpriced_breaks"]
        return rows.reduce(CSVText.line(header)) { text, row in
            let sums = row.sums
            return text
                + CSVText.line(
                    row.values.map(CSVText.text) + [
                        String(sums.breaks), String(sums.tokens), String(sums.costNanoUSD),
                        Money.exact(sums.costNanoUSD),
                        String(sums.unpriced),
                    ])
        }
    }

    /// One JSON object: `since`, `until`, `rows`, `total`, `cache_read_tokens`, `saved_nano_usd` with its two parts.
    package func json() -> String {
        ReportJSON.text(
            since: since, until: until, columns: columns.map(\.rawValue), rows: rows.map { ($0.values, $0.sums) },
            total: total, Self.write
        ) { writer in
            writer.member("cache_read_tokens", savings.read)
            writer.member("saved_nano_usd", savings.total.savedNanoUSD)
            writer.member("saved_by_reads_nano_usd", savings.total.readNanoUSD)
            writer.member("extra_of_writes_nano_usd", savings.total.writeNanoUSD)
            writer.member("unpriced_cache_read_tokens", savings.unpricedRead)
        }
    }

    private static func write(_ sums: Sums, to writer: inout JSONWriter) {
        writer.member("breaks", sums.breaks)
        writer.member("rebilled_tokens", sums.tokens)
        writer.member("cost_nano_usd", sums.costNanoUSD)
        writer.member("unpriced_breaks", sums.unpriced)
    }
}
