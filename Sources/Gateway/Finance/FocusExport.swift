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

    /// The records as CSV, piece by piece, the header first.
    ///
    /// A month of a large house is half a million records of forty-seven columns: what records have in common is written once and
    /// copied.
    package func write(_ emit: ([UInt8]) -> Void) {
        var line = FocusLine()
        line.text += Array(CSVText.line(Self.columns).utf8)
        var shared: [Served: Service] = [:], tails: [Whose: [UInt8]] = [:]
        for charge in charges.charges {
            let key = charge.key, sums = charge.sums
            let served = Served(day: key.day, provider: key.provider, model: key.model)
            guard let service = shared[served] ?? Service(served, book, list) else { continue }
            shared[served] = service
            let whose = Whose(user: key.user, team: key.team, project: key.project, model: key.model)
            let tail = tails[whose] ?? Self.tail(whose)
            tails[whose] = tail
            for part in ClassSplit(sums, at: service.price).parts {
                line.append(part, service.class(part.kind), listCost: service.listCost(part), tail, sums)
            }
            if line.text.count > 1 << 18 {
                emit(line.text)
                line.text.removeAll(keepingCapacity: true)
            }
        }
        emit(line.text)
    }

    private struct Served: Hashable { let day, provider, model: String }
    private struct Whose: Hashable { let user, team, project, model: String }

    /// Team and tags.
    private static func tail(_ whose: Whose) -> [UInt8] {
        let team = CSVText.text(whose.team)
        let tags = [
            ("user", whose.user), ("team", whose.team), ("project", whose.project), ("model", whose.model),
        ].filter { !$0.1.isEmpty }
        return FocusLine.fields([team, team, object(tags)])
    }

    /// What the records of a day, an account and a model have in common.
    private struct Service {
        let price: Price?
        private let listed: Price?
        private let classes: [FocusLine.Class]

        init?(_ served: Served, _ book: PriceBook, _ list: PriceBook) {
            guard let day = CivilDate(parsing: served.day) else { return nil }
            let moment = day.lastNanosecond
            let price = book.price(account: served.provider, model: served.model, at: moment)
            self.price = price
            listed = list.price(account: served.provider, model: served.model, at: moment)
            classes = TokenClass.allCases.map {
                FocusExport.class(served, day, $0, book.setting(served.provider), price)
            }
        }

        func `class`(_ kind: TokenClass) -> FocusLine.Class { classes[kind.place] }

        /// What it would have cost at the built-in prices: in the proportion of the two, so that tiers count in both; where one's own
        /// price is nothing, and has no proportion to another, at the standard ones.
        func listCost(_ part: ClassSplit.Part) -> Int64 {
            guard let price, let listed, price.version != listed.version else { return part.costNanoUSD }
            let own = part.kind.rate(at: price), public_ = part.kind.rate(at: listed)
            guard own > 0 else { return Int64(clamping: (Int128(part.count) * public_ + 500_000) / 1_000_000) }
            return Int64(clamping: (Int128(part.costNanoUSD) * public_ + own / 2) / own)
        }
    }

    private static func `class`(
        _ served: Served, _ day: CivilDate, _ kind: TokenClass, _ setting: ProviderSetting?, _ price: Price?
    ) -> FocusLine.Class {
        let names = FocusNames(setting, account: served.provider, model: served.model)
        let account = CSVText.text(served.provider), region = setting?.region ?? ""
        let unit = kind == .webSearch ? "Requests" : "1000000 Tokens"
        let sku = "\(names.kind)/\(served.model)/\(kind.rawValue)"
        let period = period(of: day)
        return FocusLine.Class(
            account: FocusLine.fields([
                account, account, "Provider account", "USD", period.end, period.start, "Usage", "",
                CSVText.text("\(served.model) \(kind.title)"), "Usage-Based", moment(day.daysSince1970 + 1),
                moment(day.daysSince1970), "",
            ]),
            unit: FocusLine.fields([kind == .webSearch ? "Requests" : "Tokens"]),
            issuer: FocusLine.fields(["", names.provider]), pricing: FocusLine.fields(["Standard", "USD"]),
            service: FocusLine.fields([
                unit, names.provider, names.publisher, region, region, "AI and Machine Learning", names.service,
                "Generative AI", CSVText.text(sku), kind.title,
                object([("x_Model", served.model), ("x_TokenClass", kind.rawValue)]),
                CSVText.text("\(price?.version ?? "unpriced"):\(sku)"),
            ]),
            kind: FocusLine.fields([kind.rawValue]))
    }

    /// The calendar month, which is what providers invoice.
    private static func period(of day: CivilDate) -> (start: String, end: String) {
        let first = day.daysSince1970 - day.day + 1
        return (moment(first), moment(first + CivilDate.days(inMonth: day.month, ofYear: day.year)))
    }

    private static func moment(_ day: Int) -> String { CivilDate(daysSince1970: day).text + "T00:00:00Z" }

    private static func object(_ members: [(String, String)]) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in members {
            writer.key(string: name)
            writer.value(string: value)
        }
        writer.endObject()
        // Where a semicolon ends a cell, what follows it could begin a formula; an apostrophe would change the value.
        return writer.text.replacing(";", with: #"\u003b"#)
    }
}
