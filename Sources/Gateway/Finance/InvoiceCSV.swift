import Ledger
import Wire

/// Exports as tables: of the Claude Console (usage and cost), of AWS (Cost and Usage Report, both versions' names of columns), of Google
/// Cloud's billing.
enum InvoiceCSV {
    static func read(_ text: String) throws(Invoice.Fault) -> Invoice {
        let table = try InvoiceTable(text)
        if table.has("usage_date_utc"), table.has("usage_output_tokens") { return try usage(table) }
        if table.has("usage_date_utc"), table.has("cost_usd") { return try cost(table) }
        if table.has("line_item_usage_type") || table.has("lineitem/usagetype") { return try aws(table) }
        if table.has("sku.description") || table.has("sku description") { return try google(table) }
        let header = table.header.prefix(8).joined(separator: ", ")
        throw Invoice.Fault(description: "the file's columns are of no export that is known: \(header), …")
    }

    // MARK: Claude Console

    /// A cell of input or output must have a number; of caches and searches an empty one, or no column, is none.
    private static func usage(_ table: InvoiceTable) throws(Invoice.Fault) -> Invoice {
        var invoice = Invoice(.consoleUsage)
        let classes: [(kind: TokenClass, column: String, isOptional: Bool)] = [
            (.input, try table.needed("usage_input_tokens_no_cache"), false),
            (.cacheWrite5m, "usage_input_tokens_cache_write_5m", true),
            (.cacheWrite1h, "usage_input_tokens_cache_write_1h", true),
            (.cacheRead, "usage_input_tokens_cache_read", true),
            (.output, try table.needed("usage_output_tokens"), false), (.webSearch, "web_search_count", true),
        ]
        let model = try table.needed("model_version", "model")
        for row in table.rows {
            let day = try table.day(row, "usage_date_utc")
            for (kind, column, isOptional) in classes {
                if isOptional, table.value(row, column).isEmpty { continue }
                let tokens = try table.number(row, column, InvoiceNumber.count)
                if tokens == 0 { continue }
                try invoice.add(
                    .init(day: day, model: table.value(row, model), kind: kind, tokens: tokens, cost: nil),
                    at: InvoiceTable.place(row, column))
            }
        }
        return invoice
    }

    private static func cost(_ table: InvoiceTable) throws(Invoice.Fault) -> Invoice {
        var invoice = Invoice(.consoleCost)
        for row in table.rows {
            let type = table.value(row, "token_type")
            try table.expectDollars(row, table.column("currency"))
            try invoice.add(
                .init(
                    day: try table.day(row, "usage_date_utc"), model: table.value(row, "model"),
                    kind: Invoice.kind(type.isEmpty ? table.value(row, "cost_type") : type), tokens: nil,
                    cost: try table.number(row, "cost_usd", InvoiceNumber.nanos)),
                at: InvoiceTable.place(row, "cost_usd"))
        }
        return invoice
    }

    // MARK: Clouds

    /// `USE1-Claude4.6Sonnet-cache-read-input-token-count`, amounts in what `pricing_unit` says, thousands of tokens if nothing.
    private static func aws(_ table: InvoiceTable) throws(Invoice.Fault) -> Invoice {
        var invoice = Invoice(.awsCostAndUsage)
        let product = try table.needed("line_item_product_code", "lineitem/productcode")
        let usageType = try table.needed("line_item_usage_type", "lineitem/usagetype")
        let lineType = table.column("line_item_line_item_type", "lineitem/lineitemtype")
        let start = try table.needed("line_item_usage_start_date", "lineitem/usagestartdate")
        let amount = table.column("line_item_usage_amount", "lineitem/usageamount")
        let cost = try table.needed("line_item_unblended_cost", "lineitem/unblendedcost")
        let currency = table.column("line_item_currency_code", "lineitem/currencycode")
        let unit = table.column("pricing_unit", "pricing/unit")
        let title = table.column("product_product_name", "product/productname", "product")
        for row in table.rows {
            // Models that AWS resells have a code of the Marketplace: `Claude 3 Haiku (Amazon Bedrock Edition)`.
            let isResold = table.value(row, title).contains("(Amazon Bedrock Edition)")
            guard isResold || table.value(row, product).contains("Bedrock") else {
                invoice.skipped += 1
                continue
            }
            try table.expectDollars(row, currency)
            let nanos = try table.number(row, cost, InvoiceNumber.nanos), place = InvoiceTable.place(row, cost)
            if isResold {
                try invoice.setAside("AWS Marketplace (Amazon Bedrock Edition)", cost: nanos, at: place)
                continue
            }
            let type = table.value(row, usageType), charge = table.value(row, lineType)
            guard charge.isEmpty || charge == "Usage", let kind = Invoice.kind(type) else {
                let name = charge.isEmpty || charge == "Usage" ? "usage other than tokens" : charge
                try invoice.setAside(name, cost: nanos, at: place)
                continue
            }
            let scale = awsScale(table.value(row, unit))
            let tokens = try amount.map { amount throws(Invoice.Fault) in
                try table.number(row, amount) { text throws(InvoiceNumber.Reason) in
                    try InvoiceNumber.tokens(text, unit: scale)
                }
            }
            try invoice.add(
                .init(day: try table.day(row, start), model: awsModel(type), kind: kind, tokens: tokens, cost: nanos),
                at: place)
        }
        return invoice
    }

    /// Tokens in a unit.
    private static func awsScale(_ unit: String) -> Int64 {
        let unit = unit.lowercased()
        if unit.contains("1m") || unit.contains("million") { return 1_000_000 }
        return unit == "tokens" || unit == "token" ? 1 : 1_000
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
    private static func google(_ table: InvoiceTable) throws(Invoice.Fault) -> Invoice {
        var invoice = Invoice(.googleBilling)
        let name = try table.needed("sku.description", "sku description")
        let start = try table.needed("usage_start_time", "usage start time", "usage start date")
        let amount = table.column("usage.amount", "usage amount"), cost = try table.needed("cost", "cost ($)")
        for row in table.rows {
            let sku = table.value(row, name)
            guard let kind = Invoice.kind(sku),
                sku.lowercased().contains("token") || sku.lowercased().contains("claude")
            else {
                invoice.skipped += 1
                continue
            }
            try table.expectDollars(row, table.column("currency"))
            let tokens = try amount.map { amount throws(Invoice.Fault) in
                try table.number(row, amount) { text throws(InvoiceNumber.Reason) in
                    try InvoiceNumber.tokens(text, unit: 1)
                }
            }
            try invoice.add(
                .init(
                    day: try table.day(row, start), model: googleModel(sku), kind: kind, tokens: tokens,
                    cost: try table.number(row, cost, InvoiceNumber.nanos)),
                at: InvoiceTable.place(row, cost))
        }
        return invoice
    }

    /// What stands before the class.
    private static func googleModel(_ sku: String) -> String {
        let stops: Set = ["input", "output", "cache", "cached", "prompt", "tokens", "token", "text", "-", "–"]
        return sku.split(separator: " ").prefix { !stops.contains($0.lowercased()) }.joined(separator: " ")
    }
}
