import Governance
import Configuration
import Providers
import Wire

/// The routes of the models that were asked for lately, by the bytes of their names; loop-confined. Most sessions use two or three
/// models, so that the catalog and the price table are looked into once.
final class KnownRoutes {
    final class Route {
        let requested: String
        /// An entry of the configuration has this very name; with a pattern the name is the client's.
        let isNamed: Bool
        let account: Int
        let upstream: String
        /// As rules know it.
        let names: TargetNames
        /// The upstream's name as JSON, where it differs.
        let replacement: [UInt8]?
        let door: ProviderDoor
        /// Where requests of another dialect are translated to, and the path of their answers.
        let target: TranslationTarget?
        let answerPath: String?
        /// The name that has a price: of the model behind a deployment.
        private let priced: String
        private let region: String?
        private var price: Price?
        private var pricedUntil: Int64 = .min
        private static let priceLifetime: Int64 = 1_000_000_000

        init(
            requested: String, isNamed: Bool = true, account: Int, upstream: String, replacement: [UInt8]?,
            door: ProviderDoor, _ setting: ProviderSetting
        ) {
            self.isNamed = isNamed
            self.door = door
            let model = setting.model(upstream)
            target =
                door.isTranslated
                ? TranslationTarget(
                    dialect: door.dialect, kind: setting.kind, account: setting.name, model: upstream,
                    baseModel: model?.baseModel, maximumOutput: model?.maximumOutput,
                    rejectsLosses: setting.fidelity == .reject) : nil
            answerPath =
                door.isTranslated ? door.path(setting, model: upstream, isStreamed: true, counts: false) : nil
            priced = model?.baseModel ?? upstream
            region = setting.region
            self.requested = requested
            names = TargetNames(requested: requested, provider: setting.name, model: upstream)
            self.account = account
            self.upstream = upstream
            self.replacement = replacement
        }

        /// The price in force; looked up anew each second, as prices have dates.
        func price(in table: PriceTable, at moment: Int64) -> Price? {
            if moment >= pricedUntil || moment < pricedUntil - Self.priceLifetime {
                price = table.price(of: priced, on: door.pricing, region: region, at: moment)
                pricedUntil = moment + Self.priceLifetime
            }
            return price
        }
    }

    enum Known {
        case plain(Route)
        case virtual(VirtualRoute)
    }

    private var entries: [(name: [UInt8], route: Known)] = []
    private var next = 0
    /// More than people ask for within a while: with too few, all that is known by a route would be made anew for each request.
    private static let capacity = 64
    /// Bytes; the Messages API takes 256 characters. What is known of a route is kept, so that a name may not be as large as a body.
    static let longestName = 256

    func find(_ name: UnsafeRawBufferPointer) -> Known? {
        for entry in entries where entry.name.count == name.count {
            if entry.name.withUnsafeBytes({ $0.equals(name) }) { return entry.route }
        }
        return nil
    }

    func keep(_ route: Known, as name: UnsafeRawBufferPointer) {
        if entries.count < Self.capacity {
            entries.append((Array(name), route))
        } else {
            entries[next] = (Array(name), route)
            next = (next + 1) % Self.capacity
        }
    }
}
