/// How many different series of metrics one credential may bring forth in an hour: whoever makes up attributes without end must not
/// fill the back end for all.
struct SeriesBudget {
    private struct Account {
        var series: Set<Int> = []
        var began: Int64
    }
    private var accounts: [String: Account] = [:]
    /// Claude Code has about forty for each session.
    static let maximum = 20_000
    private static let maximumAccounts = 2_000
    private static let hour: Int64 = 3_600_000_000_000

    /// - Parameter now: Unix nanoseconds.
    mutating func admits(_ series: Int, of keyID: String, at now: Int64) -> Bool {
        if accounts[keyID] == nil, accounts.count >= Self.maximumAccounts {
            accounts = accounts.filter { abs(now - $0.value.began) < Self.hour }
            if accounts.count >= Self.maximumAccounts { accounts.removeAll() }
        }
        if let began = accounts[keyID]?.began, abs(now - began) >= Self.hour { accounts[keyID] = nil }
        if accounts[keyID] == nil { accounts[keyID] = Account(began: now) }
        if accounts[keyID]?.series.contains(series) == true { return true }
        guard accounts[keyID]?.series.count ?? 0 < Self.maximum else { return false }
        accounts[keyID]?.series.insert(series)
        return true
    }
}
