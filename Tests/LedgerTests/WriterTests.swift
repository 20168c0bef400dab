import Glibc
import Synchronization
import Testing

@testable import Ledger

@Suite("The writer and the loops")
struct WriterTests {
    @Test("Loops on threads of their own and the writer lose nothing and repeat nothing")
    func threads() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        var options = Ledger.Options()
        options.loops = 4
        options.slotsPerLoop = 256
        options.initialSlots = 2
        let ledger = try Ledger(directory, options)
        let perLoop = 3000
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            let running = Countdown(options.loops) { done.resume() }
            for loop in 0..<options.loops {
                startThread {
                    var ids = ledger.makeIDSource(loop: loop)
                    for number in 0..<perLoop {
                        let id = ids.next(now: midnight + Int64(number) * second)
                        let user = "user-\(number % 7)"
                        while !serve(ledger.journals[loop], id: id, user: user) { sched_yield() }
                    }
                    running.finished()
                }
            }
        }
        try await ledger.writer.flush()
        let statistics = await ledger.writer.statistics()
        #expect(statistics.rows == 12_000)
        #expect(statistics.waiting == 0)
        try await ledger.writer.close()
        #expect(try directory.row("count(*), sum(cost_nano_usd)", of: "requests") == "12000|14814804000")
        #expect(try directory.row("count(*), sum(cost_nano_usd)", of: "attempts") == "12000|14814804000")
        #expect(
            try directory.row("sum(requests), sum(cost_nano_usd), count(*)", of: "daily_costs") == "12000|14814804000|7"
        )
    }

    @Test("A full disk loses nothing: rows wait, the journal fills, and all is written when there is room")
    func fullDisk() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let faults = Mutex<[LedgerFault]>([])
        var options = Ledger.Options()
        options.slotsPerLoop = 512
        options.onFault = { fault in faults.withLock { $0.append(fault) } }
        let ledger = try Ledger(directory, options)
        try await ledger.writer.execute("PRAGMA max_page_count = 20")
        var served = 0
        while serve(ledger.journals[0], id: RequestID(rawValue: Int64(served))) { served += 1 }
        // One or two may have found room before the disk was full.
        #expect(served >= 512)
        await #expect(throws: LedgerError.self) { try await ledger.writer.flush() }
        let full = await ledger.writer.statistics()
        #expect(full.waiting > 0 && full.waiting + Int(full.rows) == served)
        try await ledger.writer.execute("PRAGMA max_page_count = 1000000")
        try await ledger.writer.flush()
        #expect(serve(ledger.journals[0], id: RequestID(rawValue: Int64(served))))
        try await ledger.writer.close()
        #expect(try directory.row("count(*)", of: "requests") == "\(served + 1)")
        #expect(try directory.row("sum(requests)", of: "daily_costs") == "\(served + 1)")
    }

    @Test("Figures that an upstream made up do not stop the ledger")
    func absurdFigures() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let ledger = try Ledger(directory)
        for number in 0..<3 {
            let slot = try opened(ledger.journals[0], sampleFacts(id: RequestID(rawValue: Int64(number))))
            try begin(slot, sampleAttempt(at: midnight))
            var outcome = sampleOutcome()
            outcome.usage.input = .max
            outcome.usage.output = .min
            outcome.costNanoUSD = .max
            slot.close(outcome)
        }
        try await ledger.writer.close()
        #expect(
            try directory.row("requests, input_tokens, output_tokens, cost_nano_usd", of: "daily_costs")
                == "3|\(3 * UsageCounts.most)|0|\(3 * UsageCounts.mostNanoUSD)")
        #expect(try directory.row("sum(truncated)", of: "requests") == "3")
        #expect(try directory.row("sum(cost_nano_usd)", of: "attempts") == "\(3 * UsageCounts.mostNanoUSD)")
    }

    @Test("A ledger closed in order leaves no journal, and may be asked and closed again")
    func closedInOrder() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let ledger = try Ledger(directory)
        serve(ledger.journals[0], id: RequestID(rawValue: 5))
        try await ledger.writer.close()
        #expect(try directory.leftoverJournals().isEmpty)
        try await ledger.writer.close()
        try await ledger.writer.flush()
        #expect(await ledger.writer.statistics() == LedgerStatistics(rows: 1, transactions: 1, faults: 0, waiting: 0))
    }

    @Test("Rows closed after the ledger are found by the next one")
    func closedTooLate() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let first = try Ledger(directory)
        let slot = try opened(first.journals[0], sampleFacts(id: RequestID(rawValue: 5)))
        try await first.writer.close()
        #expect(!serve(first.journals[0], id: RequestID(rawValue: 6)), "a closed ledger opens no rows")
        slot.close(sampleOutcome())
        let second = try Ledger(directory)
        #expect(second.recovered == (1, 0))
        try await second.writer.close()
        #expect(try directory.row("outcome", of: "requests") == "ok")
    }
}

/// Calls its closure when so many threads have finished.
final class Countdown: Sendable {
    private let left: Atomic<Int>
    private let action: @Sendable () -> Void

    init(_ count: Int, _ action: @escaping @Sendable () -> Void) {
        left = Atomic(count)
        self.action = action
    }

    func finished() {
        if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { action() }
    }
}

/// Runs a closure on a thread of its own.
func startThread(_ body: @escaping @Sendable () -> Void) {
    final class Box: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let code = pthread_create(
        &thread, nil,
        { argument in
            guard let argument else { return nil }
            Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
            return nil
        }, Unmanaged.passRetained(Box(body)).toOpaque())
    precondition(code == 0)
    pthread_detach(thread)
}
