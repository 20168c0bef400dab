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

        init(description: String) { self.description = description }

        /// - Parameters:
        ///   - place: where in the file.
        ///   - sentence: what is wrong with the value, and what to do, without the value as its subject.
        init(at place: String, _ value: String, _ sentence: String) {
            description = "\(place): \(value.isEmpty ? "the value" : "`\(value)`") \(sentence)"
        }
    }

    /// Lines that are of the service and of nothing that the ledger has: credits, taxes, discounts.
    package struct Aside: Equatable, Sendable {
        package var lines: Int64 = 0
        /// Nano-dollars.
        package var cost: Int64 = 0
    }

    package let form: Form
    package private(set) var lines: [Line] = []
    /// Lines of other services.
    package var skipped = 0
    /// What is not compared, by what the export calls it.
    package private(set) var asides: [String: Aside] = [:]
    /// The sums of all magnitudes, so that no sum of some of them can leave its range.
    private var mostTokens: Int64 = 0
    private var mostCost: Int64 = 0

    init(_ form: Form) { self.form = form }

    /// - Parameter place: where it stands in the file, for the fault.
    mutating func add(_ line: Line, at place: String) throws(Fault) {
        try count(tokens: line.tokens ?? 0, cost: line.cost ?? 0, at: place)
        lines.append(line)
    }

    mutating func setAside(_ name: String, cost: Int64, at place: String) throws(Fault) {
        try count(tokens: 0, cost: cost, at: place)
        asides[name, default: Aside()].lines += 1
        asides[name, default: Aside()].cost += cost
    }

    private mutating func count(tokens: Int64, cost: Int64, at place: String) throws(Fault) {
        let tokens = Int64(clamping: tokens.magnitude).addingReportingOverflow(mostTokens)
        let cost = Int64(clamping: cost.magnitude).addingReportingOverflow(mostCost)
        guard !tokens.overflow, !cost.overflow, max(tokens.partialValue, cost.partialValue) <= Self.mostOfAll else {
            throw Fault(
                description:
                    "\(place): with this line the file has more than can be added up (\(Self.mostOfAll) tokens or "
                    + "nano-dollars); compare a shorter time")
        }
        (mostTokens, mostCost) = (tokens.partialValue, cost.partialValue)
    }

    /// Differences to the ledger must stay within 64 bits.
    private static let mostOfAll: Int64 = 1 << 61

    /// Reads an export, whichever it is.
    package static func read(_ text: String) throws(Fault) -> Invoice {
        let text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        let start = text.first { !$0.isWhitespace }
        return start == "{" || start == "[" ? try InvoiceJSON.read(text) : try InvoiceCSV.read(text)
    }

    // MARK: Values

    /// Amounts are compared as US dollars; without a word that is what they are.
    static func expectDollars(_ currency: String?, at place: String) throws(Fault) {
        guard let currency, !currency.isEmpty, currency.lowercased() != "usd" else { return }
        throw Fault(
            at: place, currency,
            "is not the currency of the ledger, USD; export the invoice in US dollars, or convert its amounts and say USD here"
        )
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
