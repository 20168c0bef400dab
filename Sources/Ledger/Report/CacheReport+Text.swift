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
            let widths = header.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
            let rule = widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
            let text = cells.map { aligned($0, widths) }
            lines += [text[0], rule] + text[1..<text.count - 1] + [rule, text[text.count - 1]]
        }
        lines += ["", "\(Money.grouped(read)) tokens were read from caches, which saved \(Money.short(savedNanoUSD))."]
        if unpricedRead > 0 {
            lines.append(
                "\(Money.grouped(unpricedRead)) of them belong to models without a price and are not in the sum.")
        }
        if total.unpriced > 0 {
            lines.append(
                "\(Money.grouped(total.unpriced)) of the breaks have no price and are not in the sums of money.")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func figures(_ sums: Sums) -> [String] {
        let share = share(sums).map { share in
            let tenths = Int((share * 1000).rounded())
            return "\(tenths / 10).\(tenths % 10)%"
        }
        return [Money.grouped(sums.breaks), Money.grouped(sums.tokens), Money.short(sums.costNanoUSD), share ?? "–"]
    }

    private func aligned(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let space = String(repeating: " ", count: widths[index] - cell.count)
            line += (index > 0 ? "  " : "") + (index < columns.count ? cell + space : space + cell)
        }
        while line.last == " " { line.removeLast() }
        return line
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

    /// One JSON object: `since`, `until`, `rows`, `total`, `cache_read_tokens`, `saved_nano_usd`.
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
                writer.key(string: column.rawValue)
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
        writer.member("cache_read_tokens", read)
        writer.member("saved_nano_usd", savedNanoUSD)
        writer.member("unpriced_cache_read_tokens", unpricedRead)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self) + "\n"
    }

    private static func write(_ sums: Sums, to writer: inout JSONWriter) {
        writer.member("breaks", sums.breaks)
        writer.member("rebilled_tokens", sums.tokens)
        writer.member("cost_nano_usd", sums.costNanoUSD)
        writer.member("unpriced_breaks", sums.unpriced)
    }
}
