import SeededRandom
import Testing

@testable import Configuration
@testable import Providers

@Suite("Cost is exact and rounded once")
struct CostByFractionsTests {
    /// Dollars as an exact fraction: every price is first made a fraction of its own.
    private struct Fraction {
        var top: Int128
        var bottom: Int128

        static func * (left: Fraction, right: Fraction) -> Fraction {
            Fraction(top: left.top * right.top, bottom: left.bottom * right.bottom).reduced
        }

        static func + (left: Fraction, right: Fraction) -> Fraction {
            Fraction(top: left.top * right.bottom + right.top * left.bottom, bottom: left.bottom * right.bottom).reduced
        }

        private var reduced: Fraction {
            var (a, b) = (top, bottom)
            while b != 0 { (a, b) = (b, a % b) }
            return a == 0 ? Fraction(top: 0, bottom: 1) : Fraction(top: top / a, bottom: bottom / a)
        }

        /// Times 10⁹, to the nearest whole, a half to the even one: by comparing both neighbours.
        var nano: Int128 {
            let scaled = self * Fraction(top: 1_000_000_000, bottom: 1)
            let below = scaled.top / scaled.bottom
            let isAbove = scaled.top - below * scaled.bottom, isBelow = (below + 1) * scaled.bottom - scaled.top
            if isAbove == isBelow { return below % 2 == 0 ? below : below + 1 }
            return isAbove < isBelow ? below : below + 1
        }
    }

    private func expected(_ usage: TokenUsage, _ price: Price) -> Int128 {
        let prompt = usage.input + usage.cacheRead + usage.cacheWrite1h + usage.cacheWrite5m
        var tokens = price.tokens
        if let long = price.long, prompt > long.threshold { tokens = long.tokens }
        if case .tokens(let own)? = price.tiers[usage.serviceTier] { tokens = own }
        var sum = Fraction(top: 0, bottom: 1)
        for (count, perMillion) in [
            (usage.input, tokens.input), (usage.output, tokens.output), (usage.cacheRead, tokens.cacheRead),
            (usage.cacheWrite5m, tokens.cacheWrite5m), (usage.cacheWrite1h, tokens.cacheWrite1h),
        ] {
            // `perMillion` is in millionths of a dollar for a million tokens.
            sum =
                sum + Fraction(top: Int128(count), bottom: 1_000_000)
                * Fraction(top: Int128(perMillion), bottom: 1_000_000)
        }
        if usage.isFast { sum = sum * Fraction(top: Int128(price.fastPermille), bottom: 1_000) }
        if usage.isUS { sum = sum * Fraction(top: Int128(price.usPermille), bottom: 1_000) }
        if case .permille(let permille)? = price.tiers[usage.serviceTier] {
            sum = sum * Fraction(top: Int128(permille), bottom: 1_000)
        }
        sum = sum * Fraction(top: Int128(price.regionPermille), bottom: 1_000)
        let search = Fraction(top: Int128(price.webSearch), bottom: 1_000_000_000_000)
        return (sum + search * Fraction(top: Int128(usage.webSearchRequests), bottom: 1)).nano
    }

    private func price(_ row: String) throws -> Price { try #require(try PriceParser.parse(row, table: "t").first) }

    private func usage(_ counts: [Int64], fast: Bool = false, us: Bool = false, searches: Int64 = 0) -> TokenUsage {
        var usage = TokenUsage()
        usage.input = counts[0]
        usage.output = counts[1]
        usage.cacheWrite5m = counts[2]
        usage.cacheWrite1h = counts[3]
        usage.cacheRead = counts[4]
        (usage.isFast, usage.isUS, usage.webSearchRequests) = (fast, us, searches)
        return usage
    }

    @Test("Random usages at random prices cost what fractions say", arguments: 0..<300)
    func random(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        func decimal() -> String {
            "\(Int.random(in: 0...200, using: &generator)).\(Int.random(in: 100_000...999_999, using: &generator))"
        }
        func five(_ separator: String) -> String { (0..<5).map { _ in decimal() }.joined(separator: separator) }
        let threshold = Int64.random(in: 1...2_000_000, using: &generator)
        let row =
            "m - - \(five(" ")) above=\(threshold):\(five("/")) fast=2.5 us=1.1 flex=0.5 priority=1.75 region=1.1 search=0.0\(Int.random(in: 1...99, using: &generator))"
        let price = try price(row).placed(in: Bool.random(using: &generator) ? .regional : nil)
        for _ in 0..<20 {
            let counts = (0..<5).map { _ in
                Int64.random(
                    in: 0...[9, 1_000, 1_000_000][Int.random(in: 0...2, using: &generator)], using: &generator)
            }
            var used = usage(
                counts, fast: Bool.random(using: &generator), us: Bool.random(using: &generator),
                searches: Int64.random(in: 0...5, using: &generator))
            used.serviceTier = [.standard, .flex, .priority][Int.random(in: 0...2, using: &generator)]
            #expect(Int128(Cost.of(used, at: price).value) == expected(used, price), "\(row) \(used)")
        }
    }

    @Test("The built-in prices cost what fractions say")
    func builtIn() throws {
        var generator = SeededGenerator(seed: 3)
        for price in PriceTable.builtInRows {
            var used = usage(
                (0..<5).map { _ in Int64.random(in: 0...300_000, using: &generator) }, fast: true, us: true, searches: 3
            )
            for tier in ServiceTier.allCases {
                used.serviceTier = tier
                for row in [price, price.placed(in: .regional), price.placed(in: .eu), price.placed(in: .gov)] {
                    #expect(Int128(Cost.of(used, at: row).value) == expected(used, row), "\(row.version) \(tier)")
                }
            }
        }
    }

    @Test("Figures worked out by hand")
    func byHand() throws {
        let opus = try price("m - - 4 20 5 8 0.2 fast=2 us=1.1 search=0.01")
        // 1000×4 + 500×20 + 200×5 + 100×8 + 10000×0.2 = 17,800 millionths of a dollar.
        let counts: [Int64] = [1_000, 500, 200, 100, 10_000]
        #expect(Cost.of(usage(counts), at: opus).description == "$0.017800000")
        #expect(Cost.of(usage(counts, fast: true), at: opus).description == "$0.035600000")
        #expect(Cost.of(usage(counts, us: true), at: opus).description == "$0.019580000")
        #expect(Cost.of(usage(counts, fast: true, us: true), at: opus).description == "$0.039160000")
        // A search is not multiplied.
        #expect(Cost.of(usage(counts, fast: true, us: true, searches: 2), at: opus).description == "$0.059160000")
        #expect(Cost.of(TokenUsage(), at: opus) == .zero)
    }

    @Test("The dearer tier begins behind its threshold, counts the cache and holds for all of the request")
    func tiers() throws {
        let haiku = try price("m - - 0.1 0.5 0.125 0.2 0.01 above=100000:0.5/2.5/0.625/1/0.05")
        #expect(Cost.of(usage([100_000, 10, 0, 0, 0]), at: haiku).description == "$0.010005000")
        #expect(Cost.of(usage([100_001, 10, 0, 0, 0]), at: haiku).description == "$0.050025500")
        #expect(Cost.of(usage([1, 10, 0, 0, 100_000]), at: haiku).description == "$0.005025500")
        #expect(Cost.of(usage([0, 10, 50_000, 50_001, 0]), at: haiku).description == "$0.081276000")
        #expect(Cost.of(usage([0, 200_000, 0, 0, 0]), at: haiku).description == "$0.100000000")
    }

    @Test(
        "A half goes to the even nano-dollar",
        arguments: [(1, 0), (2, 1), (3, 2), (4, 2), (5, 2), (6, 3), (7, 4), (9, 4), (11, 6)] as [(Int64, Int64)])
    func halves(tokens: Int64, expected: Int64) throws {
        // Half a nano-dollar a token.
        let price = try price("m - - 0.0005 0 0 0 0")
        #expect(Cost.of(usage([tokens, 0, 0, 0, 0]), at: price).value == expected)
    }

    @Test("Just beside a half is no half")
    func besideHalf() throws {
        let price = try price("m - - 0.000499 0 0 0 0.000501")
        #expect(Cost.of(usage([1, 0, 0, 0, 0]), at: price).value == 0)
        #expect(Cost.of(usage([0, 0, 0, 0, 1]), at: price).value == 1)
        #expect(Cost.roundedHalfEven(2_499, 1_000) == 2 && Cost.roundedHalfEven(2_501, 1_000) == 3)
        #expect(Cost.roundedHalfEven(2_500, 1_000) == 2 && Cost.roundedHalfEven(3_500, 1_000) == 4)
    }

    @Test("What is too much saturates")
    func saturation() throws {
        let price = try price("m - - 1000000 1000000 1000000 1000000 1000000 fast=100 us=100 search=1000")
        let most = usage(Array(repeating: .max, count: 5), fast: true, us: true, searches: .max)
        #expect(Cost.of(most, at: price).value == .max)
        #expect(Cost.of(usage([0, 0, 0, 0, 0], fast: true, us: true, searches: .max), at: price).value == .max)
        #expect(Cost.of(usage([.max, 0, 0, 0, 0]), at: price).value == .max)
    }

    @Test("An estimate is at least one token")
    func estimate() {
        #expect(TokenEstimate.input(bodyBytes: 0) == 1 && TokenEstimate.input(bodyBytes: 4_000) == 1_000)
    }
}
