import Configuration
import Providers

/// The prices of what stands in the ledger: found by account and model as routing finds them.
package struct PriceBook {
    private let table: PriceTable
    private let settings: [String: ProviderSetting]

    /// - Parameter table: prices other than the configuration's.
    package init(_ snapshot: Snapshot, table: PriceTable? = nil) {
        self.table = table ?? snapshot.prices
        settings = Dictionary(snapshot.providers.map { ($0.name, $0) }) { first, _ in first }
    }

    /// The account's setting; `nil` if the configuration has it no more.
    package func setting(_ account: String) -> ProviderSetting? { settings[account] }

    /// The price of a model at a moment (Unix nanoseconds); `nil`: none, or no such account.
    package func price(account: String, model: String, at moment: Int64) -> Price? {
        guard let setting = settings[account] else { return nil }
        return table.price(
            of: setting.model(model)?.baseModel ?? model, on: ProviderDoor(setting, model: model).pricing,
            region: setting.region, at: moment)
    }

    /// Whether one of the accounts has a price for a model, at any time.
    func isPriced(_ model: String) -> Bool {
        settings.values.contains { setting in
            table.hasPrice(
                of: setting.model(model)?.baseModel ?? model, on: ProviderDoor(setting, model: model).pricing,
                region: setting.region)
        }
    }
}
