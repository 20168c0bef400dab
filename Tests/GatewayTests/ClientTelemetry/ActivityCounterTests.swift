import Ledger
import Testing
import Wire

@testable import Gateway
@testable import Telemetry

@Suite("What clients say of their work is counted once")
struct ActivityCounterTests {
    private let stamp = ClientStamp(user: "alice", team: "platform", keyID: "key_1", project: "", metadata: [])
    private let now: Int64 = 1_795_273_893_000_000_000

    private func commits(
        _ value: Int, start: Int64, delta: Bool = false, at time: UInt64? = nil
    ) throws -> ClientActivity {
        let json = """
            {"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"claude_code.commit.count","sum":{
            "aggregationTemporality":\(delta ? 1 : 2),"dataPoints":[{"startTimeUnixNano":"\(start)","timeUnixNano":"\(time ?? UInt64(now))","asInt":"\(value)"}]}}]}]}]}
            """
        let bytes = try Array(json.utf8).withUnsafeBytes { try OTLPTranscoder.protobuf($0, .metrics) }
        return try #require(try bytes.withUnsafeBytes { try ClientActivity.metrics(in: $0) }.first)
    }

    @Test("Differences add up; of sums that go on what they grew counts, and all of one that begins anew")
    func growth() throws {
        var counter = ActivityCounter(startedAt: now - 1_000)
        for value in [1, 2, 3] { _ = counter.add(try commits(value, start: 0, delta: true), stamp, at: now) }
        #expect(counter.take().map { $0.counts[.commits] } == [6])
        for value in [4, 4, 9] { _ = counter.add(try commits(value, start: now - 10), stamp, at: now) }
        #expect(counter.take().map { $0.counts[.commits] } == [9])
        let anew = counter.add(try commits(2, start: now - 5), stamp, at: now)
        let less = counter.add(try commits(1, start: now - 5), stamp, at: now)
        #expect(anew == 2 && less == 0, "it cannot shrink")
    }

    @Test("What many say together ends at the largest number")
    func saturation() {
        var figures = ClientTelemetryFigures()
        for _ in 0..<3 { figures.add(.linesAdded, .max / 2, stamp) }
        var shard = MetricShard()
        figures.write(to: &shard)
        figures.write(to: &shard)
        let labels = Labels().adding("user.id", "alice").adding("tollgate.team", "platform").adding("type", "added")
        #expect(shard.value(.claudeLines, labels) == .max)
    }

    @Test("No time stamp is too far off to be told from ours")
    func farTimes() throws {
        var counter = ActivityCounter(startedAt: now - 1_000)
        // The second differs from ours by the smallest number there is.
        for time in [0, UInt64(now) | 1 << 63, .max, 1 << 63] {
            _ = counter.add(try commits(1, start: 0, delta: true, at: time), stamp, at: now)
        }
        #expect(counter.take().map { $0.counts[.commits] } == [4], "all count for our day")
    }

    @Test("Of a sum that began before the process only what comes from now on counts")
    func older() throws {
        var counter = ActivityCounter(startedAt: now)
        let first = counter.add(try commits(50, start: 7), stamp, at: now)
        let second = counter.add(try commits(53, start: 7), stamp, at: now)
        #expect(first == 0 && second == 3)
    }

    @Test("The same bytes of the same key count once; a clock that is far off is not believed")
    func repeated() throws {
        var counter = ActivityCounter(startedAt: now)
        let isNew = { (counter: inout ActivityCounter, body: [UInt8], key: String, at: Int64) in
            !counter.isRepeated(body, of: key, at: at)
        }
        #expect(isNew(&counter, [1, 2], "a", now) && !isNew(&counter, [1, 2], "a", now + 1))
        #expect(isNew(&counter, [1, 2], "b", now) && isNew(&counter, [1, 3], "a", now))
        #expect(isNew(&counter, [1, 2], "a", now + 3_600 * 1_000_000_000), "an hour later it is another one")
        _ = counter.add(try commits(1, start: 0, delta: true), stamp, at: now + 30 * CivilDate.nanosecondsPerDay)
        #expect(counter.take()[0].key.day == CivilDate(unixNanoseconds: now).daysSince1970 + 30)
    }

    @Test("Of a sum that was forgotten because there were many nothing is counted twice")
    func forgotten() throws {
        var counter = ActivityCounter(startedAt: now - 1_000, seriesLimit: 1)
        let other = ClientStamp(user: "bob", team: "", keyID: "key_2", project: "", metadata: [])
        let first = counter.add(try commits(5, start: now - 10), stamp, at: now)
        let second = counter.add(try commits(3, start: now - 9), other, at: now)
        let again = counter.add(try commits(6, start: now - 10), stamp, at: now)
        #expect([first, second, again] == [5, 3, 0])
        #expect(counter.add(try commits(2, start: now - 1), other, at: now) == 2, "one that began later")
    }

    @Test("A credential names so many projects in a day, and no row is made of more")
    func projects() throws {
        var counter = ActivityCounter(startedAt: now)
        for day in 0..<2 {
            for number in 0..<300 {
                let stamp = ClientStamp(user: "alice", team: "", keyID: "key_1", project: "p\(number)", metadata: [])
                let at = now + Int64(day) * CivilDate.nanosecondsPerDay
                _ = counter.add(try commits(1, start: 0, delta: true), stamp, at: at)
            }
        }
        let rows = counter.take()
        #expect(Set(rows.map(\.key.project)).count == ActivityCounter.maximumProjects + 1)
        #expect(rows.reduce(0) { $0 + $1.counts[.commits] } == 600, "none is lost")
    }

    @Test("Every measure has a column in the ledger")
    func measures() {
        #expect(ClientActivity.Measure.allCases.map(\.rawValue) == ActivityMeasure.allCases.map(\.rawValue))
    }
}

@Suite("Records find their spans")
struct SpanDirectoryTests {
    @Test("A table forgets its oldest entries first, and keeps those that were set again")
    func bounded() {
        var table = BoundedTable<Int, Int>(capacity: 3)
        for key in 0..<5 { table.set(key * 10, for: key) }
        table.set(99, for: 4)
        #expect([0, 1, 2, 3, 4].map { table[$0] } == [nil, nil, 20, 30, 99])
        for key in 5..<1_000 { table.set(key, for: key) }
        #expect(table[996] == nil && table[997] == 997 && table[999] == 999)
    }
}

@Suite("Series of one credential are bounded")
struct SeriesBudgetTests {
    @Test("Known series pass, new ones as long as there is room, each credential for itself, and anew every hour")
    func bounded() {
        var budget = SeriesBudget()
        let filled = (0..<SeriesBudget.maximum).map { budget.admits($0, of: "a", at: 0) }
        #expect(!filled.contains(false))
        let beyond = budget.admits(-1, of: "a", at: 1), known = budget.admits(7, of: "a", at: 1)
        let other = budget.admits(-1, of: "b", at: 1), later = budget.admits(-1, of: "a", at: 3_600_000_000_000)
        #expect([beyond, known, other, later] == [false, true, true, true])
    }
}
