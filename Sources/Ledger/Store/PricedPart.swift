/// What a request's price may depend on besides its tokens: whether a subagent asked, and how long it is. Of many requests sums tell
/// these apart, so that they can be priced anew as if each was.
package struct PricedPart: RawRepresentable, CaseIterable, Hashable, Sendable {
    package let rawValue: Int

    package init?(rawValue: Int) {
        guard Self.allCases.indices.contains(rawValue) else { return nil }
        self.rawValue = rawValue
    }

    private init(_ number: Int) { rawValue = number }

    package static let allCases = (0..<2 * (longerThan.count + 1)).map { PricedPart($0) }
    /// All but the first, which is the rest.
    static let stored = allCases.dropFirst()

    /// Tokens of input, the cache included: from where on the prices of built-in tables are others. A request of a price with another
    /// threshold goes by the average of its part.
    package static let longerThan: [Int64] = [100_000, 200_000, 272_000]

    package var isSubagent: Bool { rawValue > Self.longerThan.count }

    /// What its columns begin with.
    var prefix: String {
        let length = rawValue % (Self.longerThan.count + 1)
        return (isSubagent ? "subagent_" : "") + (length > 0 ? "over_\(Self.longerThan[length - 1] / 1000)k_" : "")
    }

    /// The number of a row's part.
    ///
    /// - Parameters:
    ///   - requests: what stands before the columns of the request, such as `requests.`.
    ///   - figures: the same before tokens.
    static func expression(requests: String, figures: String) -> String {
        let input = ["input_tokens", "cache_write_5m_tokens", "cache_write_1h_tokens", "cache_read_tokens"].map {
            figures + $0
        }.joined(separator: " + ")
        return (["(\(requests)agent_id != '') * \(longerThan.count + 1)"] + longerThan.map { "(\(input) > \($0))" })
            .joined(separator: " + ")
    }

    /// That of a closed row.
    init(of slot: SlotMemory) {
        let usage = slot.numbers.pointee.usage
        let input = usage.input &+ usage.cacheWrite5m &+ usage.cacheWrite1h &+ usage.cacheRead
        var number = slot.bytes(.agentID).isEmpty ? 0 : Self.longerThan.count + 1
        for threshold in Self.longerThan where input > threshold { number += 1 }
        self.init(number)
    }
}
