import SeededRandom
import Testing

@testable import Ledger

@Suite("The past, read back for budgets and limits")
struct HistoryTests {
    /// What went into the ledger, as plain values.
    private struct Known {
        var dimensions = SpendDimensions()
        var startedAt: Int64 = 0
        var cost: Int64 = 0
        var tokens: Int64 = 0
        var ordinal = 0
        var admission: Int64 = 0
        var settlement: Int64 = 0
    }

    /// Requests drawn at random around midnight, with one to three attempts that start up to hours after them.
    private static func fill(_ directory: DataDirectory, count: Int, seed: UInt64) throws -> [Known] {
        var random = SeededGenerator(seed: seed)
        let journal = try Journal(
            path: directory.journalPath(loop: 0), capacity: 4096, initial: 256, wake: WriterWake())
        var known: [Known] = []
        var orders = Array(1...Int64(count) * 6).shuffled(using: &random)
        for number in 0..<count {
            let at = midnight + Int64.random(in: -40 * day..<5 * day, using: &random) / 1_000_000 * 1_000_000
            let id = RequestID(milliseconds: at / 1_000_000 - RequestID.epochMilliseconds, loop: 0, sequence: number)
            var facts = sampleFacts(id: id, user: "user-\(number % 3)")
            var dimensions = SpendDimensions()
            (dimensions.user, dimensions.team, dimensions.keyID) = ("user-\(number % 3)", "platform", "key_1")
            dimensions.groups = ["", "senior", "senior,platform"].randomElement(using: &random) ?? ""
            dimensions.virtualAccount = number % 7 == 0 ? "ci" : ""
            dimensions.modelRequested = ["opus", "sonnet"][number % 2]
            dimensions.metadata = number % 4 == 0 ? "" : #"{"n":"\#(number % 5)"}"#
            dimensions.sessionID = "session-\(number % 11)"
            facts.groups = .string(dimensions.groups)
            facts.virtualAccount = .string(dimensions.virtualAccount)
            facts.modelRequested = .string(dimensions.modelRequested)
            facts.metadata = .string(dimensions.metadata)
            facts.sessionID = .string(dimensions.sessionID)
            let counts = number % 13 != 0
            facts.operation = counts ? .messages : .countTokens
            let slot = try opened(journal, facts)
            for ordinal in 0..<Int.random(in: 1...3, using: &random) {
                var attempt = Known(dimensions: dimensions, ordinal: ordinal)
                attempt.startedAt = at + Int64.random(in: 0..<day / 2, using: &random)
                attempt.dimensions.provider = "provider-\(ordinal)"
                attempt.dimensions.model = "claude-sonnet-4-5-20250929"
                var begun = sampleAttempt(at: attempt.startedAt, provider: attempt.dimensions.provider)
                if number % 5 != 0 { attempt.admission = orders.removeLast() }
                if number % 6 != 0 { attempt.settlement = orders.removeLast() }
                begun.admission = attempt.admission
                begun.holds = .string("hold \(number).\(ordinal)")
                try begin(slot, begun)
                var outcome = sampleAttemptOutcome()
                attempt.cost = Int64.random(in: 0..<1_000_000, using: &random)
                outcome.usage = UsageCounts(
                    input: Int64(number), output: 1, cacheWrite5m: 2, cacheWrite1h: 3, cacheRead: 4)
                attempt.tokens = Int64(number) + 10
                outcome.costNanoUSD = attempt.cost
                outcome.settlement = attempt.settlement
                slot.closeAttempt(outcome)
                if counts { known.append(attempt) }
            }
            slot.close(sampleOutcome())
        }
        _ = try JournalRecovery.run(in: directory, into: try directory.openDatabase())
        return known
    }

    private static let details: [HistoryDetail] = [[], [.metadata], [.session], [.metadata, .session]]

    private static func reduced(_ dimensions: SpendDimensions, to detail: HistoryDetail) -> SpendDimensions {
        var result = dimensions
        if !detail.contains(.metadata) { result.metadata = "" }
        if !detail.contains(.session) { result.sessionID = "" }
        return result
    }

    @Test("Spend is what a plain sum over all attempts gives, for every window and detail", arguments: 0..<4)
    func spend(variant: Int) throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let known = try Self.fill(directory, count: 400, seed: UInt64(variant))
        let detail = Self.details[variant]
        let windows = [midnight - 20 * day, midnight - 6 * day, midnight, midnight + 1]
        struct Group: Hashable {
            var bucket: Int
            var dimensions: SpendDimensions
        }
        var expected: [Group: [Int64]] = [:]
        for attempt in known where attempt.startedAt >= windows[0] {
            let bucket = windows.lastIndex { $0 <= attempt.startedAt } ?? -1
            let group = Group(bucket: bucket, dimensions: Self.reduced(attempt.dimensions, to: detail))
            let sums = expected[group] ?? [0, 0, 0]
            expected[group] = [sums[0] + attempt.cost, sums[1] + attempt.tokens, sums[2] + 1]
        }
        let rows = try SpendHistory.read(directory, since: windows, detail: detail)
        let found = Dictionary(
            rows.map {
                (Group(bucket: $0.bucket, dimensions: $0.dimensions), [$0.costNanoUSD, $0.tokens, $0.attempts])
            }, uniquingKeysWith: { _, _ in [] })
        #expect(found == expected)
        #expect(rows.count == expected.count && rows.count > 20)
        #expect(try SpendHistory.read(directory, since: []).isEmpty)
    }

    @Test("An attempt without a price has a row of its own, with what it reserved")
    func unpriced() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let journal = try Journal(
            path: directory.journalPath(loop: 0), capacity: 4, initial: 4, wake: WriterWake())
        let id = RequestID(milliseconds: midnight / 1_000_000 - RequestID.epochMilliseconds, loop: 0, sequence: 0)
        let slot = try opened(journal, sampleFacts(id: id))
        let attempts: [(cost: Int64, holds: String, isPriced: Bool)] = [
            (0, "one", false), (5, "two", true), (0, "three", false), (0, "", false), (0, "free", true),
            (7, "four", true),
        ]
        for (cost, holds, isPriced) in attempts {
            var begun = sampleAttempt(at: midnight)
            begun.priceVersion = FactText(isPriced ? "2026-11-01" : nil)
            begun.holds = FactText(holds.isEmpty ? nil : holds)
            try begin(slot, begun)
            var outcome = sampleAttemptOutcome()
            outcome.costNanoUSD = cost
            slot.closeAttempt(outcome)
        }
        slot.close(sampleOutcome())
        _ = try JournalRecovery.run(in: directory, into: try directory.openDatabase())
        let rows = try SpendHistory.read(directory, since: [midnight])
        let said = rows.map { "\($0.holds ?? "priced") \($0.attempts) \($0.costNanoUSD)" }
        #expect(Set(said) == ["one 1 0", "three 1 0", " 1 0", "priced 3 12"])
    }

    @Test("An attempt counts where it started, also if its request came in before the window")
    func acrossMidnight() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let journal = try Journal(
            path: directory.journalPath(loop: 0), capacity: 4, initial: 4, wake: WriterWake())
        let id = RequestID(
            milliseconds: (midnight - 1_000_000) / 1_000_000 - RequestID.epochMilliseconds, loop: 0, sequence: 0)
        let slot = try opened(journal, sampleFacts(id: id))
        for start in [midnight - 1, midnight] {
            try begin(slot, sampleAttempt(at: start))
            slot.closeAttempt(sampleAttemptOutcome())
        }
        slot.close(sampleOutcome())
        _ = try JournalRecovery.run(in: directory, into: try directory.openDatabase())
        #expect(try SpendHistory.read(directory, since: [midnight]).map(\.attempts) == [1])
        #expect(try SpendHistory.read(directory, since: [midnight - day, midnight]).map(\.bucket) == [0, 1])
    }

    @Test("Rates: each attempt in its bucket of each sequence, requests counted once")
    func rates() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let known = try Self.fill(directory, count: 400, seed: 8)
        let sequences = [
            RateHistory.Buckets(width: day / 4, since: midnight - 2 * day),
            RateHistory.Buckets(width: 60 * second, since: midnight + 2 * day),
        ]
        let rows = try RateHistory.read(directory, sequences)
        for (index, sequence) in sequences.enumerated() {
            let inside = known.filter { $0.startedAt >= sequence.since }
            let mine = rows.filter { $0.sequence == index }
            #expect(!inside.isEmpty)
            #expect(mine.reduce(0) { $0 + $1.attempts } == Int64(inside.count))
            #expect(mine.reduce(0) { $0 + $1.requests } == Int64(inside.filter { $0.ordinal == 0 }.count))
            for row in mine {
                #expect(row.start % sequence.width == 0)
                let same = inside.filter {
                    Self.reduced($0.dimensions, to: []) == row.dimensions
                        && (row.start..<row.start + sequence.width).contains($0.startedAt)
                }
                #expect(row.tokens == same.reduce(0) { $0 + $1.tokens } && row.attempts == Int64(same.count))
            }
        }
        #expect(try RateHistory.read(directory, []).isEmpty)
    }

    @Test("Admissions come in their order with the lines of the audit between them")
    func admissions() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let known = try Self.fill(directory, count: 300, seed: 5)
        let ledger = try Ledger(directory)
        #expect(ledger.newestOrder >= known.map { max($0.admission, $0.settlement) }.max() ?? 0)
        let lines = [(900_000, "refuse"), (300, "reload"), (0, "start"), (300, "refuse"), (5, "issue")].map {
            AuditEntry(at: midnight - 19 * day, actor: "tollgate", action: $1, order: $0)
        }
        ledger.writer.audit(lines)
        ledger.writer.audit([AuditEntry(at: midnight - 21 * day, actor: "tollgate", action: "refuse")])
        try await ledger.writer.close()
        #expect(try directory.value("SELECT value FROM meta WHERE name = 'newest_order'") == "900000")

        let since = midnight - 20 * day
        var places: [Int64] = []
        var audit: [AuditEntry] = []
        var attempts: [AdmissionHistory.Attempt] = []
        try AdmissionHistory.read(directory, since: since) { event in
            switch event {
            case .audit(let entry):
                audit.append(entry)
                places.append(entry.order)
            case .attempt(let attempt):
                attempts.append(attempt)
                places.append(attempt.admission ?? attempt.settlement ?? 0)
            }
        }
        #expect(places == places.sorted())
        #expect(audit == [lines[2], lines[1], lines[3], lines[0]])
        let expected = known.filter { $0.startedAt >= since }
        #expect(attempts.count == expected.count && attempts.count > 100)
        let later = midnight - 18 * day
        #expect(
            try AdmissionHistory.firstPlace(directory, since: later)
                == known.filter { $0.startedAt >= later && $0.admission != 0 }.map(\.admission).min())
        let decisions = expected.map(\.admission).filter { $0 != 0 } + lines.map(\.order).filter { $0 != 0 }
        #expect(try AdmissionHistory.firstPlace(directory, since: since) == decisions.min())
        #expect(try AdmissionHistory.firstPlace(directory, since: midnight + 9999 * day) == nil)
        let byStart = Dictionary(expected.map { ($0.startedAt, $0) }, uniquingKeysWith: { first, _ in first })
        for attempt in attempts {
            let known = try #require(byStart[attempt.startedAt])
            #expect(attempt.dimensions == known.dimensions && attempt.costNanoUSD == known.cost)
            #expect(attempt.tokens == known.tokens && attempt.ordinal == known.ordinal && attempt.outcome == "ok")
            #expect(attempt.admission == (known.admission == 0 ? nil : known.admission))
            #expect(attempt.settlement == (known.settlement == 0 ? nil : known.settlement))
            #expect(attempt.holds.hasSuffix(".\(known.ordinal)") && attempt.priceVersion == "2026-11-01")
        }
    }

    @Test("Without a ledger there is no past")
    func empty() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        #expect(try SpendHistory.read(directory, since: [0]).isEmpty)
        #expect(try RateHistory.read(directory, [.init(width: second, since: 0)]).isEmpty)
        var events = 0
        try AdmissionHistory.read(directory, since: 0) { _ in events += 1 }
        #expect(events == 0)
    }

    @Test("Reports by group find each member of the list, and those of service accounts")
    func report() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let known = try Self.fill(directory, count: 100, seed: 6)
        func requests(_ condition: String) throws -> Int64 {
            try Report(
                ReportQuery(
                    by: ["groups", "virtual_account"], where: [condition, "operation=messages"], now: midnight + 9 * day
                ),
                in: directory, now: midnight + 9 * day
            ).total.requests
        }
        func expected(_ matches: (SpendDimensions) -> Bool) -> Int64 {
            Int64(known.filter { $0.ordinal == 0 && matches($0.dimensions) }.count)
        }
        #expect(try requests("groups=senior") == expected { $0.groups.hasPrefix("senior") })
        #expect(try requests("groups=platform") == expected { $0.groups == "senior,platform" })
        #expect(try requests("groups=plat*") == expected { $0.groups == "senior,platform" })
        #expect(try requests("groups=form") == 0)
        #expect(try requests("groups=") == expected { $0.groups.isEmpty })
        #expect(try requests("virtual_account=ci") == expected { $0.virtualAccount == "ci" })
    }
}
