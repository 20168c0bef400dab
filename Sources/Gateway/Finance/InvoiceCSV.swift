import Ledger
import Wire

/// Exports as tables: of the Claude Console (usage and cost), of AWS (Cost and Usage Report, both versions' names of columns), of Google
/// Cloud's billing. Columns are found by their names.
enum InvoiceCSV {
    static func read(_ text: String) throws -> Invoice {
        var rows = records(text)
        guard rows.count > 1 else { throw Invoice.Fault(description: "the file has no lines") }
        let header = rows.removeFirst().map { $0.filter { $0 != "\u{FEFF}" }.trimmed.lowercased() }
        let table = Table(columns: Dictionary(header.enumerated().map { ($1, $0) }) { first, _ in first })
        if table.has("usage_date_utc"), table.has("usage_output_tokens") { return try usage(table, rows) }
        if table.has("usage_date_utc"), table.has("cost_usd") { return try cost(table, rows) }
        if table.has("line_item_usage_type") || table.has("lineitem/usagetype") { return try aws(table, rows) }
        if table.has("sku.description") || table.has("sku description") { return try google(table, rows) }
        throw Invoice.Fault(
            description:
                "the file's columns are of no export that is known: \(header.prefix(8).joined(separator: ", ")), …")
    }

    // MARK: Claude Console

    private static func usage(_ table: Table, _ rows: [[String]]) throws -> Invoice {
        var invoice = Invoice(.consoleUsage)
        let classes: [(TokenClass, String)] = [
            (.input, "usage_input_tokens_no_cache"), (.cacheWrite5m, "usage_input_tokens_cache_write_5m"),
            (.cacheWrite1h, "usage_input_tokens_cache_write_1h"), (.cacheRead, "usage_input_tokens_cache_read"),
            (.output, "usage_output_tokens"), (.webSearch, "web_search_count"),
        ]
        for (index, row) in rows.enumerated() {
            let day = try table.day(row, "usage_date_utc", line: index + 2)
            for (kind, column) in classes {
                guard let tokens = Int64(table.value(row, column).filter(\.isNumber)), tokens != 0 else { continue }
                invoice.lines.append(
                    .init(
                        day: day, model: table.value(row, "model_version", "model"), kind: kind, tokens: tokens,
                        cost: nil))
            }
        }
        return invoice
    }

    private static func cost(_ table: Table, _ rows: [[String]]) throws -> Invoice {
        var invoice = Invoice(.consoleCost)
        for (index, row) in rows.enumerated() {
            let type = table.value(row, "token_type")
            invoice.lines.append(
                .init(
                    day: try table.day(row, "usage_date_utc", line: index + 2), model: table.value(row, "model"),
                    kind: Invoice.kind(type.isEmpty ? table.value(row, "cost_type") : type), tokens: nil,
                    cost: try table.dollars(row, "cost_usd", line: index + 2)))
        }
        return invoice
    }

    // MARK: Clouds

    /// `USE1-Claude4.6Sonnet-cache-read-input-token-count`, amounts in what `pricing_unit` says, thousands of tokens if nothing.
    private static func aws(_ table: Table, _ rows: [[String]]) throws -> Invoice {
        var invoice = Invoice(.awsCostAndUsage)
        for (index, row) in rows.enumerated() {
            let product = table.value(row, "line_item_product_code", "lineitem/productcode")
            let type = table.value(row, "line_item_usage_type", "lineitem/usagetype")
            let lineType = table.value(row, "line_item_line_item_type", "lineitem/lineitemtype")
            guard product.contains("Bedrock"), let kind = Invoice.kind(type), lineType.isEmpty || lineType == "Usage"
            else {
                invoice.skipped += 1
                continue
            }
            let unit = table.value(row, "pricing_unit", "pricing/unit").lowercased()
            let scale: Int64 =
                unit.contains("1m") || unit.contains("million")
                ? 1_000_000 : unit == "tokens" || unit == "token" ? 1 : 1_000
            let amount = Invoice.nanos(table.value(row, "line_item_usage_amount", "lineitem/usageamount"))
            invoice.lines.append(
                .init(
                    day: try table.day(row, "line_item_usage_start_date", "lineitem/usagestartdate", line: index + 2),
                    model: awsModel(type), kind: kind,
                    tokens: amount.map { Int64(clamping: Int128($0) * Int128(scale) / 1_000_000_000) },
                    cost: try table.dollars(row, "line_item_unblended_cost", "lineitem/unblendedcost", line: index + 2))
            )
        }
        return invoice
    }

    /// The second part: behind the region's code, before the class.
    private static func awsModel(_ type: String) -> String {
        let parts = type.split(separator: "-").map(String.init)
        guard
            let place = parts.firstIndex(where: { ["input", "output", "cache", "mantle"].contains($0.lowercased()) }),
            place > 0
        else {
            return type
        }
        let hasRegion = place > 1 && parts[0].allSatisfy { $0.isUppercase || $0.isNumber }
        return parts[(hasRegion ? 1 : 0)..<place].joined(separator: "-")
    }

    /// `sku.description` names model and class; amounts are tokens (`count`).
    private static func google(_ table: Table, _ rows: [[String]]) throws -> Invoice {
        var invoice = Invoice(.googleBilling)
        for (index, row) in rows.enumerated() {
            let sku = table.value(row, "sku.description", "sku description")
            guard let kind = Invoice.kind(sku),
                sku.lowercased().contains("token") || sku.lowercased().contains("claude")
            else {
                invoice.skipped += 1
                continue
            }
            let amount = Invoice.nanos(table.value(row, "usage.amount", "usage amount"))
            invoice.lines.append(
                .init(
                    day: try table.day(
                        row, "usage_start_time", "usage start time", "usage start date", line: index + 2),
                    model: googleModel(sku), kind: kind, tokens: amount.map { ($0 + 500_000_000) / 1_000_000_000 },
                    cost: try table.dollars(row, "cost", "cost ($)", line: index + 2)))
        }
        return invoice
    }

    /// What stands before the class.
    private static func googleModel(_ sku: String) -> String {
        let stops: Set = ["input", "output", "cache", "cached", "prompt", "tokens", "token", "text", "-", "–"]
        return sku.split(separator: " ").prefix { !stops.contains($0.lowercased()) }.joined(separator: " ")
    }

    // MARK: The form

    private struct Table {
        let columns: [String: Int]

        func has(_ name: String) -> Bool { columns[name] != nil }

        /// The value of the first of these columns that there is.
        func value(_ row: [String], _ names: String...) -> String { value(row, names) }

        private func value(_ row: [String], _ names: [String]) -> String {
            for name in names {
                if let place = columns[name], place < row.count { return row[place].trimmed }
            }
            return ""
        }

        func day(_ row: [String], _ names: String..., line: Int) throws -> CivilDate {
            let text = value(row, names)
            guard let day = Invoice.day(text) else {
                throw Invoice.Fault(description: "line \(line): `\(text)` is no date")
            }
            return day
        }

        func dollars(_ row: [String], _ names: String..., line: Int) throws -> Int64 {
            let text = value(row, names)
            guard let dollars = Invoice.nanos(text) else {
                throw Invoice.Fault(description: "line \(line): `\(text)` is no amount of dollars")
            }
            return dollars
        }
    }

    /// Fields by RFC 4180; empty lines are left out.
    static func records(_ text: String) -> [[String]] {
        var rows: [[String]] = [], row: [String] = [], field: [UInt8] = []
        var isQuoted = false
        let bytes = Array(text.utf8)
        var index = 0
        func end() {
            row.append(String(decoding: field, as: UTF8.self))
            field = []
        }
        func endRow() {
            end()
            if row.count > 1 || !row[0].isEmpty { rows.append(row) }
            row = []
        }
        while index < bytes.count {
            let byte = bytes[index]
            if isQuoted {
                if byte == UInt8(ascii: "\""), index + 1 < bytes.count, bytes[index + 1] == UInt8(ascii: "\"") {
                    field.append(byte)
                    index += 1
                } else if byte == UInt8(ascii: "\"") {
                    isQuoted = false
                } else {
                    field.append(byte)
                }
            } else {
                switch byte {
                case UInt8(ascii: "\""): isQuoted = true
                case UInt8(ascii: ","): end()
                case UInt8(ascii: "\n"): endRow()
                case UInt8(ascii: "\r"): break
                default: field.append(byte)
                }
            }
            index += 1
        }
        if !field.isEmpty || !row.isEmpty { endRow() }
        return rows
    }
}

extension String {
    fileprivate var trimmed: String {
        var text = self[...]
        while let first = text.first, first.isWhitespace { text.removeFirst() }
        while let last = text.last, last.isWhitespace { text.removeLast() }
        return String(text)
    }
}
