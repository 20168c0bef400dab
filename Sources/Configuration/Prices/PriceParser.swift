import Wire

/// The text form of prices, one row a line:
///
///     # model  from  to  input  output  write-5m  write-1h  read  [name=value …]
///     claude-opus-5-5  -  -  4 20 5 8 0.2  fast=2 us=1.1 search=0.01
///     claude-haiku-5-5 2026-03-01 - 0.1 0.5 0.125 0.2 0.01 above=100000:0.5/2.5/0.625/1/0.05
///
/// Prices are US dollars per million tokens; `-` is an open date, dates are UTC days and `to` is the first day on which the row
/// is not valid any more. `#` begins a comment; `table NAME` names the table in ledger rows. `PriceOptions` has the names.
struct PriceParser {
    struct Fault: Error {
        let line: Int
        let sentence: String
    }

    /// What is wrong with a row.
    struct Reason: Error {
        let sentence: String
    }

    /// `platform`: of the rows that do not name one.
    static func parse(
        _ text: String, table name: String, platform: PricePlatform? = nil
    ) throws(Fault) -> [Price] {
        var rows: [Price] = [], table = name
        for (index, words) in lines(of: text).enumerated() {
            guard let first = words.first else { continue }
            if first == "table", words.count == 2 {
                table = words[1]
                continue
            }
            do throws(Reason) {
                rows.append(try row(words, platform: platform, table: table))
            } catch {
                throw Fault(line: index + 1, sentence: error.sentence)
            }
        }
        return rows
    }

    /// The words of each line; none of a line without a row.
    static func lines(of text: String) -> [[String]] {
        // Some editors begin a file of UTF-8 with a byte order mark, which would be part of the first word.
        let isMarked = text.unicodeScalars.first == "\u{FEFF}"
        let lines = isMarked ? text.unicodeScalars.dropFirst() : text.unicodeScalars[...]
        return Substring(lines).split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map {
            $0.prefix { $0 != "#" }.split(whereSeparator: \.isWhitespace).map(String.init)
        }
    }

    private static func row(
        _ words: [String], platform: PricePlatform?, table: String
    ) throws(Reason) -> Price {
        guard words.count >= 8 else {
            throw Reason(sentence: "a price row has model, from, to and five prices; found \(words.count) words")
        }
        let options = try PriceOptions(words[8...])
        let from = try day(words[1]), to = try day(words[2])
        if let from, let to, from >= to {
            throw Reason(sentence: "the row is never valid: \(words[1]) is not before \(words[2])")
        }
        return Price(
            model: words[0], from: from, to: to, tokens: try prices(Array(words[3..<8])), options: options,
            platform: platform, table: table)
    }

    static func prices(_ words: [String]) throws(Reason) -> TokenPrices {
        guard words.count == 5 else { throw Reason(sentence: "five prices are needed, found \(words.count)") }
        // Dollars per million tokens are millionths of a dollar per token, 10⁶ pico-dollars.
        return TokenPrices(
            input: try price(words[0]), output: try price(words[1]), cacheWrite5m: try price(words[2]),
            cacheWrite1h: try price(words[3]), cacheRead: try price(words[4]))
    }

    private static func price(_ text: String) throws(Reason) -> Int64 {
        try decimal(text, places: 6, atMost: 1_000_000)
    }

    /// A decimal number, exactly, in units of 10^-places. The bound finds slips and keeps sums of costs within 128 bits.
    static func decimal(_ text: String, places: Int, atMost limit: Int64) throws(Reason) -> Int64 {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? String(parts[1]) : ""
        guard !parts[0].isEmpty, fraction.count <= places,
            text.allSatisfy({ $0.isASCII && ($0.isNumber || $0 == ".") }),
            let value = Int64(parts[0] + fraction + String(repeating: "0", count: places - fraction.count))
        else { throw Reason(sentence: "`\(text)` is not a number with at most \(places) decimals, such as 0.25") }
        let scale = (0..<places).reduce(Int64(1)) { scale, _ in scale * 10 }
        guard value <= limit * scale else { throw Reason(sentence: "`\(text)` is larger than \(limit)") }
        return value
    }

    private static func day(_ text: String) throws(Reason) -> Int64? {
        if text == "-" { return nil }
        guard let date = CivilDate(parsing: text) else {
            throw Reason(sentence: "`\(text)` is not a date such as 2026-11-20")
        }
        guard date.isInRange else {
            throw Reason(sentence: "`\(text)` is not a date from 1970 to 2261; write - for an open one")
        }
        return date.firstNanosecond
    }
}
