import Testing
import Wire

@testable import Configuration

@Suite("Prices by platform")
struct PlatformPriceTests {
    private func now() throws -> Int64 { try day("2026-11-20") }

    private func day(_ text: String) throws -> Int64 {
        Int64(try #require(CivilDate(parsing: text)).daysSince1970) * CivilDate.nanosecondsPerDay
    }

    private func version(
        _ model: String, _ platform: PricePlatform, region: String? = nil, in table: PriceTable = .builtIn
    ) throws -> String {
        let version = table.price(of: model, on: platform, region: region, at: try now())?.version ?? "none"
        return version.replacing("-2026-11-20", with: "")
    }

    @Test(
        "Bedrock's ids, profiles and ARNs name a model and its geography",
        arguments: [
            ("anthropic.claude-opus-5-5", "claude-opus-5-5"), ("anthropic.claude-opus-4-6-v1", "claude-opus-4-6"),
            ("anthropic.claude-haiku-4-5-20251001-v1:0", "claude-haiku-4-5"),
            ("anthropic.claude-haiku-4-5@20251001", "claude-haiku-4-5"),
            ("global.anthropic.claude-opus-5-5-v1:0", "claude-opus-5-5"),
            ("us.anthropic.claude-opus-5-5-v1:0", "claude-opus-5-5@region"),
            ("us.anthropic.claude-opus-5-5-v1:0[1m]", "claude-opus-5-5@region"),
            ("us.anthropic.claude-sonnet-4-5-20250929-v1:0:200k", "claude-sonnet-4-5@region"),
            ("eu.anthropic.claude-opus-5", "claude-opus-5@region"),
            ("jp.anthropic.claude-opus-5", "claude-opus-5@region"),
            ("au.anthropic.claude-opus-5", "claude-opus-5@region"),
            ("apac.anthropic.claude-opus-5", "claude-opus-5@region"),
            ("us-gov.anthropic.claude-opus-5", "claude-opus-5@gov"),
            // Before the 4.5 models every geography cost the same.
            ("us.anthropic.claude-opus-4-1-20250805-v1:0", "claude-opus-4-1"),
            (
                "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-5-5",
                "claude-opus-5-5@region"
            ),
            ("arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-opus-5-5", "claude-opus-5-5"),
            ("arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/anthropic.claude-opus-5-5", "claude-opus-5-5@gov"),
            ("claude-opus-5-5", "claude-opus-5-5"), ("openai.gpt-oss-120b-1:0", "gpt-oss-120b-1"),
        ])
    func bedrock(model: String, expected: String) throws {
        #expect(try version(model, .bedrock) == "bedrock/" + expected)
    }

    @Test(
        "What does not tell its model has no price on Bedrock",
        arguments: [
            "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123",
            "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/claude-opus-5-5", "arn:aws:bedrock", "arn:", "",
            "us.",
            "us.anthropic.", "xx.anthropic.claude-opus-5", "us.us.anthropic.claude-opus-5", "openai.gpt-5.4",
            "meta.llama4-maverick-17b-instruct-v1:0", "anthropic.claude-opus-5-5-v", "claude-opus", ":0", "-v1",
        ])
    func notOnBedrock(model: String) throws {
        #expect(try version(model, .bedrock) == "none")
        #expect(try version(model, .bedrock, region: "us-gov-east-1") == "none")
    }

    @Test("GovCloud is told by the address too, and the regional door is always a region")
    func addresses() throws {
        let opus = "anthropic.claude-opus-5-5"
        #expect(try version(opus, .bedrock, region: "us-gov-east-1") == "bedrock/claude-opus-5-5@gov")
        #expect(try version(opus, .bedrock, region: "us-east-1") == "bedrock/claude-opus-5-5")
        #expect(try version(opus, .mantle, region: "us-east-1") == "bedrock/claude-opus-5-5@region")
        #expect(try version(opus, .mantle) == "bedrock/claude-opus-5-5@region")
        #expect(try version(opus, .mantle, region: "us-gov-west-1") == "bedrock/claude-opus-5-5@gov")
        #expect(try version("anthropic.claude-haiku-4-5", .mantle) == "mantle/claude-haiku-4-5")
        #expect(try version("openai.gpt-5.4", .mantle, region: "us-east-2") == "mantle/gpt-5.4")
        #expect(try version("openai.gpt-5.4", .mantle, region: "us-gov-west-1") == "mantle/us-gov-west-1/gpt-5.4")
    }

    @Test(
        "Vertex' versions and locations",
        arguments: [
            ("claude-haiku-4-5@20251001", nil, "claude-haiku-4-5"),
            ("claude-opus-5-5@default", "global", "claude-opus-5-5"),
            ("claude-opus-5-5[1m]", nil, "claude-opus-5-5"),
            ("claude-opus-5-5", "europe-west1", "claude-opus-5-5@region"),
            ("claude-opus-5-5@default", "eu", "claude-opus-5-5@region"),
            ("publishers/google/models/gemini-2.5-pro", "us", "gemini-2.5-pro"),
            ("gemini-3.5-flash-lite-001", "us", "gemini-3.5-flash-lite@region"),
            ("gemini-2.5-flash-preview-09-2025", nil, "gemini-2.5-flash-preview-09-2025"),
        ] as [(String, String?, String)])
    func vertex(model: String, region: String?, expected: String) throws {
        #expect(try version(model, .vertex, region: region) == "vertex/" + expected)
    }

    @Test(
        "Dates, aliases and paths of the others",
        arguments: [
            ("gpt-5-2025-08-07", .openai, nil, "openai/gpt-5"),
            ("gpt-5-chat-latest", .openai, nil, "openai/gpt-5-chat"),
            ("gpt-5.1-chat-latest", .openai, nil, "openai/gpt-5.1-chat-latest"),
            ("o3-2025-04-16", .openai, nil, "openai/o3"),
            ("gpt-6-sol", .openai, "eu", "openai/gpt-6-sol@region"), ("gpt-5.2", .openai, "eu", "openai/gpt-5.2"),
            ("models/gemini-3.8-flash", .gemini, nil, "gemini/gemini-3.8-flash"),
            ("gemini-2.5-flash-001", .gemini, nil, "gemini/gemini-2.5-flash"),
            ("gemini-2.5-flash-latest", .gemini, nil, "gemini/gemini-2.5-flash"),
            ("gpt-6-sol-2026-09-22", .azure, nil, "azure/gpt-6-sol"), ("gpt-6-sol", .azure, "eu", "azure/gpt-6-sol@eu"),
            ("gpt-6-sol", .azure, "us", "azure/gpt-6-sol@region"), ("gpt-5", .azure, "eu", "azure/gpt-5@eu"),
            ("gpt-5", .azure, "swedencentral", "azure/gpt-5@region"), ("gpt-5", .azure, "global", "azure/gpt-5"),
            ("o4-mini-2025-04-16", .azure, "eu", "azure/eu/o4-mini"),
            ("claude-opus-5-5-fast", .azure, nil, "foundry/claude-opus-5-5-fast"),
            ("grok-4.3-latest", .xai, nil, "xai/grok-4.3"), ("grok-build-latest", .xai, nil, "xai/grok-build-latest"),
        ] as [(String, PricePlatform, String?, String)])
    func names(model: String, platform: PricePlatform, region: String?, expected: String) throws {
        #expect(try version(model, platform, region: region) == expected)
    }

    @Test(
        "Another model, or another's model, has no price",
        arguments: [
            ("gpt-5-20250807x", .openai), ("gpt-5-25-08-07", .openai), ("gpt-5-2025-08-07-2025-08-07", .openai),
            ("ft:gpt-4.1-mini-2025-04-14:acme::1", .openai), ("gpt-7", .openai), ("claude-opus-5-5", .openai),
            ("gemini-flash-latest", .gemini), ("gemini-2.5-flash-01", .gemini), ("models/", .gemini), ("", .gemini),
            ("gpt-5", .anthropic), ("gemini-4-argon", .anthropic), ("claude-opus-5-5", .xai), ("@default", .vertex),
            ("gpt-5", .other), ("claude-opus-5-5", .other), ("llama-4", .other), ("my-deployment", .azure),
        ] as [(String, PricePlatform)])
    func unknown(model: String, platform: PricePlatform) throws {
        #expect(try version(model, platform) == "none")
        #expect(try version(model, platform, region: "eu") == "none")
    }

    @Test("The price of gemini-4-argon doubles with 2026-12-01", arguments: [PricePlatform.gemini, .vertex])
    func argon(platform: PricePlatform) throws {
        let change = try day("2026-12-01")
        func row(_ moment: Int64) throws -> TokenPrices {
            try #require(PriceTable.builtIn.price(of: "gemini-4-argon", on: platform, at: moment)).tokens
        }
        let before = try row(change - 1), after = try row(change)
        #expect(before.input == 2_000_000 && before.output == 10_000_000 && before.cacheRead == 100_000)
        #expect(after.input == 4_000_000 && after.output == 20_000_000 && after.cacheRead == 200_000)
    }

    @Test("Own rows win by whatever name they match, on the platform they name or on all")
    func own() throws {
        let rows = try PriceParser.parse(
            """
            claude-opus-5-5 - - 1 1 1 1 1 region=3
            claude-opus-5 - - 1 1 1 1 1 platform=bedrock
            us.anthropic.claude-opus-4-8 - - 1 1 1 1 1
            arn:aws:bedrock:us-east-1:1:application-inference-profile/a - - 1 1 1 1 1
            o4-mini - - 1 1 1 1 1
            eu/gpt-5 - - 1 1 1 1 1
            llama-4 - - 1 1 1 1 1
            """, table: "own")
        let table = PriceTable(rows, over: .builtIn)
        for platform in PricePlatform.allCases where platform != .mantle {
            #expect(try version("claude-opus-5-5", platform, in: table) == "own/claude-opus-5-5")
        }
        #expect(try version("us.anthropic.claude-opus-5-5-v1:0", .bedrock, in: table) == "own/claude-opus-5-5@region")
        #expect(try version("eu.anthropic.claude-opus-5", .bedrock, in: table) == "own/claude-opus-5")
        #expect(try version("claude-opus-5", .anthropic, in: table) == "anthropic/claude-opus-5")
        #expect(try version("us.anthropic.claude-opus-4-8", .bedrock, in: table) == "own/us.anthropic.claude-opus-4-8")
        #expect(try version("eu.anthropic.claude-opus-4-8", .bedrock, in: table) == "bedrock/claude-opus-4-8@region")
        let profile = "arn:aws:bedrock:us-east-1:1:application-inference-profile/a"
        #expect(try version(profile, .bedrock, in: table) == "own/" + profile)
        // Though the built-in table has a row for the EU.
        #expect(try version("o4-mini-2025-04-16", .azure, region: "eu", in: table) == "own/o4-mini")
        #expect(try version("gpt-5", .azure, region: "eu", in: table) == "own/eu/gpt-5")
        #expect(try version("gpt-5", .azure, region: "us", in: table) == "azure/gpt-5@region")
        #expect(try version("llama-4", .other, in: table) == "own/llama-4")
        #expect(table.models(on: .other) == ["claude-opus-5-5"] + rows.dropFirst(2).map(\.model))
        #expect(table.models(on: .xai).contains("grok-4.7") && !table.models.contains("grok-4.7"))
        #expect(table.models.filter { $0 == "claude-opus-5-5" }.count == 1)
    }

    @Test("Every built-in row says what its tiers cost, and no row hides behind another")
    func complete() throws {
        let rows = PriceTable.builtInRows
        for row in rows {
            #expect(row.tokens.input > 0 && row.tokens.output > 0 && row.tokens.cacheRead > 0, "\(row.version)")
            // Writing is never cheaper than reading anew, and reading never dearer.
            #expect(row.tokens.cacheWrite5m >= row.tokens.input, "\(row.version)")
            #expect(row.tokens.cacheWrite1h >= row.tokens.cacheWrite5m, "\(row.version)")
            #expect(row.tokens.cacheRead <= row.tokens.input, "\(row.version)")
        }
        let keys = rows.map { "\($0.version) \($0.platform?.rawValue ?? "") \($0.validFrom ?? 0)" }
        #expect(Set(keys).count == keys.count)
        for platform in PricePlatform.allCases where platform != .other {
            #expect(!PriceTable.builtIn.models(on: platform).isEmpty)
        }
        #expect(PriceTable.builtIn.models(on: .other).isEmpty)
    }

    @Test(
        "Tiers as answers name them",
        arguments: [
            ("default", .standard), ("auto", .standard), ("standard", .standard), ("scale", .standard),
            ("reserved", .standard), ("on_demand", .standard), ("flex", .flex), ("batch", .batch),
            ("priority", .priority),
            ("fast", .priority), ("ultrafast", .ultrafast), ("", nil), ("Flex", nil), ("slow", nil),
        ] as [(String, ServiceTier?)])
    func tiers(name: String, expected: ServiceTier?) {
        #expect(ServiceTier(named: name) == expected)
    }
}
