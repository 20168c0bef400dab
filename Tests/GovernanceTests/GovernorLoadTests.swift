import Configuration
import Glibc
import SeededRandom
import Synchronization
import Testing
import Transport

@testable import Governance

/// What one request of a test met and did.
private struct Played: Sendable {
    let sequence: Int64
    let settlement: Int64
    let records: [HoldRecord]
    let actual: Int64
}

@Suite struct GovernorLoadTests {
    private typealias Bench = GovernorBench

    private static func loops(_ count: Int) throws -> [EventLoop] {
        try (0..<count).map { index in
            let loop = try EventLoop(index: index + 1)
            try loop.start()
            return loop
        }
    }

    /// 500 requests from several loops, each with a price of its own.
    private func play(_ bench: Bench, seed: UInt64) async throws -> (played: [Played], refused: Int) {
        let loops = try Self.loops(3)
        defer { for loop in loops { loop.stop() } }
        let governor = bench.governor
        let results = await withTaskGroup(of: Played?.self) { group in
            for index in 0..<500 {
                let loop = loops[index % loops.count]
                group.addTask(executorPreference: loop) {
                    var generator = SeededGenerator(seed: seed &* 1_000 &+ UInt64(index))
                    let amount = Int64.random(in: 0...2_000, using: &generator)
                    let worst = amount + Int64.random(in: 0...8_000, using: &generator)
                    let actual = Int64.random(in: 0...worst, using: &generator)
                    let subject = Sample.subject(user: "u\(index % 7)", team: "t\(index % 2)")
                    for _ in 0..<Int.random(in: 0...3, using: &generator) { await Task.yield() }
                    guard let admission = await bench.admit(subject, cost: amount, worst: worst).admission else {
                        return nil
                    }
                    let hold = Hold(admission, at: governor)
                    for _ in 0..<Int.random(in: 0...20, using: &generator) { await Task.yield() }
                    let settlement = await hold.settle(Spending(cost: actual))
                    let records = HoldRecord.parse(String(decoding: admission.record, as: UTF8.self)) ?? []
                    return Played(
                        sequence: admission.sequence, settlement: settlement, records: records, actual: actual)
                }
            }
            return await group.reduce(into: [Played?]()) { $0.append($1) }
        }
        let played = results.compactMap { $0 }
        return (played, results.count - played.count)
    }

    /// Plays admissions and settlements again in their order, and compares each account with what its record says.
    private func replay(_ played: [Played]) -> [BudgetAccountID: BudgetBalance] {
        var balances: [BudgetAccountID: BudgetBalance] = [:]
        let events = (played.map { ($0.sequence, $0, true) } + played.map { ($0.settlement, $0, false) })
            .sorted { $0.0 < $1.0 }
        #expect(Set(events.map(\.0)).count == events.count, "each has its own place in the order")
        for (_, request, isAdmission) in events {
            for record in request.records {
                var balance = balances[record.id] ?? BudgetBalance(settled: 0)
                if isAdmission {
                    #expect(balance.settled == record.settled && balance.reserved == record.reserved)
                    #expect(balance.worst == record.worst && record.isNew == (balances[record.id] == nil))
                    #expect(record.settled + record.reserved + record.claim.amount <= record.limit)
                    balance.hold(record.claim)
                } else {
                    balance.settle(record.claim, charge: request.actual)
                }
                balances[record.id] = balance
            }
        }
        return balances
    }

    @Test(
        "500 requests at once, whatever they cost: no account passes its limit but by what is documented",
        arguments: 0..<3)
    func parallel(seed: UInt64) async throws {
        let bench = try Bench(budgets: [
            Sample.budget("person", 40_000, per: [.user]), Sample.budget("team", 90_000, per: [.team]),
            Sample.budget("all", 150_000),
        ])
        let (played, refused) = try await play(bench, seed: seed)
        #expect(played.count > 20 && refused > 20, "some are let in, some are not")
        let balances = replay(played)
        for status in await bench.governor.statuses() {
            let balance = balances[status.id] ?? BudgetBalance(settled: 0)
            #expect(status.settled == balance.settled && status.reserved == 0 && status.exposure == 0)
            let about = played.filter { $0.records.contains { $0.id == status.id } }
            let above = about.reduce(0) { sum, request in
                sum + max(0, request.actual - (request.records.first { $0.id == status.id }?.claim.amount ?? 0))
            }
            #expect(status.settled <= status.limit + above)
            #expect(status.settled == about.reduce(0) { $0 + $1.actual })
        }
    }

    @Test("With a largest overshoot the cap is passed by no more, with 500 requests at once", arguments: 0..<3)
    func parallelBounded(seed: UInt64) async throws {
        let overshoot = Int64(seed) * 10_000
        let bench = try Bench(budgets: [
            Sample.budget("person", 40_000, per: [.user]),
            Sample.budget("all", 150_000) { $0.maximumOvershoot = overshoot },
        ])
        let (played, refused) = try await play(bench, seed: seed)
        #expect(played.count > 20 && refused > 20)
        _ = replay(played)
        let status = try #require(await bench.status("all"))
        #expect(status[0] <= 150_000 + overshoot && status[1] == 0)
    }

    @Test("500 requests at once that are dropped, half of them in the queue, leave nothing")
    func parallelDropped() async throws {
        let bench = try Bench(
            budgets: [Sample.budget("all", 1_000_000)],
            rates: [
                Sample.rate("at-once", 20, .concurrent) {
                    $0.onLimit = .queue
                    $0.maximumQueue = 1_000
                }, Sample.rate("tpm", 100, .tokens(window: Bench.minute)) { $0.onLimit = .queue },
            ])
        let loops = try Self.loops(2)
        defer { for loop in loops { loop.stop() } }
        let governor = bench.governor
        let admitted = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<500 {
                group.addTask(executorPreference: loops[index % loops.count]) {
                    let demand = bench.demand(cost: 100, tokens: 3, owner: "u\(index % 5)")
                    let verdict = await withCheckedContinuation { continuation in
                        governor.loop.post {
                            governor.assumeIsolated { governor in
                                let verdict = governor.admit(demand) { continuation.resume(returning: $0) }
                                if verdict.ticket == nil { continuation.resume(returning: verdict) }
                            }
                        }
                    }
                    guard let admission = verdict.admission else { return false }
                    let hold = Hold(admission, at: governor)
                    for _ in 0..<index % 9 { await Task.yield() }
                    _ = consume hold
                    return true
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(admitted == 500, "all had their turn")
        #expect(await bench.status("all") == [0, 0, 1_000_000])
        #expect(await bench.governor.run { $0.queue.isEmpty })
        #expect(await bench.admit(tokens: 100).admission != nil, "the limits are as they were")
    }

    // MARK: Memory

    /// Bytes of memory that this process has now.
    private static func residentBytes() throws -> Int {
        let file = try #require(fopen("/proc/self/statm", "r"))
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 128)
        try #require(fgets(&line, 128, file) != nil)
        let fields = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            .split(separator: " ")
        return try #require(Int(fields[1])) * Int(getpagesize())
    }

    @Test("100,000 accounts take less than 100 MB")
    func memory() async {
        // In a process of its own: other tests would be measured too.
        await #expect(processExitsWith: .success) {
            let bench = try GovernorBench(budgets: [Sample.budget("person", 1_000, per: [.user, .metadata("project")])])
            let governor = bench.governor, book = bench.book
            let before = try Self.residentBytes()
            let count = 100_000
            await governor.run { governor in
                for index in 0..<count {
                    var places = RuleBook.Places()
                    let scope = "user=developer-\(index)@example.com,metadata.project=atlas"
                    places.budgets = [RuleBook.Place(rule: 0, scope: scope)]
                    let claim = BudgetBalance.Claim(amount: 1, worst: 1)
                    let demand = Demand(
                        book: book, places: places, owner: "x", cost: claim, tokens: claim)
                    guard let admission = governor.admit(demand, whenTurn: { _ in }).admission else { continue }
                    governor.settle(admission, Spending(cost: 1))
                }
            }
            let grown = try Self.residentBytes() - before
            try #require(await governor.run { $0.population.accounts } == count)
            print("\(grown / count) bytes an account, \(grown / 1_000_000) MB in all")
            try #require(grown > 10_000_000 && grown < 100_000_000)
        }
    }

    @Test("Refusals leave no accounts behind, what is over is let go of, and openings are kept")
    func sweeps() async throws {
        let opening = Bench.account("person", "user=zoe")
        let bench = try Bench(
            budgets: [
                Sample.budget("person", 100, per: [.user]),
                Sample.budget("session", 100, per: [.session]) { $0.window = .total },
                Sample.budget("none", 1) { $0.when.users = [Glob("mallory"), Glob("zoe")] },
            ], rates: [Sample.rate("rpm", 1_000, .requests(window: Bench.minute), per: [.session])],
            openings: [opening: 40])
        for index in 0..<50 {
            let subject = Sample.subject(user: "mallory", session: "s\(index)")
            #expect(await bench.admit(subject, cost: 2).refusedBy == "budget none")
        }
        #expect(await bench.admit(Sample.subject(user: "zoe"), cost: 2).refusedBy == "budget none")
        let held = try #require(await bench.admit(cost: 2).admission)
        await bench.sweep(Sample.subject())
        // alice's day and session, and her limiter; whoever was refused is forgotten.
        #expect(await bench.governor.run { $0.population }.accounts == 2)
        #expect(await bench.governor.run { $0.population }.limiters == 1)
        _ = await bench.admit(Sample.subject(user: "zoe"), cost: 2)
        #expect(await bench.status("person", "user=zoe") == [40, 0, 100])

        bench.clock.advance(Bench.day + 3_600 * Bench.second)
        await bench.sweep(Sample.subject(user: "bob"))
        #expect(
            await bench.status("person", "user=alice") == [0, 2, 100], "a window that is over stays while it is held")
        await bench.governor.settle(held, Spending(cost: 3))
        #expect(await bench.status("person", "user=alice") == [3, 0, 100])
    }

    @Test("Limiters are let go of where no budget is configured")
    func sweepsLimiters() async throws {
        let bench = try Bench(rates: [Sample.rate("rpm", 10, .requests(window: Bench.second), per: [.session])])
        for index in 0..<50 {
            let admission = try #require(await bench.admit(Sample.subject(session: "s\(index)")).admission)
            await bench.governor.settle(admission, Spending())
        }
        #expect(await bench.governor.run { $0.population }.limiters == 50)
        bench.clock.advance(Bench.minute)
        var turns = 0
        while await bench.governor.run({ $0.population }).limiters > 0, turns < 1_000_000 { turns += 1 }
        #expect(await bench.governor.run { $0.population }.limiters == 0)
    }
}
