import SeededRandom
import Testing

@testable import Telemetry

@Suite struct BatchStateMachineTests {
    private let second: Int64 = 1_000_000_000

    private func batch(_ count: Int, _ mark: UInt8 = 0) -> RecordBatch { RecordBatch(bytes: [mark], count: count) }

    private func machine(queue: Int = 100, batch: Int = 10) -> BatchStateMachine {
        BatchStateMachine(maximumQueue: queue, maximumBatch: batch)
    }

    @Test("What arrives is sent at once; what arrives meanwhile goes together in the next export")
    func batching() {
        var machine = machine()
        #expect(machine.arrived(batch(4, 1), at: 0) == .send([batch(4, 1)]))
        for mark in 2...4 as ClosedRange<UInt8> { #expect(machine.arrived(batch(4, mark), at: 0) == .none) }
        #expect(
            machine.answered(.status(200, retryAfter: nil), at: 0, chance: 0) == .send([batch(4, 2), batch(4, 3)]))
        #expect(machine.answered(.status(200, retryAfter: nil), at: 0, chance: 0) == .send([batch(4, 4)]))
        #expect(machine.answered(.status(200, retryAfter: nil), at: 0, chance: 0) == .none)
        #expect(machine.isIdle && machine.takeDrops().isEmpty)
    }

    @Test("A full queue refuses the newcomer and counts it; a batch larger than the queue goes when it is alone")
    func fullQueue() {
        var machine = machine(queue: 10)
        #expect(machine.arrived(batch(8), at: 0) == .send([batch(8)]))
        #expect(machine.arrived(batch(3), at: 0) == .none)
        #expect(machine.takeDrops() == [.init(count: 3, reason: "queue_full")])
        #expect(machine.arrived(batch(2), at: 0) == .none)
        #expect(machine.held == 10)
        #expect(machine.answered(.status(204, retryAfter: nil), at: 0, chance: 0) == .send([batch(2)]))
        #expect(machine.answered(.status(200, retryAfter: nil), at: 0, chance: 0) == .none)
        #expect(machine.arrived(batch(12), at: 0) == .send([batch(12)]))
        #expect(machine.arrived(RecordBatch(bytes: [], count: 0), at: 0) == .none)
    }

    @Test("A refusal that may pass is tried again after a pause with the same spans")
    func retry() {
        var machine = machine()
        _ = machine.arrived(batch(1), at: 0)
        #expect(machine.answered(.status(503, retryAfter: 7 * second), at: 0, chance: 0) == .pause(7 * second))
        #expect(machine.arrived(batch(1), at: second) == .none, "it waits in line")
        #expect(machine.pauseEnded(at: 7 * second) == .resend)
        #expect(machine.answered(.status(200, retryAfter: nil), at: 8 * second, chance: 0) == .send([batch(1)]))
    }

    @Test("A refusal for good drops that export alone")
    func refusal() {
        var machine = machine()
        _ = machine.arrived(batch(3), at: 0)
        _ = machine.arrived(batch(2), at: 0)
        #expect(machine.answered(.status(400, retryAfter: nil), at: 0, chance: 0) == .send([batch(2)]))
        #expect(machine.takeDrops() == [.init(count: 3, reason: "status_400")])
        #expect(machine.held == 2)
    }

    @Test("At the end a silent collector is not asked twice, one that says later gets its pause if there is time")
    func shutdown() {
        var silent = machine()
        _ = silent.arrived(batch(3), at: 0)
        _ = silent.arrived(batch(9), at: 0)
        silent.shutdownBegan(until: 10 * second)
        #expect(silent.answered(.none, at: second, chance: 0) == .none)
        #expect(silent.takeDrops() == [.init(count: 12, reason: "shutdown")])
        #expect(silent.isIdle)

        var busy = machine()
        _ = busy.arrived(batch(3), at: 0)
        busy.shutdownBegan(until: 10 * second)
        #expect(busy.answered(.status(503, retryAfter: second), at: second, chance: 0) == .pause(second))
        #expect(busy.pauseEnded(at: 2 * second) == .resend)
        #expect(busy.answered(.status(503, retryAfter: 8 * second), at: 3 * second, chance: 0) == .none)
        #expect(busy.takeDrops() == [.init(count: 3, reason: "shutdown")])
    }

    @Test("After the deadline nothing is sent any more, neither what waits nor what arrives")
    func afterTheDeadline() {
        var machine = machine()
        _ = machine.arrived(batch(3), at: 0)
        _ = machine.arrived(batch(9), at: 0)
        machine.shutdownBegan(until: second)
        #expect(machine.answered(.status(200, retryAfter: nil), at: second, chance: 0) == .none)
        #expect(machine.takeDrops() == [.init(count: 9, reason: "shutdown")])
        #expect(machine.arrived(batch(1), at: second) == .none)
        #expect(machine.takeDrops() == [.init(count: 1, reason: "shutdown")])
    }

    @Test(
        "Whatever happens, each span is delivered or dropped exactly once, in order, and the bound holds",
        arguments: 0..<200)
    func property(seed: Int) {
        var run = RandomRun(seed: UInt64(seed))
        run.perform(steps: 300)
        run.finish()
        #expect(run.faults == [])
        #expect(run.arrived == run.delivered + run.dropped)
        #expect(run.deliveredMarks == run.deliveredMarks.sorted())
    }
}

/// A collector and a clock of chance around the machine.
private struct RandomRun {
    private var machine: BatchStateMachine
    private var generator: SeededGenerator
    private let queue: Int
    private let batchSize: Int
    private var now: Int64 = 0
    private var action = BatchStateMachine.Action.none
    private var sending: [RecordBatch] = []
    private var sent = 0
    private(set) var arrived = 0
    private(set) var delivered = 0
    private(set) var dropped = 0
    private(set) var deliveredMarks: [Int] = []
    private(set) var faults: [String] = []

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        queue = Int.random(in: 1...200, using: &generator)
        batchSize = Int.random(in: 1...50, using: &generator)
        machine = BatchStateMachine(maximumQueue: queue, maximumBatch: batchSize)
    }

    mutating func perform(steps: Int) {
        for _ in 0..<steps {
            now += Int64.random(in: 0...2_000_000_000, using: &generator)
            if action == .none || Bool.random(using: &generator) { arrive() } else { proceed() }
        }
    }

    /// The process ends; the collector goes on as before.
    mutating func finish() {
        machine.shutdownBegan(until: now + Int64.random(in: 0...20_000_000_000, using: &generator))
        for _ in 0..<3 { arrive() }
        var steps = 0
        while action != .none {
            now += Int64.random(in: 0...2_000_000_000, using: &generator)
            proceed()
            steps += 1
            if steps > 1_000 { return faults.append("it does not end") }
        }
        if !machine.isIdle { faults.append("something is held") }
    }

    private mutating func arrive() {
        let count = Int.random(in: 1...30, using: &generator)
        let mark = withUnsafeBytes(of: UInt32(arrived)) { Array($0) }
        let next = machine.arrived(RecordBatch(bytes: mark, count: count), at: now)
        arrived += count
        if next != .none, action != .none { faults.append("two exports at a time") }
        if action == .none { take(next) } else { noteDrops() }
        if machine.held > max(queue, 30) { faults.append("\(machine.held) held") }
    }

    private mutating func proceed() {
        switch action {
        case .none: return
        case .pause: take(machine.pauseEnded(at: now))
        case .send, .resend:
            let replies: [ExportStateMachine.Reply] = [
                .status(200, retryAfter: nil), .status(200, retryAfter: nil), .status(400, retryAfter: nil),
                .status(503, retryAfter: 3_000_000_000), .status(429, retryAfter: nil), .none,
            ]
            let reply = replies[Int.random(in: 0..<replies.count, using: &generator)]
            if case .status(200, _) = reply {
                delivered += sent
                for batch in sending { deliveredMarks.append(mark(batch)) }
            }
            take(machine.answered(reply, at: now, chance: 0.5))
        }
    }

    private func mark(_ batch: RecordBatch) -> Int {
        Int(batch.bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) })
    }

    private mutating func take(_ next: BatchStateMachine.Action) {
        noteDrops()
        if case .send(let batches) = next {
            sending = batches
            sent = batches.reduce(0) { $0 + $1.count }
            if batches.count > 1, sent > batchSize { faults.append("an export of \(sent)") }
        }
        action = next
    }

    private mutating func noteDrops() {
        for drop in machine.takeDrops() { dropped += drop.count }
    }
}
