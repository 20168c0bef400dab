import Ledger
import Providers
import SeededRandom
import Testing

@testable import Configuration
@testable import Gateway

@Suite("A charge told apart by token class")
struct ClassSplitTests {
    private static let table = try? PriceParser.parse(
        "a - - 3 15 3.75 6 0.3 search=0.01\nb - - 0 0 0 0 0\nc - - 9000 9000 9000 9000 9000\n", table: "t")

    @Test(
        "The classes cost what the whole costs, to the nano-dollar, whatever was used",
        arguments: 0..<400 as Range<UInt64>)
    func exact(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        func count() -> Int64 {
            let bits = [0, 0, 4, 12, 30, 45, 61].randomElement(using: &random) ?? 0
            return Int64.random(in: 0..<(1 << bits), using: &random)
        }
        var sums = CostSums()
        sums.usage = UsageCounts(
            input: count(), output: count(), cacheWrite5m: count(), cacheWrite1h: count(), cacheRead: count(),
            webSearchRequests: count(), webFetchRequests: count())
        sums.costNanoUSD = count() * (seed % 10 == 0 ? -1 : 1)
        let prices = try #require(Self.table)
        for price in [nil] + prices {
            let split = ClassSplit(sums, at: price)
            #expect(split.parts.reduce(0) { $0 + $1.costNanoUSD } == sums.costNanoUSD)
            #expect(split.parts.allSatisfy { $0.costNanoUSD == 0 || ($0.costNanoUSD < 0) == (sums.costNanoUSD < 0) })
            for part in split.parts where part.count > 0 { #expect(part.count == part.kind.count(in: sums.usage)) }
            #expect(Set(split.parts.map(\.kind)).count == split.parts.count)
        }
    }

    @Test("A class has the share that its price gives it")
    func proportions() throws {
        var sums = CostSums()
        sums.usage = UsageCounts(input: 1000, output: 100, cacheRead: 10_000)
        sums.costNanoUSD = 3_000_000 + 1_500_000 + 3_000_000
        let parts = ClassSplit(sums, at: try #require(Self.table?.first)).parts
        #expect(parts.map(\.costNanoUSD) == [3_000_000, 3_000_000, 1_500_000])
        #expect(TokenClass.allCases.map(\.place) == Array(0..<6))
    }

    @Test("A search costs what it costs, whatever tier the tokens had")
    func searches() throws {
        var sums = CostSums()
        sums.usage = UsageCounts(input: 1000, output: 100, webSearchRequests: 2)
        sums.costNanoUSD = 2 * (3_000_000 + 1_500_000) + 2 * 10_000_000
        let price = try #require(Self.table?.first)
        #expect(ClassSplit(sums, at: price).parts.map(\.costNanoUSD) == [6_000_000, 3_000_000, 20_000_000])
        // Less than the searches alone: all in proportion.
        sums.costNanoUSD = 4_900_000
        #expect(ClassSplit(sums, at: price).parts.map(\.costNanoUSD) == [600_000, 300_000, 4_000_000])
    }

    @Test("A region's surcharge is in what the past would have cost")
    func regions() throws {
        let plain = try #require(try PriceParser.parse("a - - 3 15 3.75 6 0.3 region=1.1\n", table: "t").first)
        let placed = plain.placed(in: .regional)
        #expect(placed.regionPermille == 1_100)
        var usage = TokenUsage()
        usage.input = 1_000
        usage.cacheRead = 50_000
        #expect(ClassSplit.plain(usage, placed, 1) * 10 == ClassSplit.plain(usage, plain, 1) * 11)
        let searched = try #require(try PriceParser.parse("a - - 0 0 0 0 0 region=1.1 search=0.01\n", table: "t").first)
        usage.webSearchRequests = 3
        #expect(ClassSplit.plain(usage, searched.placed(in: .regional), 1) == 30_000_000 * 1_000_000)
    }
}
