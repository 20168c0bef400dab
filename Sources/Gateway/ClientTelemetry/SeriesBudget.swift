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
    /// Of all credentials together; then all begin anew, so that the memory is bounded.
    private static let maximumInAll = 1_000_000
    private var total = 0
    private static let hour: Int64 = 3_600_000_000_000

    /// - Parameter now: Unix nanoseconds.
    mutating func admits(_ series: Int, of keyID: String, at now: Int64) -> Bool {
        if accounts[keyID] == nil, accounts.count >= Self.maximumAccounts {
            accounts = accounts.filter { abs(now - $0.value.began) < Self.hour }
            if accounts.count >= Self.maximumAccounts { accounts.removeAll() }
            total = accounts.values.reduce(0) { $0 + $1.series.count }
        }
        if let account = accounts[keyID], abs(now - account.began) >= Self.hour {
            total -= account.series.count
            accounts[keyID] = nil
        }
        if accounts[keyID] == nil { accounts[keyID] = Account(began: now) }
        if accounts[keyID]?.series.contains(series) == true { return true }
        guard accounts[keyID]?.series.count ?? 0 < Self.maximum else { return false }
        if total >= Self.maximumInAll {
            accounts = [keyID: Account(began: now)]
            total = 0
        }
        accounts[keyID]?.series.insert(series)
        total += 1
        return true
    }
}
