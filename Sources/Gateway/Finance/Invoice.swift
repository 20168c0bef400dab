import Ledger
import Wire

/// What a provider says that was used and charged: lines by day, model and class, as its export has them.
package struct Invoice {
    package struct Line: Equatable {
        package var day: CivilDate
        package var model: String
        /// `nil`: the export does not tell classes apart, or it is none of ours (code execution, …).
        package var kind: TokenClass?
        /// `nil`: the export has only costs.
        package var tokens: Int64?
        /// Nano-dollars; `nil`: the export has only tokens.
        package var cost: Int64?
    }

    package enum Form: String {
        case anthropicUsage = "Anthropic usage report (JSON)"
        case anthropicCost = "Anthropic cost report (JSON)"
        case openAIUsage = "OpenAI usage (JSON)"
        case openAICosts = "OpenAI costs (JSON)"
        case consoleUsage = "Claude Console usage (CSV)"
        case consoleCost = "Claude Console cost (CSV)"
        case awsCostAndUsage = "AWS Cost and Usage Report (CSV)"
        case googleBilling = "Google Cloud billing export (CSV)"
    }

    package struct Fault: Error, CustomStringConvertible {
        package let description: String
    }

    package let form: Form
    package var lines: [Line] = []
    /// Lines of other services, or that name no model.
    package var skipped = 0

    init(_ form: Form) { self.form = form }

    /// Reads an export, whichever it is.
    package static func read(_ text: String) throws -> Invoice {
        let start = text.first { !$0.isWhitespace && $0 != "\u{FEFF}" }
        return start == "{" || start == "[" ? try InvoiceJSON.read(text) : try InvoiceCSV.read(text)
    }

    // MARK: Values

    /// Dollars as nano-dollars; more than nine places are rounded.
    static func nanos(_ text: String) -> Int64? {
        let text = text.filter { $0 != "$" && $0 != "," && $0 != " " }
        let isNegative = text.hasPrefix("-"), digits = isNegative ? String(text.dropFirst()) : text
        let parts = digits.split(separator: ".", omittingEmptySubsequences: false)
        if parts.count <= 2, let whole = Int64(parts[0].isEmpty ? "0" : parts[0]), whole < 1 << 33,
            parts.count == 1 || parts[1].allSatisfy(\.isNumber)
        {
            let places = parts.count == 2 ? parts[1] : ""
            let nine = String(places.prefix(9)) + String(repeating: "0", count: max(0, 9 - places.count))
            let up: Int64 = places.dropFirst(9).first.map { $0 >= "5" } == true ? 1 : 0
            guard let rest = Int64(nine) else { return nil }
            return (whole * 1_000_000_000 + rest + up) * (isNegative ? -1 : 1)
        }
        guard let number = Double(digits), number.isFinite, number < 8e9 else { return nil }
        return Int64((number * 1e9).rounded()) * (isNegative ? -1 : 1)
    }

    /// The day of `2026-11-01`, `2026-11-01T00:00:00Z`, `2026-11-01 00:00:00 UTC`, as it is written.
    static func day(_ text: String) -> CivilDate? { CivilDate(parsing: String(text.prefix(10))) }

    /// The class that a name stands for: `cache_creation.ephemeral_1h_input_tokens`, `input_no_cache`,
    /// `cache-read-input-token-count`, `Claude Sonnet 4.5 - Cached Input Tokens`.
    static func kind(_ text: String) -> TokenClass? {
        let name = text.lowercased()
        func has(_ part: String) -> Bool { name.contains(part) }
        if has("web_search") || has("web search") { return .webSearch }
        if has("output") || has("response") { return .output }
        if has("no_cache") || has("uncached") { return .input }
        if has("write") || has("creation") {
            return has("1h") || has("1-hour") || has("hour") ? .cacheWrite1h : .cacheWrite5m
        }
        if has("cache") { return .cacheRead }
        return has("input") || has("prompt") ? .input : nil
    }

    /// What makes the names of one model the same: `Claude Haiku 4.5`, `claude-haiku-4-5-20251001`, `USE1-Claude4.5Haiku`,
    /// `us.anthropic.claude-haiku-4-5-20251001-v1:0` are one.
    package static func canonical(_ model: String) -> String {
        var words: [String] = [], word = ""
        var isDigit = false
        func close() {
            if !word.isEmpty { words.append(word) }
            word = ""
        }
        var name = model.lowercased()
        if name.hasSuffix("[1m]") { name.removeLast(4) }
        if let colon = name.lastIndex(of: ":") { name = String(name[..<colon]) }
        for character in name {
            guard character.isLetter || character.isNumber else {
                close()
                continue
            }
            if !word.isEmpty, character.isNumber != isDigit { close() }
            isDigit = character.isNumber
            word.append(character)
        }
        close()
        // A version of the API (`-v1`), a date, and whom it comes from say nothing.
        if words.count > 2, words[words.count - 2] == "v" { words.removeLast(2) }
        if words.count > 3, words.suffix(3).map(\.count) == [4, 2, 2],
            words.suffix(3).allSatisfy({ $0.allSatisfy(\.isNumber) })
        {
            words.removeLast(3)
        }
        let vendors: Set = [
            "anthropic", "us", "eu", "apac", "global", "jp", "au", "gov", "openai", "publishers", "models", "google",
            "latest",
        ]
        words.removeAll { vendors.contains($0) || ($0.count >= 6 && $0.allSatisfy(\.isNumber)) }
        return words.sorted().joined(separator: "-")
    }
}
