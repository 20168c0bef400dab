import Transport
import Wire

/// A budget's account has reached a threshold.
package struct BudgetAlert: Sendable, Equatable {
    /// The rule's id.
    package let rule: String
    /// Whose account it is: `user=alice`; empty for one that is for all.
    package let scope: String
    /// Percent of the limit.
    package let threshold: Int
    /// The rule's unit as it stands in the configuration: `cost_per_day`.
    package let unit: String
    /// What is counted: nano-dollars, else tokens.
    package let isMoney: Bool
    /// Raises included.
    package let limit: Int64
    package let settled: Int64
    /// Unix nanoseconds; a budget without windows has no end.
    package let windowStart: Int64
    package let windowEnd: Int64?
    /// When it was reached, Unix nanoseconds.
    package let at: Int64

    package init(
        rule: String, scope: String, threshold: Int, unit: String, isMoney: Bool, limit: Int64, settled: Int64,
        windowStart: Int64, windowEnd: Int64?, at: Int64
    ) {
        self.rule = rule
        self.scope = scope
        self.threshold = threshold
        self.unit = unit
        self.isMoney = isMoney
        self.limit = limit
        self.settled = settled
        self.windowStart = windowStart
        self.windowEnd = windowEnd
        self.at = at
    }

    /// The same for each report of the same thing: rule, scope, window and threshold, hashed. 32 hexadecimal digits.
    package var id: String {
        var key = ByteWriter()
        // Each part with its length, so that no two keys are written alike.
        for part in [rule, scope, unit, "\(windowStart)", "\(threshold)"] {
            key.append(decimal: part.utf8.count)
            key.append(byte: UInt8(ascii: ":"))
            key.append(string: part)
        }
        return Hex.encode(Array(SHA256Digest(of: key.bytes).bytes.prefix(16)))
    }

    /// One sentence for people.
    package var sentence: String {
        let whose = scope.isEmpty ? "" : " for \(scope)"
        let reset = windowEnd.map { "; it begins anew at \(RFC3339.text($0, fraction: .none))" } ?? ""
        return
            "Budget \(rule)\(whose) has reached \(threshold) %: \(shown(settled)) of \(shown(limit)) (\(unit)) \(used)"
            + reset + "."
    }

    private var used: String { isMoney ? "spent" : "used" }

    private func shown(_ value: Int64) -> String {
        isMoney ? "$" + Self.roundedDown(value) : "\(value) tokens"
    }

    /// To cents, so that nobody reads that more was spent than there was; what is less than a cent is exact.
    private static func roundedDown(_ value: Int64) -> String {
        let exact = dollars(value)
        return (1..<10_000_000).contains(value) ? exact : String(exact.dropLast(7))
    }

    /// Nano-dollars as dollars, exact: nine digits behind the point.
    package static func dollars(_ value: Int64) -> String { NanoText.exact(value) }

    /// As it goes to a webhook.
    package var json: [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("type", "tollgate.budget.alert")
        json.member("rule", rule)
        json.member("scope", scope)
        json.member("threshold_percent", Int64(threshold))
        json.member("unit", unit)
        json.member("limit", amount(limit))
        json.member("settled", amount(settled))
        json.member("window_start", RFC3339.text(windowStart, fraction: .none))
        json.key("window_end")
        if let windowEnd { json.value(string: RFC3339.text(windowEnd, fraction: .none)) } else { json.null() }
        json.member("at", RFC3339.text(at))
        json.member("text", sentence)
        json.endObject()
        return json.array
    }

    /// A text, so that no reader makes a rounded number of it.
    private func amount(_ value: Int64) -> String { isMoney ? Self.dollars(value) : "\(value)" }
}
