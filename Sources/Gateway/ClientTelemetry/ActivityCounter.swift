import Ledger
import Telemetry
import Transport
import Wire

/// Adds up what clients say of the work done with them, by day and credential. Sums that go on count by what they grew; an export
/// that came before counts for nothing.
struct ActivityCounter {
    private struct SeriesKey: Hashable {
        let keyID: String
        let hash: Int
    }

    private var series: BoundedTable<SeriesKey, ClientActivity.Series.State>
    private var exports = BoundedTable<SHA256Digest, Int64>(capacity: 65_536)
    private var sums: [ActivityKey: ActivityCounts] = [:]
    /// Unix nanoseconds. Of a sum that began before nobody knows how much was counted: by the process before, or before the table
    /// was full.
    private var knownSince: Int64
    /// Those that each credential named today.
    private var projects: [String: Set<String>] = [:]
    private var today: Int?

    /// - Parameter seriesLimit: sums that go on of which is known how far they came.
    init(startedAt: Int64, seriesLimit: Int = 65_536) {
        knownSince = startedAt
        series = BoundedTable(capacity: seriesLimit)
    }

    /// Clients name projects as they like, and each is a row.
    static let maximumProjects = 100

    /// Whether the same bytes came from the same key a short while ago: a client sends again what was not answered in time.
    mutating func isRepeated(_ body: [UInt8], of keyID: String, at now: Int64) -> Bool {
        var text = keyID
        let key = text.withUTF8 { SHA256Digest(of: UnsafeRawBufferPointer($0)) }
        let digest = body.withUnsafeBytes { SHA256Digest(of: $0) }
        let both = (key.bytes + digest.bytes).withUnsafeBytes { SHA256Digest(of: $0) }
        if let before = exports[both], now - before < Self.memory { return true }
        exports.set(now, for: both)
        return false
    }

    /// What a retry can be late by, nanoseconds.
    private static let memory: Int64 = 15 * 60 * 1_000_000_000

    /// Counts it for its day and who sent it. Returns the amount that was new.
    mutating func add(_ activity: ClientActivity, _ stamp: ClientStamp, at now: Int64) -> Int64 {
        let amount = activity.series.map { grown($0, activity.amount, stamp.keyID, at: now) } ?? activity.amount
        guard amount > 0, let measure = ActivityMeasure(rawValue: activity.measure.rawValue) else { return 0 }
        // A client's clock may be off: a day is believed within two of ours.
        let gap = activity.at.subtractingSaturated(now).magnitude
        let isNear = gap < 2 * UInt64(CivilDate.nanosecondsPerDay)
        let day = CivilDate(unixNanoseconds: isNear ? activity.at : now).daysSince1970
        let key = ActivityKey(
            day: day, user: stamp.user, team: stamp.team, keyID: stamp.keyID, project: project(of: stamp, at: now))
        sums[key, default: ActivityCounts()].add(amount, to: measure)
        return amount
    }

    /// Beyond so many in a day, none.
    private mutating func project(of stamp: ClientStamp, at now: Int64) -> String {
        let day = CivilDate(unixNanoseconds: now).daysSince1970
        if today != day { projects.removeAll() }
        today = day
        if stamp.project.isEmpty || projects[stamp.keyID]?.contains(stamp.project) == true { return stamp.project }
        guard projects[stamp.keyID]?.count ?? 0 < Self.maximumProjects else { return "" }
        projects[stamp.keyID, default: []].insert(stamp.project)
        return stamp.project
    }

    private mutating func grown(
        _ identity: ClientActivity.Series, _ value: Int64, _ keyID: String, at now: Int64
    ) -> Int64 {
        let key = SeriesKey(keyID: keyID, hash: identity.hash)
        let before = series[key]
        let forgotten = series.set(ClientActivity.Series.State(start: identity.start, value: value), for: key)
        if let forgotten { knownSince = max(knownSince, min(forgotten.start, now) + 1) }
        guard let before, before.start == identity.start else {
            // New, or begun anew: all of it, unless part of it may have been counted by the process before.
            return identity.start >= knownSince || before != nil ? value : 0
        }
        return value - before.value
    }

    /// The sums since the last call.
    mutating func take() -> [ActivityRow] {
        defer { sums.removeAll(keepingCapacity: true) }
        return sums.map { ActivityRow(key: $0.key, counts: $0.value) }
    }
}

extension ClientActivity.Series {
    /// How far a sum that goes on has come.
    struct State: Sendable {
        let start: Int64
        let value: Int64
    }
}
