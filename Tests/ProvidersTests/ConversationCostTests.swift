import SeededRandom
import Testing
import Wire

@testable import Configuration
@testable import Providers

/// One conversation with each provider, worked out by hand from what its answers count. The comments are millionths of a dollar.
@Suite("What a conversation costs")
struct ConversationCostTests {
    private func price(
        _ model: String, _ platform: PricePlatform, region: String? = nil, on day: String = "2026-11-20"
    ) throws -> Price {
        let moment = Int64(try #require(CivilDate(parsing: day)).daysSince1970) * CivilDate.nanosecondsPerDay
        return try #require(PriceTable.builtIn.price(of: model, on: platform, region: region, at: moment))
    }

    private func usage(
        input: Int64 = 0, output: Int64 = 0, short: Int64 = 0, long: Int64 = 0, read: Int64 = 0, searches: Int64 = 0,
        tier: ServiceTier = .standard
    ) -> TokenUsage {
        var usage = TokenUsage()
        (usage.input, usage.output, usage.cacheRead) = (input, output, read)
        (usage.cacheWrite5m, usage.cacheWrite1h) = (short, long)
        (usage.webSearchRequests, usage.serviceTier) = (searches, tier)
        return usage
    }

    private func cost(_ usage: TokenUsage, _ price: Price) -> String {
        Cost.charge(for: usage, at: price)?.description ?? "unknown"
    }

    @Test("Anthropic counts the cache apart")
    func anthropic() throws {
        let opus = try price("claude-opus-5-5", .anthropic)
        // 1200×4 + 700×20 + 3000×5 + 400×8 + 50000×0.2 = 4800 + 14000 + 15000 + 3200 + 10000 = 47000.
        var used = usage(input: 1_200, output: 700, short: 3_000, long: 400, read: 50_000)
        #expect(cost(used, opus) == "$0.047000000")
        used.isUS = true
        #expect(cost(used, opus) == "$0.051700000")
        used.isFast = true
        #expect(cost(used, opus) == "$0.103400000")
        used.webSearchRequests = 2
        #expect(cost(used, opus) == "$0.123400000")
        (used.isFast, used.isUS, used.serviceTier) = (false, false, .batch)
        #expect(cost(used, opus) == "$0.043500000")
    }

    @Test("OpenAI counts the cache within the prompt")
    func openAI() throws {
        let sol = try price("gpt-6.2-sol", .openai)
        let (prompt, cached, halfHour, halfDay): (Int64, Int64, Int64, Int64) = (100_000, 80_000, 10_000, 2_000)
        var used = usage(
            input: prompt - cached - halfHour - halfDay, output: 3_000, short: halfHour, long: halfDay, read: cached)
        used.thinking = 2_000
        // 8000×2 + 3000×10 + 10000×2.5 + 2000×5 + 80000×0.1 = 16000 + 30000 + 25000 + 10000 + 8000 = 89000.
        #expect(cost(used, sol) == "$0.089000000")
        used.serviceTier = .flex
        #expect(cost(used, sol) == "$0.044500000")
        used.serviceTier = .priority
        #expect(cost(used, sol) == "$0.178000000")
        #expect(cost(used, try price("gpt-6.2-sol", .openai, region: "eu")) == "$0.195800000")
        used.webSearchRequests = 3
        #expect(cost(used, sol) == "$0.208000000")
        used.serviceTier = .ultrafast
        #expect(cost(used, sol) == "unknown")
        // (1000×2 + 100×10) × 6; (1000×5 + 100×30) × 2.5; 1000×2 + 100×8 + 1000×0.5.
        let fastest = usage(input: 1_000, output: 100, tier: .ultrafast)
        #expect(cost(fastest, try price("gpt-6.1-sol", .openai)) == "$0.018000000")
        let fast = usage(input: 1_000, output: 100, tier: .priority)
        #expect(cost(fast, try price("gpt-5.5", .openai)) == "$0.020000000")
        let mini = usage(input: 1_000, output: 100, read: 1_000, tier: .priority)
        #expect(cost(mini, try price("o4-mini", .openai)) == "$0.003300000")
    }

    @Test("OpenAI's long prompts are dearer from 272,001 tokens on, cached ones included")
    func openAILong() throws {
        let sol = try price("gpt-6.2-sol", .openai)
        // 1000×2 + 1000×10 + 271000×0.1 = 39100; 1000×4 + 1000×15 + 271001×0.2 = 73200.2.
        #expect(cost(usage(input: 1_000, output: 1_000, read: 271_000), sol) == "$0.039100000")
        #expect(cost(usage(input: 1_000, output: 1_000, read: 271_001), sol) == "$0.073200200")
        #expect(cost(usage(input: 1_000, output: 1_000, read: 271_001, tier: .flex), sol) == "$0.036600100")
    }

    @Test("Gemini counts the cache within the prompt and thoughts beside the candidates")
    func gemini() throws {
        let pro = try price("models/gemini-3.1-pro-preview", .gemini)
        let (prompt, cached, candidates, thoughts): (Int64, Int64, Int64, Int64) = (150_000, 120_000, 2_000, 3_000)
        var used = usage(input: prompt - cached, output: candidates + thoughts, read: cached)
        used.thinking = thoughts
        // 30000×2 + 5000×12 + 120000×0.2 = 60000 + 60000 + 24000 = 144000.
        #expect(cost(used, pro) == "$0.144000000")
        used.serviceTier = .priority
        #expect(cost(used, pro) == "$0.259200000")
        used.webSearchRequests = 2
        #expect(cost(used, pro) == "$0.287200000")
        // 200000×2 + 10×12 = 400120; 200001×4 + 10×18 = 800184.
        #expect(cost(usage(input: 200_000, output: 10), pro) == "$0.400120000")
        #expect(cost(usage(input: 200_001, output: 10), pro) == "$0.800184000")
        let argon = usage(input: 1_000, output: 1_000, read: 1_000)
        for platform in [PricePlatform.gemini, .vertex] {
            #expect(cost(argon, try price("gemini-4-argon", platform, on: "2026-11-30")) == "$0.012100000")
            #expect(cost(argon, try price("gemini-4-argon", platform, on: "2026-12-01")) == "$0.024200000")
        }
    }

    @Test("xAI's chat counts reasoning beside the completion, and its answers say what they cost")
    func xAI() throws {
        let grok = try price("grok-4.7", .xai)
        let (prompt, cached, total): (Int64, Int64, Int64) = (10_000, 6_000, 12_000)
        var used = usage(input: prompt - cached, output: total - prompt, read: cached)
        // 4000×2 + 2000×6 + 6000×0.5 = 8000 + 12000 + 3000 = 23000.
        #expect(cost(used, grok) == "$0.023000000")
        used.reportedCost = NanoUSD(xAITicks: 230_000_017)
        #expect(cost(used, grok) == "$0.023000002")
        #expect(Cost.charge(for: used, at: nil) == NanoUSD(23_000_002))
        // 200000×2 + 100×6 = 400600; 200001×4 + 100×12 = 801204.
        #expect(cost(usage(input: 1, output: 100, read: 199_999), grok) == "$0.100601500")
        #expect(cost(usage(input: 200_000, output: 100), grok) == "$0.400600000")
        #expect(cost(usage(input: 200_001, output: 100, searches: 1), grok) == "$0.806204000")
    }

    @Test("Bedrock's geographies cost a tenth more, GovCloud a fifth")
    func bedrock() throws {
        let used = usage(input: 1_200, output: 700, short: 3_000, long: 400, read: 50_000)
        for (model, expected) in [
            ("global.anthropic.claude-opus-5-5", "$0.047000000"), ("us.anthropic.claude-opus-5-5-v1:0", "$0.051700000"),
            ("us-gov.anthropic.claude-opus-5-5", "$0.056400000"),
        ] {
            #expect(cost(used, try price(model, .bedrock)) == expected)
        }
        // 0.125 × 1.1 is 137.5 nano-dollars for a token, 412.5 for three.
        let haiku = try price("eu.anthropic.claude-haiku-5-5", .bedrock)
        #expect(cost(usage(short: 1), haiku) == "$0.000000138")
        #expect(cost(usage(short: 3), haiku) == "$0.000000412")
        // 100000×0.01×1.1; 100001×0.05×1.1 = 5500.055.
        #expect(cost(usage(read: 100_000), haiku) == "$0.001100000")
        #expect(cost(usage(read: 100_001), haiku) == "$0.005500055")
        // 1000×3.375 + 100×20.25.
        let gov = try price("openai.gpt-5.4", .mantle, region: "us-gov-west-1")
        #expect(cost(usage(input: 1_000, output: 100), gov) == "$0.005400000")
    }

    @Test("Vertex' regions cost a tenth more")
    func vertex() throws {
        let sonnet = try price("claude-sonnet-4-5@20250929", .vertex, region: "europe-west1")
        // (200000×3 + 1000×15) × 1.1; (200001×6 + 1000×22.5) × 1.1 = 1222506 × 1.1.
        #expect(cost(usage(input: 200_000, output: 1_000), sonnet) == "$0.676500000")
        #expect(cost(usage(input: 200_001, output: 1_000), sonnet) == "$1.344756600")
        let global = try price("claude-sonnet-4-5@20250929", .vertex, region: "global")
        #expect(cost(usage(input: 200_000, output: 1_000), global) == "$0.615000000")
    }

    @Test("Azure's data zones, the rounded ones as they are")
    func azure() throws {
        let used = usage(input: 1_000, output: 100)
        // 1000×2 + 100×10 = 3000, times 1, 1.1, 1.2.
        for (region, expected) in [
            ("global", "$0.003000000"), ("us", "$0.003300000"), ("swedencentral", "$0.003300000"),
            ("eu", "$0.003600000"),
        ] {
            #expect(cost(used, try price("gpt-6-sol-2026-09-22", .azure, region: region)) == expected)
        }
        #expect(cost(usage(read: 1_000), try price("o4-mini", .azure, region: "eu")) == "$0.000303000")
        let fast = try price("claude-opus-5-5-fast", .azure)
        #expect(cost(used, fast) == "$0.012000000")
    }

    @Test(
        "Ten ticks are a nano-dollar, a half goes to the even one",
        arguments: [
            (0, 0), (4, 0), (5, 0), (6, 1), (10, 1), (14, 1), (15, 2), (16, 2), (25, 2), (26, 3),
            (10_000_000_000, 1_000_000_000),
            (.max, 922_337_203_685_477_581), (-1, nil), (.min, nil),
        ] as [(Int64, Int64?)])
    func ticks(ticks: Int64, expected: Int64?) {
        #expect(NanoUSD(xAITicks: ticks)?.value == expected)
    }

    @Test("Sums keep a reported cost only while all of it is reported")
    func sums() {
        var first = usage(input: 1, output: 2)
        (first.thinking, first.reportedCost) = (1, NanoUSD(5))
        var second = usage(input: 10, output: 20)
        (second.thinking, second.reportedCost) = (10, NanoUSD(7))
        var sum = TokenUsage()
        sum.add(first)
        #expect(sum.reportedCost == NanoUSD(5) && sum.thinking == 1)
        sum.add(TokenUsage())
        #expect(sum.reportedCost == NanoUSD(5))
        sum.add(second)
        #expect(sum.reportedCost == NanoUSD(12) && sum.thinking == 11 && sum.input == 11 && sum.output == 22)
        sum.add(usage(input: 1))
        #expect(sum.reportedCost == nil && sum.input == 12)
        sum.add(first)
        #expect(sum.reportedCost == nil)
    }

    @Test("A cost grows with each class alone, and by as much for as many tokens")
    func additive() throws {
        var generator = SeededGenerator(seed: 11)
        let classes: [WritableKeyPath<TokenUsage, Int64>] = [
            \.input, \.output, \.cacheWrite5m, \.cacheWrite1h, \.cacheRead, \.webSearchRequests,
        ]
        for price in PriceTable.builtInRows {
            let tiers = ServiceTier.allCases.filter(price.knows)
            for field in classes {
                var one = TokenUsage()
                one.serviceTier = tiers[Int.random(in: 0..<tiers.count, using: &generator)]
                var other = one, both = one
                one[keyPath: field] = Int64.random(in: 0...50_000, using: &generator)
                other[keyPath: field] = Int64.random(in: 0..<50_000, using: &generator)
                both[keyPath: field] = one[keyPath: field] + other[keyPath: field]
                let parts = Cost.of(one, at: price) + Cost.of(other, at: price), whole = Cost.of(both, at: price)
                // Each of the three is rounded once.
                #expect(abs(whole.value - parts.value) <= 1, "\(price.version)")
                #expect(whole >= Cost.of(one, at: price) && whole >= Cost.of(other, at: price), "\(price.version)")
            }
        }
    }
}
