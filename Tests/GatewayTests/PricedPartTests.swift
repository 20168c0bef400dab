import Ledger
import Testing

@testable import Configuration

@Suite("What prices depend on is told apart in the ledger")
struct PricedPartTests {
    @Test("Every length from where on a built-in price is another is a bound of the ledger's parts")
    func thresholds() {
        let table = PriceTable.builtIn, moments = table.changes.union([0, 1_795_219_200_000_000_000])
        var thresholds: Set<Int64> = []
        for platform in PricePlatform.allCases {
            for model in table.models(on: platform) {
                for moment in moments {
                    if let long = table.price(of: model, on: platform, at: moment)?.long {
                        thresholds.insert(long.threshold)
                    }
                }
            }
        }
        #expect(!thresholds.isEmpty && thresholds.isSubset(of: PricedPart.longerThan))
        #expect(PricedPart.longerThan == PricedPart.longerThan.sorted())
    }
}
