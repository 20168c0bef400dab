/// All prices in force, those of the configuration before the built-in ones.
package struct PriceTable: Sendable {
    /// By model; what is found in an earlier layer counts.
    private var layers: [[String: [Price]]]
    /// The models that have a price, in the table's order, with the platform of their first row.
    private var order: [(model: String, platform: PricePlatform?)] = []

    /// Rows that come first win.
    init(_ prices: [Price]) {
        var rows: [String: [Price]] = [:]
        for price in prices { rows[price.model, default: []].append(price) }
        layers = [rows]
        list(prices)
    }

    /// Rows of one's own before a whole table, by whatever name either finds a model.
    init(_ own: [Price], over table: PriceTable) {
        self.init(own)
        layers = layers.map { $0.mapValues { rows in rows.flatMap { Self.searching($0, as: table) } } }
        layers += table.layers
        for entry in table.order where !order.contains(where: { $0 == entry }) { order.append(entry) }
    }

    /// A row that says nothing of searches, before itself once for each platform on which the table below knows what they cost.
    private static func searching(_ row: Price, as table: PriceTable) -> [Price] {
        if row.saysSearch { return [row] }
        let platforms = row.platform.map { [$0] } ?? PricePlatform.allCases
        return platforms.compactMap { platform in
            table.searchPrice(of: row.model, on: platform).map { row.searching(for: $0, on: platform) }
        } + [row]
    }

    /// Pico-dollars for a web search of a model; `nil`: none of its rows there has a price of it.
    private func searchPrice(of model: String, on platform: PricePlatform) -> Int64? {
        let names = PricedName(model, on: platform, region: nil).names
        return names.lazy.flatMap { name in layers.lazy.flatMap { $0[name] ?? [] } }
            .first { ($0.platform ?? platform) == platform && $0.webSearch > 0 }?.webSearch
    }

    private mutating func list(_ prices: [Price]) {
        var seen: Set<String> = []
        for price in prices where seen.insert("\(price.platform?.rawValue ?? "")/\(price.model)").inserted {
            order.append((price.model, price.platform))
        }
    }

    /// The models that have a price with Anthropic.
    package var models: [String] { models(on: .anthropic) }

    /// The models that have a price on a platform, each once.
    package func models(on platform: PricePlatform) -> [String] {
        var seen: Set<String> = []
        return order.filter { ($0.platform ?? platform) == platform && seen.insert($0.model).inserted }.map(\.model)
    }

    /// The price of one of Anthropic's models at a moment (Unix nanoseconds).
    package func price(of model: String, at moment: Int64) -> Price? { price(of: model, on: .anthropic, at: moment) }

    /// The price of a model at a moment (Unix nanoseconds). How a platform decorates the name — release date, `-latest`, `[1m]`,
    /// vendor, geography — does not hide the model; any other name that is not in the table has no price.
    /// - Parameter region: where the address or the deployment is, as the platform calls it; `nil` or `global`: anywhere.
    package func price(
        of model: String, on platform: PricePlatform, region: String? = nil, at moment: Int64
    ) -> Price? {
        let name = PricedName(model, on: platform, region: region)
        for rows in layers {
            for candidate in name.names {
                if let row = rows[candidate]?.first(where: { $0.holds(on: platform, at: moment) }) {
                    return row.placed(in: name.region)
                }
            }
        }
        return nil
    }

    /// When a price begins or ends, Unix nanoseconds.
    package var changes: Set<Int64> {
        Set(layers.flatMap { $0.values.joined() }.flatMap { [$0.validFrom, $0.validTo] }.compactMap { $0 })
    }

    /// Whether a model has a price there at any time.
    package func hasPrice(of model: String, on platform: PricePlatform, region: String? = nil) -> Bool {
        PricedName(model, on: platform, region: region).names.contains { name in
            layers.contains { $0[name]?.contains { ($0.platform ?? platform) == platform } == true }
        }
    }
}

extension Price {
    fileprivate func holds(on platform: PricePlatform, at moment: Int64) -> Bool {
        (self.platform ?? platform) == platform && (validFrom ?? .min) <= moment && moment < (validTo ?? .max)
    }
}
