/// Decides when a credential is used, waited for, or fetched anew. Pure: times are passed in, as Unix nanoseconds.
///
/// A credential is fetched anew five minutes before it ends, or at four fifths of a short life; until it ends the old one is
/// used. After a failure the next attempt waits, each time twice as long.
struct CredentialStateMachine: Sendable {
    /// What the one who asked does.
    enum Answer: Sendable {
        case use(UpstreamCredential)
        case wait
        case fail(CredentialFault)
    }

    private var held: TimedCredential?
    private var refreshAt = Int64.max
    /// When it was fetched, and before when another may be given up.
    private var heldSince = Int64.min
    private var distrustAt = Int64.min
    private var isRefreshing = false
    private var failure: (fault: CredentialFault, retryAt: Int64)?
    private var pause = Self.shortestPause

    private static let lead: Int64 = 300_000_000_000
    private static let shortestPause: Int64 = 1_000_000_000
    private static let longestPause: Int64 = 60_000_000_000
    /// Where new credentials are refused as well, the endpoint is not asked with every request.
    private static let distrustPause: Int64 = 10_000_000_000

    /// `held`: a credential that never ends, if there is one from the start.
    init(holding held: UpstreamCredential? = nil) {
        self.held = held.map { TimedCredential(credential: $0, expiry: nil) }
    }

    /// Somebody needs the credential. `mustRefresh`: the caller begins to fetch it, and tells by `refreshed` or `refreshFailed`.
    mutating func asked(at now: Int64) -> (answer: Answer, mustRefresh: Bool) {
        let valid = held.flatMap { $0.expiry ?? .max > now ? $0.credential : nil }
        let isDue = valid == nil || now >= refreshAt
        let mustRefresh = isDue && !isRefreshing && mayTry(at: now)
        if mustRefresh { isRefreshing = true }
        if let valid { return (.use(valid), mustRefresh) }
        if isRefreshing { return (.wait, mustRefresh) }
        // What is neither held nor fetched has failed.
        return (failure.map { .fail($0.fault) } ?? .wait, mustRefresh)
    }

    private func mayTry(at now: Int64) -> Bool {
        guard let failure else { return true }
        // A clock that was set back must not make the pause longer.
        return now >= failure.retryAt || failure.retryAt - now > Self.longestPause
    }

    mutating func refreshed(_ credential: TimedCredential, at now: Int64) {
        isRefreshing = false
        failure = nil
        pause = Self.shortestPause
        held = credential
        heldSince = now
        refreshAt = credential.expiry.map { $0 - min(Self.lead, ($0 - now) / 5) } ?? .max
    }

    /// The provider did not take the credential with which a request began at `start`: it may have been revoked.
    mutating func refused(since start: Int64, at now: Int64) {
        guard held?.expiry != nil, heldSince <= start, now >= distrustAt || distrustAt - now > Self.distrustPause else {
            return
        }
        held = nil
        distrustAt = now + Self.distrustPause
    }

    mutating func refreshFailed(_ fault: CredentialFault, at now: Int64) {
        isRefreshing = false
        failure = (fault, now + pause)
        pause = min(pause * 2, Self.longestPause)
    }
}
