import Wire

/// From when until when a token is valid (RFC 7519 §4.1.4 to §4.1.6), Unix nanoseconds.
struct TokenTimes {
    private let expires: Int64
    private let begins: Int64?
    private let issued: Int64?

    init(_ claims: JSONObject) throws(TokenFault) {
        guard let expires = try Self.moment(claims, "exp") else { throw .missingClaim("exp") }
        self.expires = expires
        begins = try Self.moment(claims, "nbf")
        issued = try Self.moment(claims, "iat")
    }

    /// By `skew` the clocks may differ. Returns until when the token is valid, `skew` included.
    func check(at now: Int64, skew: Int64) throws(TokenFault) -> Int64 {
        let end = expires.addingSaturated(skew), soon = now.addingSaturated(skew)
        guard now < end else { throw .expired(since: expires) }
        if let begins, begins > soon { throw .notYetValid(until: begins) }
        if let issued, issued > soon { throw .issuedInFuture }
        return end
    }

    /// In the year 2255: what is later would not fit, and is as good as this.
    private static let latest: Int64 = 9_000_000_000
    /// The end of the year 9999, which some issuers write for "never": what is later is not in seconds.
    private static let end: Int64 = 253_402_300_799

    /// A NumericDate (RFC 7519 §2): seconds since 1970, maybe with a fraction.
    private static func moment(_ claims: JSONObject, _ name: String) throws(TokenFault) -> Int64? {
        switch claims[name] {
        case nil: return nil
        case .integer(let seconds) where (0...end).contains(seconds): return min(seconds, latest) * 1_000_000_000
        case .number(let seconds) where seconds >= 0 && seconds <= Double(end):
            return Int64(min(seconds, Double(latest)) * 1e9)
        default: throw .claim(name, mustBe: "a time in seconds since 1970, at most of the year 9999")
        }
    }
}
