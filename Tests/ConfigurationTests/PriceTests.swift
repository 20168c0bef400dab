import Testing
import Wire

@testable import Configuration

@Suite("Prices")
struct PriceTests {
    private func parse(_ text: String) -> String {
        do throws(PriceParser.Fault) {
            return try PriceParser.parse(text, table: "t").map(\.version).joined(separator: " ")
        } catch {
            return "\(error.line): \(error.sentence)"
        }
    }

    private func day(_ text: String) throws -> Int64 {
        Int64(try #require(CivilDate(parsing: text)).daysSince1970) * CivilDate.nanosecondsPerDay
    }

    @Test("A row is read exactly")
    func row() throws {
        let rows = try PriceParser.parse(
            """
            # head
            table ours

            m 2026-03-01 2026-04-01 0.1 0.5 0.125 0.2 0.000001 above=100000:1/2/3/4/5 us=1.1 fast=2.5 search=0.01 # tail
            n - - 1000000 0 0 0 0
            """, table: "t")
        let row = try #require(rows.first)
        #expect(row.model == "m" && row.version == "ours/m")
        #expect(try row.validFrom == day("2026-03-01"))
        #expect(try row.validTo == day("2026-04-01"))
        #expect(
            row.tokens
                == TokenPrices(
                    input: 100_000, output: 500_000, cacheWrite5m: 125_000, cacheWrite1h: 200_000, cacheRead: 1))
        #expect(row.long?.threshold == 100_000)
        #expect(
            row.long?.tokens
                == TokenPrices(
                    input: 1_000_000, output: 2_000_000, cacheWrite5m: 3_000_000, cacheWrite1h: 4_000_000,
                    cacheRead: 5_000_000))
        #expect(row.usPermille == 1_100 && row.fastPermille == 2_500 && row.webSearch == 10_000_000_000)
        #expect(rows.count == 2 && rows[1].validFrom == nil && rows[1].validTo == nil && rows[1].long == nil)
        #expect(rows[1].fastPermille == 1_000 && rows[1].usPermille == 1_000 && rows[1].webSearch == 0)
        #expect(rows[1].tokens.input == 1_000_000_000_000)
        #expect(rows[1].tiers.isEmpty && rows[1].regions.isEmpty && rows[1].platform == nil)
    }

    @Test("A date that 64 bits do not reach is refused", arguments: ["9999-12-31", "2262-01-01", "1969-12-31"])
    func farDates(date: String) {
        let refusal = "1: `\(date)` is not a date from 1970 to 2261; write - for an open one"
        #expect(parse("m \(date) - 1 2 3 4 5") == refusal)
        #expect(parse("m - \(date) 1 2 3 4 5") == refusal)
        #expect(parse("m 1970-01-01 2261-12-31 1 2 3 4 5") == "t/m")
    }

    @Test("Tiers, regions and the platform are read exactly")
    func options() throws {
        let rows = try PriceParser.parse(
            """
            m - - 1 2 3 4 5 flex=0.5 batch=0.125 priority=2.5 ultrafast=6 region=1.1 eu=1.2 gov=1.35 platform=azure
            n - - 1 2 3 4 5 priority=2/8/0.000001/3/0.5 region=1.1
            """, table: "t", platform: .openai)
        let row = try #require(rows.first), other = try #require(rows.last)
        #expect(
            row.tiers == [
                .flex: .permille(500), .batch: .permille(125), .priority: .permille(2_500),
                .ultrafast: .permille(6_000),
            ])
        #expect(row.regions == [.regional: 1_100, .eu: 1_200, .gov: 1_350])
        #expect(row.platform == .azure && other.platform == .openai)
        #expect(
            other.tiers == [
                .priority: .tokens(
                    TokenPrices(
                        input: 2_000_000, output: 8_000_000, cacheWrite5m: 1, cacheWrite1h: 3_000_000,
                        cacheRead: 500_000))
            ])
        #expect(other.knows(.standard) && other.knows(.priority) && !other.knows(.flex))
        #expect(row.regionPermille == 1_000 && row.placed(in: nil) === row)
        #expect(row.placed(in: .gov).regionPermille == 1_350 && row.placed(in: .gov).version == "t/m@gov")
        // The EU is a region like others where the row does not say more.
        #expect(other.placed(in: .eu).regionPermille == 1_100)
    }

    @Test(
        "A row that is wrong is told with its line",
        arguments: [
            "m", "m - - 1 2 3 4", "m x - 1 2 3 4 5", "m 2026-02-30 - 1 2 3 4 5", "m - 1013-03-01 1 2 3 4 5",
            "m 9999-01-01 - 1 2 3 4 5", "m - 2026-1-1 1 2 3 4 5",
            "m 2026-02-01 2026-02-01 1 2 3 4 5", "m - - -1 2 3 4 5", "m - - 1,5 2 3 4 5", "m - - .5 2 3 4 5",
            "m - - 1.1234567 2 3 4 5", "m - - 1e3 2 3 4 5", "m - - 1.2.3 2 3 4 5", "m - - 1000001 2 3 4 5",
            "m - - 99999999999999999999 2 3 4 5", "m - - 1 2 3 4 5 6", "m - - 1 2 3 4 5 nope=1",
            "m - - 1 2 3 4 5 fast=",
            "m - - 1 2 3 4 5 fast=101", "m - - 1 2 3 4 5 us=1.0001", "m - - 1 2 3 4 5 search=1001",
            "m - - 1 2 3 4 5 above=5", "m - - 1 2 3 4 5 above=0:1/2/3/4/5", "m - - 1 2 3 4 5 above=9:1/2/3/4",
            "m - - 1 2 3 4 5 above=x:1/2/3/4/5", "m - - ٣ 2 3 4 5", "m - - 1 2 3 4 5 standard=1",
            "m - - 1 2 3 4 5 flex=-1", "m - - 1 2 3 4 5 flex=101", "m - - 1 2 3 4 5 flex=1/2/3/4",
            "m - - 1 2 3 4 5 flex=1/2/3/4/5/6", "m - - 1 2 3 4 5 flex=1/2/3/4/x", "m - - 1 2 3 4 5 region=1.0001",
            "m - - 1 2 3 4 5 platform=cloud", "m - - 1 2 3 4 5 platform=",
            "m - - 1 2 3 4 5 flex=1/2/3/4/5 above=9:1/2/3/4/5", "m - - 1 2 3 4 5 above=9:1/2/3/4/5 flex=1/2/3/4/5",
        ])
    func faults(row: String) {
        for end in ["\n", "\r\n"] {
            let said = parse("a - - 1 2 3 4 5\(end)# b\(end)\(row)\(end)c\(end)")
            #expect(said.hasPrefix("3: "), "\(said)")
        }
    }

    @Test("Line ends are LF or CR LF")
    func lineEnds() {
        #expect(parse("a - - 1 2 3 4 5\r\nb - - 1 2 3 4 5\r\n") == "t/a t/b")
        #expect(parse("a - - 1 2 3 4 5\nb - - 1 2 3 4 5") == "t/a t/b")
        #expect(parse("") == "" && parse("# only\n\n") == "")
    }

    @Test("A release date, -latest or [1m] does not change the price; another name has none")
    func names() {
        let table = PriceTable.builtIn
        for name in [
            "claude-sonnet-4-5", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5@20250929", "claude-sonnet-4-5-latest",
            "claude-sonnet-4-5[1m]", "claude-sonnet-4-5-20250929[1m]",
        ] {
            #expect(table.price(of: name, at: 0)?.model == "claude-sonnet-4-5", "\(name)")
        }
        for name in [
            "", "claude", "claude-sonnet-4", "claude-sonnet-4-5-2025092", "claude-sonnet-4-5-202509290", "-latest",
            "[1m]",
            "claude-sonnet-4-5-fast", "Claude-sonnet-4-5", "claude-sonnet-4-5-20250929-20250929",
        ] {
            #expect(table.price(of: name, at: 0) == nil, "\(name)")
        }
    }

    @Test("A row is valid from its first day to the day before its last")
    func dates() throws {
        let rows = try PriceParser.parse(
            "m 2026-03-01 2026-04-01 1 0 0 0 0\nm 2026-04-01 - 2 0 0 0 0\nm-20260101 2026-05-01 - 3 0 0 0 0", table: "t"
        )
        let table = PriceTable(rows)
        func input(_ model: String, _ moment: Int64) -> Int64? { table.price(of: model, at: moment)?.tokens.input }
        let march = try day("2026-03-01"), april = try day("2026-04-01"), may = try day("2026-05-01")
        #expect(input("m", march - 1) == nil && input("m", march) == 1_000_000)
        #expect(input("m", april - 1) == 1_000_000 && input("m", april) == 2_000_000)
        #expect(input("m", .max - 1) == 2_000_000 && input("m", .min) == nil)
        // Before its own row is valid, a dated name has the price of the name without its date.
        #expect(input("m-20260101", april) == 2_000_000 && input("m-20260101", may) == 3_000_000)
    }

    @Test("A file replaces built-in prices for as long as it says, and adds others")
    func overrides() throws {
        let own = try PriceParser.parse(
            "claude-opus-5 2026-01-01 2026-02-01 1 0 0 0 0\nours - - 7 0 0 0 0", table: "own")
        let table = PriceTable(own, over: .builtIn)
        #expect(table.price(of: "claude-opus-5", at: try day("2026-01-15"))?.version == "own/claude-opus-5")
        #expect(
            table.price(of: "claude-opus-5", at: try day("2026-02-01"))?.version == "anthropic-2026-11-20/claude-opus-5"
        )
        #expect(table.price(of: "ours", at: 0)?.tokens.input == 7_000_000)
        #expect(Set(table.models) == Set(PriceTable.builtIn.models + ["ours"]))
        #expect(table.models.count == PriceTable.builtIn.models.count + 1)
    }

    @Test("A price file is read, and what is wrong in it told with its line")
    func files() throws {
        let read = try snapshot(complete + "prices: prices\n")
        #expect(read.prices.price(of: "claude-opus-5-5-20260101", at: 0)?.tokens.cacheRead == 5_000_000)
        #expect(read.files == ["/etc/tg/prices"])
        #expect(
            problems(with: "prices: windows")
                == ["t.yaml:3:9: prices: windows:3: a price row has model, from, to and five prices; found 7 words"])
        #expect(
            problems(with: "prices: [prices, none]")
                == ["t.yaml:3:18: prices: the file `none` cannot be read: No such file or directory"])
    }

    @Test("The built-in prices are those of the price list")
    func builtIn() throws {
        let now = try day("2026-11-20")
        func row(_ model: String) throws -> Price { try #require(PriceTable.builtIn.price(of: model, at: now)) }
        // Dollars per million tokens, times a thousand: input, output, 5m, 1h, read.
        let expected: [(String, [Int64])] = [
            ("claude-fable-5", [10_000, 50_000, 12_500, 20_000, 1_000]),
            ("claude-fable-5-1", [10_000, 50_000, 12_500, 20_000, 250]),
            ("claude-fable-5-2", [8_000, 40_000, 10_000, 16_000, 200]),
            ("claude-mythos-5", [10_000, 50_000, 12_500, 20_000, 1_000]),
            ("claude-mythos-5-1", [10_000, 50_000, 12_500, 20_000, 250]),
            ("claude-mythos-5-2", [8_000, 40_000, 10_000, 16_000, 200]),
            ("claude-mythos-preview", [10_000, 50_000, 12_500, 20_000, 1_000]),
            ("claude-opus-5-5", [4_000, 20_000, 5_000, 8_000, 200]),
            ("claude-opus-5", [5_000, 25_000, 6_250, 10_000, 500]),
            ("claude-opus-4-8", [5_000, 25_000, 6_250, 10_000, 500]),
            ("claude-opus-4-7", [5_000, 25_000, 6_250, 10_000, 500]),
            ("claude-opus-4-6", [5_000, 25_000, 6_250, 10_000, 500]),
            ("claude-opus-4-5", [5_000, 25_000, 6_250, 10_000, 500]),
            ("claude-sonnet-5-5", [2_000, 10_000, 2_500, 4_000, 100]),
            ("claude-sonnet-5", [2_000, 10_000, 2_500, 4_000, 200]),
            ("claude-sonnet-4-6", [3_000, 15_000, 3_750, 6_000, 300]),
            ("claude-sonnet-4-5", [3_000, 15_000, 3_750, 6_000, 300]), ("claude-haiku-5-5", [100, 500, 125, 200, 10]),
            ("claude-haiku-4-5", [1_000, 5_000, 1_250, 2_000, 100]),
        ]
        #expect(Set(expected.map(\.0)) == Set(PriceTable.builtIn.models))
        for (model, prices) in expected {
            let tokens = try row(model).tokens
            let found = [tokens.input, tokens.output, tokens.cacheWrite5m, tokens.cacheWrite1h, tokens.cacheRead]
            #expect(found == prices.map { $0 * 1_000 }, "\(model)")
            // A web search costs a cent with every model.
            #expect(try row(model).webSearch == 10_000_000_000, "\(model)")
            #expect((try row(model).long != nil) == (model == "claude-haiku-5-5"), "\(model)")
            #expect(try row(model).usPermille == (model.hasSuffix("-4-5") ? 1_000 : 1_100), "\(model)")
        }
        let long = try #require(try row("claude-haiku-5-5").long)
        #expect(long.threshold == 100_000)
        #expect(
            long.tokens
                == TokenPrices(
                    input: 500_000, output: 2_500_000, cacheWrite5m: 625_000, cacheWrite1h: 1_000_000, cacheRead: 50_000
                ))
        let fast = try PriceTable.builtIn.models.filter { try row($0).fastPermille != 1_000 }
        #expect(
            Set(fast) == [
                "claude-fable-5-2", "claude-opus-4-6", "claude-opus-4-7", "claude-opus-4-8", "claude-opus-5",
                "claude-opus-5-5",
            ])
        // Fast: 16/80 of 8/40, 8/40 of 4/20, 10/50 of 5/25; 30/150 of 5/25 with the older ones.
        #expect(try row("claude-opus-5-5").fastPermille == 2_000)
        #expect(try row("claude-opus-4-6").fastPermille == 6_000)
        let before = PriceTable.builtIn.price(of: "claude-sonnet-5-5", at: try day("2026-10-07") - 1)
        #expect(before?.tokens.cacheRead == 200_000)
    }

    @Test(
        "Money is written with all its digits",
        arguments: [
            (0, "$0.000000000"), (1, "$0.000000001"), (-1, "-$0.000000001"), (1_234_567_890, "$1.234567890"),
            (999_999_999, "$0.999999999"), (1_000_000_000, "$1.000000000"), (.max, "$9223372036.854775807"),
            (.min, "-$9223372036.854775808"),
        ] as [(Int64, String)])
    func money(value: Int64, expected: String) {
        #expect(NanoUSD(value).description == expected)
    }

    @Test(
        "Money for people is rounded half up",
        arguments: [
            (0, "$0.00"), (39_750_000, "$0.0398"), (99_960_000, "$0.1000"), (12_345_000_000, "$12.35"),
            (99_995_000_000, "$100.00"), (-1_005_000_000, "-$1.01"), (1, "$0.0000"), (.max, "$9223372036.85"),
        ] as [(Int64, String)])
    func readable(value: Int64, expected: String) {
        #expect(NanoUSD(value).readable == expected)
    }

    @Test("Money adds and compares")
    func arithmetic() {
        #expect(NanoUSD(5) + NanoUSD(7) == NanoUSD(12) && NanoUSD(5) - NanoUSD(7) == NanoUSD(-2))
        #expect(NanoUSD(-1) < .zero && !(NanoUSD.zero < .zero))
    }

    @Test("A byte order mark before the first row is no part of it")
    func mark() throws {
        #expect(parse("\u{FEFF}m - - 1 1 1 1 1\n") == "t/m")
        #expect(parse("\u{FEFF}table ours\nm - - 1 1 1 1 1\n") == "ours/m")
        #expect(try PriceParser.parse("\u{FEFF}m - - 1 1 1 1 1\n", table: "t").first?.model == "m")
    }

    @Test("An option twice is a mistake")
    func twice() {
        #expect(
            parse("m - - 1 1 1 1 1 batch=0.5 us=1.1 batch=0.4").hasPrefix(
                "1: `batch=0.4` is the second `batch` of the row"))
    }

    @Test("A row that says nothing of searches has the price of them below it")
    func searches() throws {
        let own = try PriceParser.parse(
            """
            claude-opus-5-5 - - 1 1 1 1 1
            claude-haiku-5-5 - - 1 1 1 1 1 search=0
            claude-sonnet-5-5 - - 1 1 1 1 1 search=0.5 platform=anthropic
            ours - - 1 1 1 1 1
            """, table: "t")
        let table = PriceTable(own, over: .builtIn)
        func search(_ model: String, _ platform: PricePlatform = .anthropic) -> Int64? {
            table.price(of: model, on: platform, at: 1_795_000_000_000_000_000)?.webSearch
        }
        #expect(search("claude-opus-5-5") == 10_000_000_000)
        #expect(search("claude-opus-5-5-20261001") == 10_000_000_000)
        #expect(search("us.anthropic.claude-opus-5-5-v1:0", .bedrock) == 10_000_000_000)
        #expect(search("claude-haiku-5-5") == 0)
        #expect(search("claude-sonnet-5-5") == 500_000_000_000)
        #expect(search("ours") == 0)
        // Prices of a file stand over those of the configuration.
        let again = PriceTable(try PriceParser.parse("claude-sonnet-5-5 - - 2 2 2 2 2", table: "u"), over: table)
        let price = again.price(of: "claude-sonnet-5-5", on: .anthropic, at: 0)
        #expect(price?.version == "u/claude-sonnet-5-5" && price?.webSearch == 500_000_000_000)
        #expect(again.models(on: .anthropic).filter { $0 == "claude-sonnet-5-5" }.count == 1)
    }
}
