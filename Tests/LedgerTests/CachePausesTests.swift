import SeededRandom
import Testing
import Wire

@testable import Ledger

@Suite("What subagents used, and what was cached again after a pause, is the same from sums and from rows")
struct CachePausesTests {
    /// A request as it went into the ledger.
    struct Known {
        var id = RequestID(rawValue: 0)
        var team = ""
        var session = ""
        var agent = ""
        var provider = ""
        var model = ""
        /// Of its last attempt, and of the one before.
        var usage = UsageCounts()
        var former: UsageCounts?
        var cost: Int64 = 0
        var formerCost: Int64 = 0
    }

    private static let minute: Int64 = 60 * second

    /// Conversations on some days, with pauses of up to two hours, in the order of time; each fifty rows a new process writes them.
    @discardableResult
    static func fill(_ directory: DataDirectory, days: Int64, seed: UInt64) throws -> [Known] {
        var random = SeededGenerator(seed: seed)
        var known: [Known] = []
        var at = midnight
        while at < midnight + days * day {
            at += Int64.random(in: 1...day, using: &random)
            for _ in 0..<Int.random(in: 2..<10, using: &random) {
                at +=
                    [10 * second, 5 * minute, 20 * minute, 59 * minute, 120 * minute].randomElement(using: &random) ?? 0
                at += Int64.random(in: -5...5, using: &random) * second
                known.append(request(at / 1_000_000 * 1_000_000, known.count, &random))
            }
        }
        var written = 0
        while written < known.count {
            let journal = try Journal(
                path: directory.journalPath(loop: 0), capacity: 64, initial: 64, wake: WriterWake())
            for request in known[written..<min(written + 50, known.count)] { try write(request, to: journal) }
            written += 50
            _ = try JournalRecovery.run(in: directory, into: try directory.openDatabase())
        }
        return known
    }

    private static func request(_ at: Int64, _ number: Int, _ random: inout SeededGenerator) -> Known {
        func usage() -> UsageCounts {
            UsageCounts(
                input: Int64.random(in: 0..<5000, using: &random), output: Int64.random(in: 0..<1000, using: &random),
                cacheWrite5m: Int64.random(in: 0..<40_000, using: &random),
                cacheWrite1h: number % 6 == 0 ? Int64.random(in: 0..<9000, using: &random) : 0,
                cacheRead: Int64.random(in: 0..<60_000, using: &random) * (number % 5 == 0 ? 6 : 1),
                webSearchRequests: Int64(number % 3))
        }
        var known = Known()
        known.id = RequestID(milliseconds: at / 1_000_000 - RequestID.epochMilliseconds, loop: 0, sequence: number)
        known.team = ["platform", "research"].randomElement(using: &random) ?? ""
        known.session = ["one", "two", ""].randomElement(using: &random) ?? ""
        known.agent = number % 4 == 0 ? "agent" : ""
        known.provider = number % 11 == 0 ? "second" : "main"
        known.model = number % 7 == 0 ? "haiku" : "opus"
        known.usage = number % 17 == 0 ? UsageCounts() : usage()
        known.cost = known.usage == UsageCounts() ? 0 : Int64.random(in: 0..<1_000_000_000, using: &random)
        if number % 9 == 0 { (known.former, known.formerCost) = (usage(), 77) }
        return known
    }

    private static func write(_ request: Known, to journal: Journal) throws {
        let at = request.id.unixMilliseconds * 1_000_000
        var facts = sampleFacts(id: request.id, team: request.team)
        facts.sessionID = .string(request.session)
        facts.agentID = .string(request.agent)
        facts.clientVersion = .string("2.1.\(request.id.rawValue % 3)")
        let slot = try opened(journal, facts)
        for (usage, cost, provider) in [
            (request.former, request.formerCost, "first"), (request.usage, request.cost, request.provider),
        ] {
            guard let usage else { continue }
            var attempt = sampleAttempt(at: at, provider: provider)
            attempt.model = .string(request.model)
            try begin(slot, attempt)
            var outcome = sampleAttemptOutcome()
            (outcome.usage, outcome.costNanoUSD) = (usage, cost)
            slot.closeAttempt(outcome)
        }
        var outcome = sampleOutcome()
        outcome.usage = request.usage
        if let former = request.former { outcome.usage.add(former) }
        outcome.costNanoUSD = request.cost + request.formerCost
        slot.close(outcome)
    }

    /// What was written again, told by looking back from each request.
    private static func rewritten(_ known: [Known]) -> [Int64] {
        known.indices.map { index in
            let one = known[index]
            guard !one.session.isEmpty, one.usage != UsageCounts() else { return 0 }
            let former = known[..<index].last {
                $0.session == one.session && $0.agent == one.agent && $0.provider == one.provider
                    && $0.model == one.model && $0.usage != UsageCounts()
            }
            guard let former else { return 0 }
            let pause = one.id.unixMilliseconds - former.id.unixMilliseconds
            guard pause > 300_000, pause < 3_600_000 else { return 0 }
            let cached = former.usage.cacheRead + former.usage.cacheWrite5m + former.usage.cacheWrite1h
            return max(0, min(one.usage.cacheWrite5m, cached - one.usage.cacheRead))
        }
    }

    @Test("A row stands with what it wrote again, whoever wrote the rows before", arguments: 0..<4 as Range<UInt64>)
    func rows(seed: UInt64) throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let known = try Self.fill(directory, days: 40, seed: seed)
        let database = try #require(try directory.openDatabaseReadOnly())
        let statement = try database.prepare("SELECT rewritten_tokens FROM requests ORDER BY id")
        var found: [Int64] = []
        while try statement.step() { found.append(statement.integer(0)) }
        #expect(found == Self.rewritten(known))
        #expect(found.count { $0 > 0 } > 5)
    }

    @Test(
        "Charges from roll-ups are those of the rows, subagents and what was written again told apart, for any bounds")
    func charges() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let known = try Self.fill(directory, days: 70, seed: 11)
        let rewritten = Self.rewritten(known)
        var random = SeededGenerator(seed: 3)
        for round in 0..<30 {
            let bounds = (0..<2).map { _ in
                midnight + Int64.random(in: -1...71, using: &random) * day
                    + Int64.random(in: 0...2, using: &random) * Int64.random(in: 0..<day, using: &random) / 2
            }.sorted()
            let filter = round % 2 == 0 ? "platform" : "*"
            func charges(usingRollup: Bool) throws -> [ProviderCharges.Charge] {
                try ProviderCharges(
                    .teams(cuts: [midnight + 20 * day]), since: RFC3339.text(bounds[0], fraction: .nanoseconds),
                    until: RFC3339.text(bounds[1], fraction: .nanoseconds), where: ["team=\(filter)"], in: directory,
                    now: midnight + 90 * day, usingRollup: usingRollup
                ).charges
            }
            let fast = try charges(usingRollup: true)
            #expect(try fast == charges(usingRollup: false))
            var expected = [Int64](repeating: 0, count: 8), found = expected
            var lengths: [PricedPart?: [Int64]] = [:], foundLengths = lengths
            for (request, again) in zip(known, rewritten) {
                let at = request.id.unixMilliseconds * 1_000_000
                guard at >= bounds[0], at < bounds[1], filter == "*" || request.team == filter else { continue }
                let place = request.agent.isEmpty ? 0 : 4
                expected[place] += request.former == nil ? 1 : 2
                expected[place + 1] += request.cost + request.formerCost
                expected[place + 2] += request.usage.cacheWrite5m + (request.former?.cacheWrite5m ?? 0)
                expected[place + 3] += again
                let attempts = [(request.former, request.formerCost), (request.usage, request.cost)]
                for case (let usage?, let cost) in attempts {
                    let input = usage.input + usage.cacheWrite5m + usage.cacheWrite1h + usage.cacheRead
                    let length = [100_000, 200_000, 272_000].count { input > $0 }
                    let part = PricedPart(rawValue: place + length)
                    lengths[part] = zip(lengths[part] ?? [0, 0, 0], [1, cost, usage.cacheRead]).map(+)
                }
            }
            for charge in fast {
                let place = charge.part?.isSubagent == true ? 4 : 0
                found[place] += charge.sums.requests
                found[place + 1] += charge.sums.costNanoUSD
                found[place + 2] += charge.sums.usage.cacheWrite5m
                found[place + 3] += charge.rewritten
                let figures = [charge.sums.requests, charge.sums.costNanoUSD, charge.sums.usage.cacheRead]
                foundLengths[charge.part] = zip(foundLengths[charge.part] ?? [0, 0, 0], figures).map(+)
            }
            #expect(found == expected)
            #expect(foundLengths == lengths)
        }
    }

    @Test("Roll-ups made anew are those that grew, also where the rows do not say what was written again")
    func rebuilt() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        try Self.fill(directory, days: 50, seed: 6)
        func contents() throws -> [String] {
            try [
                directory.contents(of: "daily_costs", DailyRollup.keyColumns + RollupSums.columns),
                directory.contents(of: "monthly_costs", MonthlyRollup.keyColumns + RollupSums.columns),
                directory.contents(of: "retried_costs", RetriedRollup.keyColumns + RollupSums.columns),
                directory.contents(of: "requests", ["id", "ifnull(rewritten_tokens, 0)"]),
            ]
        }
        let grown = try contents()
        let database = try directory.openDatabase()
        try database.execute(
            "UPDATE requests SET rewritten_tokens = NULL; DELETE FROM daily_costs; DELETE FROM retried_costs; "
                + "UPDATE monthly_costs SET rewritten_tokens = 5, subagent_cost_nano_usd = 1")
        _ = try RollupRebuild.run(in: directory)
        #expect(try contents() == grown)
    }

    @Test("What a transaction that failed had told is told again")
    func undone() {
        var pauses = CachePauses()
        var key = DimensionKey()
        withUnsafeBytes(of: 7) { key.append($0) }
        let usage = UsageCounts(input: 1, cacheWrite5m: 100)
        #expect(pauses.rewritten(key, at: 0, usage) == 0)
        pauses.keep()
        for _ in 0..<2 {
            #expect(pauses.rewritten(key, at: 20 * Self.minute, usage) == 100)
            #expect(pauses.rewritten(key, at: 21 * Self.minute, usage) == 0)
            pauses.discard()
        }
        #expect(pauses.rewritten(key, at: 20 * Self.minute, usage) == 100)
        pauses.keep()
        // One that came in before, and ended after it.
        #expect(pauses.rewritten(key, at: 10 * Self.minute, usage) == 0)
        #expect(pauses.rewritten(key, at: 80 * Self.minute, usage) == 0)
    }

    @Test("Conversations of more than an hour ago are forgotten")
    func forgotten() {
        var pauses = CachePauses()
        let usage = UsageCounts(input: 1, cacheWrite5m: 100)
        for number in 0..<20_000 as Range<Int64> {
            var key = DimensionKey()
            withUnsafeBytes(of: number) { key.append($0) }
            _ = pauses.rewritten(key, at: number * second, usage)
            pauses.keep()
        }
        #expect(pauses.count < 8300)
    }
}
