import Testing

@testable import Gateway

@Suite("A provider's export")
struct InvoiceTests {
    // MARK: Numbers

    private func read(_ text: String, _ read: (String) throws(InvoiceNumber.Reason) -> Int64) -> Int64? {
        do throws(InvoiceNumber.Reason) { return try read(text) } catch { return nil }
    }

    @Test(
        "A count is a whole number, however it is grouped",
        arguments: [
            ("0", 0), ("1234567", 1_234_567), ("1,234,567", 1_234_567), ("150.0", 150), ("150.", 150),
            ("-500000", -500_000),
            ("8589934592", 8_589_934_592), ("9007199254740992", 9_007_199_254_740_992), ("00012", 12),
        ])
    func counts(text: String, count: Int64) { #expect(read(text, InvoiceNumber.count) == count) }

    @Test(
        "What is no count, or may be two, is refused",
        arguments: [
            "", "n/a", "1.5", "1.5E+02", "1e3", "12,34", "1,2345", "0,123", ",123", "1.234", "150.000", "1.234.567",
            "1 234",
            "--5", "+5", "-", ".", "$", "9007199254740993", "99999999999999999999999999", "٣", "0x10", "NaN", "5-",
        ])
    func noCounts(text: String) { #expect(read(text, InvoiceNumber.count) == nil) }

    @Test(
        "An amount has a point, and commas between thousands at most",
        arguments: [
            ("0", 0), ("1.2346", 1_234_600_000), ("1,234.56", 1_234_560_000_000), ("1,234,567", 1_234_567_000_000_000),
            ("$12.5", 12_500_000_000), ("-$0.5", -500_000_000), ("-0.0000000005", -1), ("0.00000000049", 0),
            (".5", 500_000_000),
            ("4.2E-5", 42_000), ("6e-05", 60_000), ("1E-30", 0),
            ("0.1234567894999999999999999999999999999999999", 123_456_789),
        ])
    func amounts(text: String, nanos: Int64) { #expect(read(text, InvoiceNumber.nanos) == nanos) }

    @Test(
        "What is no amount, or may be two, is refused",
        arguments: [
            "", "much", "1.234,56", "0,0120", "1,234", "0,120", "--1e30", "1e-9223372036854775808", "1e-31", "1e30",
            "1E+05", "€2.00", "NaN", "inf",
            "1e-99", "1e",
            "12 000", "9999999999999", "(5.00)", "1.2.3",
        ])
    func noAmounts(text: String) { #expect(read(text, InvoiceNumber.nanos) == nil) }

    @Test("Quantities in thousands or millions of tokens are whole tokens, whatever their size")
    func quantities() throws {
        #expect(try InvoiceNumber.tokens("1.0499999999", unit: 1_000) == 1_050)
        #expect(try InvoiceNumber.tokens("9000000000.0", unit: 1) == 9_000_000_000)
        #expect(try InvoiceNumber.tokens("8589934.592", unit: 1_000) == 8_589_934_592)
        #expect(try InvoiceNumber.tokens("-2.5", unit: 1_000_000) == -2_500_000)
        #expect(
            read(
                "9999999999999999", { text throws(InvoiceNumber.Reason) in try InvoiceNumber.tokens(text, unit: 1_000) }
            ) == nil)
    }

    // MARK: Files

    private func fault(_ text: String) -> String {
        do throws(Invoice.Fault) {
            let invoice = try Invoice.read(text)
            return "read: \(invoice.lines.map { "\($0.tokens ?? 0)/\($0.cost ?? 0)" })"
        } catch {
            return error.description
        }
    }

    private static let usage =
        "usage_date_utc,model_version,usage_input_tokens_no_cache,usage_output_tokens,web_search_count\n"
    private static let cost = "usage_date_utc,model,cost_usd,token_type\n"

    @Test("Faults name line, column, value and cure")
    func faults() {
        #expect(
            fault(Self.usage + "2026-11-01,m,5,7,\n2026-11-02,m,1.5E+02,0,0\n")
                == "line 3, column `usage_input_tokens_no_cache`: `1.5E+02` is in powers of ten, which may have lost digits; "
                + "write it out, such as 1234567")
        #expect(
            fault(Self.usage + "2026-11-01,m,,7,0\n").contains(
                "column `usage_input_tokens_no_cache`: the value is empty; write 0"))
        #expect(fault(Self.cost + "2026-11-01,m,,output\n").contains("line 2, column `cost_usd`: the value is empty"))
        #expect(
            fault(Self.cost + "2026-11-01,m,\"1.234,56\",output\n").contains(
                "line 2, column `cost_usd`: `1.234,56` is no amount"))
        #expect(
            fault("usage_date_utc,model,usage_output_tokens\n2026-11-01,m,1\n").contains(
                "no column `usage_input_tokens_no_cache`"))
    }

    @Test("Corrections keep their sign; cells of caches and searches may be empty")
    func corrections() {
        #expect(fault("\u{FEFF}" + Self.usage + "2026-11-01,m,-500000,7.0,\n") == #"read: ["-500000/0", "7/0"]"#)
    }

    @Test("A file that ends within a value or a row is not read")
    func incomplete() {
        let rows = "2026-11-01,m,1,2,3\n\n2026-11-02,\"m,1,2,3\n2026-11-03,m,1,2,3\n"
        #expect(fault(Self.usage + rows).hasPrefix("line 4: a quote begins here and never ends"))
        #expect(
            fault(Self.usage + rows + "2026-11-04,\"m\",1,2,3\n").hasPrefix(
                "line 4: there is text behind a value in quotes"))
        #expect(
            fault(Self.usage + "2026-11-01,m,1,2,3\n2026-11-02,m\n").contains(
                "line 3: the row has 2 fields and the header 5; it was cut"))
        #expect(
            fault(Self.usage + "2026-11-01,m,1,234,2,3\n").contains(
                "line 2: the row has 6 fields and the header 5; a comma"))
        #expect(fault(Self.usage + "2026-11-01,\"a \"\"b\"\"\nc\",1,2,3,,\n") == #"read: ["1/0", "2/0", "3/0"]"#)
    }

    private func page(_ more: Bool, _ result: String = #"{"uncached_input_tokens": 5, "model": "m"}"#) -> String {
        #"{"has_more": \#(more), "data": [{"starting_at": "2026-11-01T00:00:00Z", "results": [\#(result)]}]}"#
    }

    @Test("A page that says there are more must have one behind it")
    func pages() {
        #expect(
            fault(page(true)).hasPrefix(
                "page 1: it says `has_more`: true, and no page follows; fetch the remaining pages"))
        #expect(fault("[\(page(true)), \(page(true))]").hasPrefix("page 2: it says `has_more`"))
        #expect(fault(page(true) + "\n" + page(false) + "\n") == #"read: ["5/0", "5/0"]"#)
        #expect(fault("\u{FEFF}[\(page(true)), \(page(false))]") == #"read: ["5/0", "5/0"]"#)
        #expect(fault("[\(page(false)), {\"error\": {}}]").contains("page 2: there is no `data`"))
        #expect(
            fault(page(false, #"{"uncached_input_tokens": "n/a", "model": "m"}"#)).contains(
                "results[0].uncached_input_tokens: `n/a` is no"))
        #expect(
            fault(page(false, #"{"something": 1}"#)).contains(
                "page 1, data[0].results[0]: it is of no usage or cost report"))
    }

    @Test("Only US dollars are compared")
    func currencies() {
        let cost = { (currency: String) in page(false, #"{"amount": "5", "model": "m"\#(currency)}"#) }
        #expect(fault(cost("")) == #"read: ["0/50000000"]"#)
        #expect(fault(cost(#", "currency": "usd""#)) == #"read: ["0/50000000"]"#)
        #expect(
            fault(cost(#", "currency": "EUR""#)).hasPrefix(
                "page 1, data[0].results[0].currency: `EUR` is not the currency"))
        let openAI = { (currency: String) in
            page(false, #"{"amount": {"value": 6e-05, "currency": "\#(currency)"}, "line_item": "gpt-5, input"}"#)
        }
        #expect(fault(openAI("usd")) == #"read: ["0/60000"]"#)
        #expect(fault(openAI("eur")).contains("amount.currency: `eur`"))
        let aws =
            "line_item_product_code,line_item_usage_type,line_item_usage_start_date,line_item_usage_amount,"
            + "line_item_unblended_cost,line_item_currency_code,line_item_line_item_type\n"
        #expect(
            fault(aws + "AmazonBedrock,USE1-Claude5Opus-input-tokens,2026-11-01,1,1,EUR,Usage\n")
                .hasPrefix("line 2, column `line_item_currency_code`: `EUR`"))
        let google = "sku.description,usage_start_time,usage.amount,cost,currency\n"
        #expect(
            fault(google + "Claude Opus 5 Input Tokens,2026-11-01,9000000000,4500,JPY\n").hasPrefix(
                "line 2, column `currency`: `JPY`"))
        #expect(
            fault(google + "Claude Opus 5 Input Tokens,2026-11-01,9000000000,4500,USD\n")
                == #"read: ["9000000000/4500000000000"]"#)
    }

    @Test("Lines that add up to more than 64 bits are a fault, not a trap")
    func huge() {
        let row = "2026-11-03,m,1000000000,output\n"
        #expect(fault(Self.cost + row + row).hasPrefix("read"))
        #expect(
            fault(Self.cost + row + row + row).hasPrefix(
                "line 4, column `cost_usd`: with this line the file has more than can be added up"))
        #expect(
            fault(Self.cost + "2026-11-03,m,8500000000,output\n").contains("is more than a line can have ($1152921504)")
        )
        #expect(fault(Self.usage + "2026-11-03,m,9000000000000000000,0,0\n").contains("is more than a line can have"))
    }

    @Test("Credits and taxes of the service are told apart from other services")
    func asides() throws {
        let header =
            "line_item_product_code,line_item_usage_type,line_item_usage_start_date,line_item_unblended_cost,line_item_line_item_type\n"
        let invoice = try Invoice.read(
            header
                + "AmazonBedrock,USE1-Claude5Opus-input-tokens,2026-11-01,1,Usage\nAmazonBedrock,,2026-11-01,-9.5,Credit\n"
                + "AmazonBedrock,,2026-11-01,-0.5,Credit\nAmazonBedrock,,2026-11-01,2,Tax\nAmazonEC2,BoxUsage,2026-11-01,3,Usage\n"
        )
        #expect(invoice.lines.count == 1 && invoice.skipped == 1)
        #expect(
            invoice.asides == [
                "Credit": .init(lines: 2, cost: -10_000_000_000), "Tax": .init(lines: 1, cost: 2_000_000_000),
            ])
    }

    @Test("Models that AWS resells are told apart from other services", arguments: ["product_product_name", "product"])
    func marketplace(column: String) throws {
        let header =
            "line_item_product_code,\(column),line_item_usage_type,line_item_usage_start_date,line_item_unblended_cost\n"
        let usage = "USW2-MP:USW2_InputTokenCount-Units,2026-11-01"
        let invoice = try Invoice.read(
            header + "AmazonBedrock,Amazon Bedrock,USE1-Claude5Opus-input-tokens,2026-11-01,1\n"
                + "a6jnj4bnlxdk5hh7hr7sge9jz,Claude 3 Haiku (Amazon Bedrock Edition),\(usage),2.5\n"
                + "b7,Another Vendor's Scanner,\(usage),4\n")
        #expect(invoice.lines.count == 1 && invoice.skipped == 1)
        #expect(
            invoice.asides == ["AWS Marketplace (Amazon Bedrock Edition)": .init(lines: 1, cost: 2_500_000_000)])
    }
}
