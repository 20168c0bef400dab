import Configuration
import Ledger
import Wire

/// The ledger as a FOCUS 1.2 dataset (FinOps Open Cost and Usage Specification, "Cost and Usage"): one record for each day, provider
/// account, model, token class, team, person and project.
package struct FocusExport {
    private let charges: ProviderCharges
    private let book: PriceBook
    private let list: PriceBook

    package init(_ charges: ProviderCharges, _ snapshot: Snapshot) {
        self.charges = charges
        book = PriceBook(snapshot)
        list = PriceBook(snapshot, table: .builtIn)
    }

    static let columns = [
        "BilledCost", "BillingAccountId", "BillingAccountName", "BillingAccountType", "BillingCurrency",
        "BillingPeriodEnd", "BillingPeriodStart", "ChargeCategory", "ChargeClass", "ChargeDescription",
        "ChargeFrequency", "ChargePeriodEnd", "ChargePeriodStart", "CommitmentDiscountStatus", "ConsumedQuantity",
        "ConsumedUnit",
        "ContractedCost", "ContractedUnitPrice", "EffectiveCost", "InvoiceId", "InvoiceIssuerName", "ListCost",
        "ListUnitPrice",
        "PricingCategory", "PricingCurrency", "PricingCurrencyContractedUnitPrice", "PricingCurrencyEffectiveCost",
        "PricingCurrencyListUnitPrice", "PricingQuantity", "PricingUnit", "ProviderName", "PublisherName",
        "RegionId", "RegionName", "ServiceCategory", "ServiceName", "ServiceSubcategory", "SkuId", "SkuMeter",
        "SkuPriceDetails", "SkuPriceId", "SubAccountId", "SubAccountName", "Tags", "x_TokenClass", "x_Estimated",
        "x_Unpriced",
    ]

    /// The records, line by line, the header first.
    package func write(_ line: (String) -> Void) {
        line(CSVText.line(Self.columns))
        for (key, sums) in charges.charges {
            guard let day = CivilDate(parsing: key.day) else { continue }
            let start = Int64(day.daysSince1970) * CivilDate.nanosecondsPerDay
            let price = book.price(account: key.provider, model: key.model, at: start + CivilDate.nanosecondsPerDay - 1)
            let listed = list.price(
                account: key.provider, model: key.model, at: start + CivilDate.nanosecondsPerDay - 1)
            for part in ClassSplit(sums, at: price).parts {
                line(CSVText.line(record(key, day, part, sums, price, listed)))
            }
        }
    }

    private func record(
        _ key: ProviderCharges.Key, _ day: CivilDate, _ part: ClassSplit.Part, _ sums: CostSums, _ price: Price?,
        _ listed: Price?
    ) -> [String] {
        let names = FocusNames(book.setting(key.provider), account: key.provider, model: key.model)
        let listCost = Self.listCost(part, price, listed)
        let unit = part.kind == .webSearch ? "Requests" : "1000000 Tokens"
        let sku = "\(names.kind)/\(key.model)/\(part.kind.rawValue)"
        let period = Self.period(of: day)
        let cost = NanoText.exact(part.costNanoUSD)
        let contracted = Self.unitPrice(part.costNanoUSD, part), listUnit = Self.unitPrice(listCost, part)
        let region = book.setting(key.provider)?.region ?? ""
        return [
            cost, CSVText.text(key.provider), CSVText.text(key.provider), "Provider account", "USD",
            period.end, period.start, "Usage", "", "\(key.model) \(part.kind.title)",
            "Usage-Based", Self.moment(day.daysSince1970 + 1), Self.moment(day.daysSince1970), "", "\(part.count).0",
            part.kind == .webSearch ? "Requests" : "Tokens",
            cost, contracted, cost, "", names.provider, NanoText.exact(listCost), listUnit,
            "Standard", "USD", contracted, cost, listUnit, Self.quantity(part), unit, names.provider, names.publisher,
            region, region, "AI and Machine Learning", names.service, "Generative AI", CSVText.text(sku),
            part.kind.title, Self.details(key, part), CSVText.text("\(price?.version ?? "unpriced"):\(sku)"),
            CSVText.text(key.team), CSVText.text(key.team), Self.tags(key), part.kind.rawValue,
            "\(sums.estimatedRequests)", "\(sums.unpricedRequests)",
        ]
    }

    // MARK: Values

    /// What it would have cost at the built-in prices, in the proportion of the two.
    private static func listCost(_ part: ClassSplit.Part, _ price: Price?, _ listed: Price?) -> Int64 {
        guard let price, let listed, price.version != listed.version else { return part.costNanoUSD }
        let own = Int128(part.kind.weight(at: price)), public_ = Int128(part.kind.weight(at: listed))
        guard own > 0 else { return part.costNanoUSD }
        return Int64(clamping: (Int128(part.costNanoUSD) * public_ + own / 2) / own)
    }

    /// In millions of tokens, exactly; searches one by one.
    private static func quantity(_ part: ClassSplit.Part) -> String {
        if part.kind == .webSearch { return "\(part.count)" }
        let (whole, rest) = part.count.quotientAndRemainder(dividingBy: 1_000_000)
        let digits = "\(rest)"
        return "\(whole)." + String(repeating: "0", count: 6 - digits.count) + digits
    }

    /// The average price of the record per unit, 15 places.
    private static func unitPrice(_ cost: Int64, _ part: ClassSplit.Part) -> String {
        guard part.count > 0 else { return "0" }
        let scale: Int128 = part.kind == .webSearch ? 1_000_000 : 1_000_000_000_000
        let value = (Int128(cost) * scale + Int128(part.count) / 2) / Int128(part.count)
        let (whole, rest) = value.quotientAndRemainder(dividingBy: 1_000_000_000_000_000)
        let digits = "\(rest)"
        return "\(whole)." + String(repeating: "0", count: 15 - digits.count) + digits
    }

    /// The calendar month, which is what providers invoice.
    private static func period(of day: CivilDate) -> (start: String, end: String) {
        let first = day.daysSince1970 - day.day + 1
        return (moment(first), moment(first + CivilDate.days(inMonth: day.month, ofYear: day.year)))
    }

    private static func moment(_ day: Int) -> String { CivilDate(daysSince1970: day).text + "T00:00:00Z" }

    private static func details(_ key: ProviderCharges.Key, _ part: ClassSplit.Part) -> String {
        object([("x_Model", key.model), ("x_TokenClass", part.kind.rawValue)])
    }

    private static func tags(_ key: ProviderCharges.Key) -> String {
        object(
            [("user", key.user), ("team", key.team), ("project", key.project), ("model", key.model)].filter {
                !$0.1.isEmpty
            })
    }

    private static func object(_ members: [(String, String)]) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in members {
            writer.key(string: name)
            writer.value(string: value)
        }
        writer.endObject()
        return writer.text
    }
}
