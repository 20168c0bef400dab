import Configuration
import SeededRandom
import Testing

@testable import Providers

@Suite("What a request will use is expected from what requests like it used")
struct UsageForecastTests {
    private let price = PriceTable.builtIn.price(of: "claude-sonnet-4-6", at: 1_795_000_000_000_000_000)

    private func keys(_ session: String = "s", caller: String = "k", model: String = "m") -> UsageForecast.Keys {
        Array(session.utf8).withUnsafeBytes {
            UsageForecast.Keys(
                conversation: $0, agent: UnsafeRawBufferPointer(start: nil, count: 0), caller: caller, model: model)
        }
    }

    private func cached(_ output: Int64) -> TokenUsage {
        var usage = TokenUsage()
        usage.input = 10
        usage.cacheRead = 24_000
        usage.cacheWrite5m = 1_000
        usage.output = output
        return usage
    }

    @Test(
        "Nothing is known: a quarter token a byte, written to the cache, and a moderate answer, never more than was asked for"
    )
    func unknown() {
        var forecast = UsageForecast()
        let expected = forecast.expect(keys(), bodyBytes: 4_000, maximumOutput: 32_000)
        #expect(expected.totalInput == 1_000 && expected.plainInput == 1_250 && expected.output == 2_000)
        #expect(forecast.expect(keys(), bodyBytes: 4_000, maximumOutput: 64).output == 64)
    }

    @Test(
        "A conversation that reads from its cache is expected to go on so, at a tenth of what max_tokens would reserve")
    func cachedConversation() throws {
        var forecast = UsageForecast()
        let price = try #require(price)
        for index in 0..<20 { forecast.learn(keys(), bodyBytes: 100_000, usage: cached(Int64(200 + index)), at: price) }
        let expected = forecast.expect(keys(), bodyBytes: 100_000, maximumOutput: 32_000)
        #expect(expected.totalInput == 25_010)
        #expect(expected.output == 218, "nineteen of twenty")
        let amount = Cost.of(expected.usage, at: price).value
        let actual = Cost.of(cached(219), at: price).value
        #expect(abs(amount - actual) * 50 < actual, "within two percent: \(amount) for \(actual)")
        #expect(amount * 10 < Cost.most(inputTokens: 100_000, maximumOutput: 32_000, at: price).value)
    }

    @Test("Another session of the same key is expected to be like it, then another key's of the same model")
    func levels() {
        var forecast = UsageForecast()
        for _ in 0..<3 { forecast.learn(keys(), bodyBytes: 1_000, usage: cached(77), at: price) }
        #expect(forecast.expect(keys("other"), bodyBytes: 1_000, maximumOutput: nil).output == 77)
        #expect(forecast.expect(keys("other", caller: "x"), bodyBytes: 1_000, maximumOutput: nil).output == 77)
        #expect(forecast.expect(keys("other", model: "y"), bodyBytes: 1_000, maximumOutput: nil).output == 2_000)
    }

    @Test("Nobody teaches another's session by its name")
    func namesakes() {
        var forecast = UsageForecast()
        for _ in 0..<3 { forecast.learn(keys(), bodyBytes: 1_000, usage: cached(77), at: price) }
        for _ in 0..<20 { forecast.learn(keys(caller: "x"), bodyBytes: 1_000, usage: cached(60_000), at: price) }
        #expect(forecast.expect(keys(), bodyBytes: 1_000, maximumOutput: nil).output == 77)
    }

    /// A search at the provider: a small body, and results that no byte of it stands for.
    private func search() -> TokenUsage {
        var usage = TokenUsage()
        usage.input = 15_000
        usage.output = 300
        return usage
    }

    @Test("What did not come with a body says nothing of larger ones")
    func searches() {
        var forecast = UsageForecast()
        for _ in 0..<4 { forecast.learn(keys(), bodyBytes: 1_500, usage: search(), at: price) }
        #expect(forecast.expect(keys(), bodyBytes: 1_500, maximumOutput: nil).totalInput == 15_000, "as it was")
        let large = forecast.expect(keys(), bodyBytes: 300_000, maximumOutput: nil)
        #expect(large.totalInput == 75_000 && large.plainInput == 93_750, "as one of which nothing is known")
        for _ in 0..<3 { forecast.learn(keys(), bodyBytes: 300_000, usage: cached(200), at: price) }
        let known = forecast.expect(keys(), bodyBytes: 300_000, maximumOutput: nil)
        #expect(
            known.totalInput == 25_010 && known.plainInput == 15_000, "as those of its size, but no less than a search")
        for _ in 0..<18 { forecast.learn(keys(), bodyBytes: 300_000, usage: cached(200), at: price) }
        #expect(
            forecast.expect(keys(), bodyBytes: 300_000, maximumOutput: nil).plainInput < 4_000, "nineteen of twenty")
    }

    @Test("No more is expected of a body than it has bytes, but for what was seen once", arguments: 0..<40)
    func bounded(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var forecast = UsageForecast(), mostSeen: Int64 = 0
        for _ in 0..<Int.random(in: 3...40, using: &generator) {
            var usage = TokenUsage()
            usage.input = Int64.random(in: 1...100_000, using: &generator)
            usage.output = 1
            mostSeen = max(mostSeen, usage.input)
            let bytes = Int.random(in: 1...200_000, using: &generator)
            forecast.learn(keys(), bodyBytes: bytes, usage: usage, at: nil)
            let next = Int.random(in: 1...10_000_000, using: &generator)
            #expect(
                forecast.expect(keys(), bodyBytes: next, maximumOutput: nil).totalInput
                    <= max(Int64(next) + 1, mostSeen))
        }
    }

    @Test("An answer's impossible counts do not grow with the next request's size")
    func wild() {
        var forecast = UsageForecast(), usage = TokenUsage()
        usage.input = UsageReport.largestCount
        usage.output = UsageReport.largestCount
        for _ in 0..<3 { forecast.learn(keys(), bodyBytes: 1, usage: usage, at: nil) }
        let expected = forecast.expect(keys(), bodyBytes: 1 << 30, maximumOutput: nil)
        #expect(expected.totalInput == UsageReport.largestCount && expected.plainInput == UsageReport.largestCount)
        #expect(expected.tokens == 2 * UsageReport.largestCount)
    }

    @Test("What is remembered is bounded, and what is used is kept")
    func bounded() {
        var forecast = UsageForecast(capacity: 100)
        for _ in 0..<3 { forecast.learn(keys("kept"), bodyBytes: 1_000, usage: cached(50), at: price) }
        for index in 0..<10_000 {
            forecast.learn(keys("s\(index)", caller: "c\(index)"), bodyBytes: 1_000, usage: cached(900), at: price)
            if index % 20 == 0 { forecast.learn(keys("kept"), bodyBytes: 1_000, usage: cached(50), at: price) }
        }
        #expect(forecast.remembered <= 200)
        #expect(forecast.expect(keys("kept"), bodyBytes: 1_000, maximumOutput: nil).output == 50)
    }

    @Test("No usage costs more than the most, whatever its classes", arguments: 0..<500)
    func most(seed: Int) throws {
        let price = try #require(price)
        func part(_ factor: Int, _ most: Int64) -> Int64 { Int64((seed &* factor &+ 12_345) & 0xFFFF) * most / 0xFFFF }
        let bytes = 1 + seed * 997
        var usage = TokenUsage(), left = Int64(bytes)
        usage.cacheRead = part(7_919, left)
        left -= usage.cacheRead
        usage.cacheWrite1h = part(104_729, left)
        left -= usage.cacheWrite1h
        usage.cacheWrite5m = part(1_299_709, left)
        usage.input = left - usage.cacheWrite5m
        usage.output = part(31, 64_000)
        usage.isFast = seed % 2 == 0
        usage.isUS = seed % 3 == 0
        #expect(Cost.of(usage, at: price) <= Cost.most(inputTokens: Int64(bytes), maximumOutput: 64_000, at: price))
    }
}
