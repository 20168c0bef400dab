/// All prices in force, those of the configuration before the built-in ones.
package struct PriceTable: Sendable {
    private var rows: [String: [Price]] = [:]
    /// The models that have a price, in the table's order.
    package private(set) var models: [String] = []

    /// Rows that come first win.
    init(_ prices: [Price]) {
        for price in prices {
            if rows[price.model] == nil { models.append(price.model) }
            rows[price.model, default: []].append(price)
        }
    }

    /// The built-in prices alone.
    package static let builtIn = PriceTable(builtInRows)

    static let builtInRows: [Price] = {
        do throws(PriceParser.Fault) {
            return try PriceParser.parse(anthropicPrices, table: "builtin")
        } catch {
            // The text is part of this program and tested with it.
            fatalError("built-in price table, line \(error.line): \(error.sentence)")
        }
    }()

    /// The price of a model at a moment (Unix nanoseconds). A release date, `-latest` or a `[1m]` behind the name does not
    /// change the price; any other name that is not in the table has none.
    package func price(of model: String, at moment: Int64) -> Price? {
        row(model, at: moment) ?? row(Self.base(of: model), at: moment)
    }

    private func row(_ model: String, at moment: Int64) -> Price? {
        rows[model]?.first { price in
            (price.validFrom ?? .min) <= moment && moment < (price.validTo ?? .max)
        }
    }

    /// `claude-sonnet-4-5-20250929` → `claude-sonnet-4-5`.
    static func base(of model: String) -> String {
        var name = Substring(model)
        if name.hasSuffix("[1m]") { name = name.dropLast(4) }
        if name.hasSuffix("-latest") { return String(name.dropLast(7)) }
        guard let separator = name.lastIndex(where: { $0 == "-" || $0 == "@" }) else { return String(name) }
        let date = name[name.index(after: separator)...]
        return date.count == 8 && date.allSatisfy { $0.isASCII && $0.isNumber }
            ? String(name[..<separator]) : String(name)
    }
}
