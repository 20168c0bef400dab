import SeededRandom
import Testing
import Transport

@testable import Telemetry

@Suite struct ExportLaneTests {
    private let second: Int64 = 1_000_000_000
    private let taken = ExportStateMachine.Reply.status(200, retryAfter: nil)
    private let busy = ExportStateMachine.Reply.status(503, retryAfter: nil)

    private func payload(_ mark: UInt8, items: Int = 1) -> Payload {
        Payload(body: [mark], isCompressed: false, items: items)
    }

    private func lane(
        queue: Int = 100, bytes: Int = 1 << 20, _ spool: Spool? = nil,
        compression: SignalEndpoint.Compression = .none
    ) throws -> ExportLane {
        let endpoint = SignalEndpoint(
            url: try #require(OTLPURL("http://h/v1/traces")), headers: [], timeout: second, compression: compression)
        return ExportLane(
            Delivery(
                endpoint, FakeCollector(), .spans, name: "d", version: "1", level: .error,
                log: LogWriter(descriptor: -1), pause: FakePause()),
            spool: spool, maximumQueue: queue, maximumBytes: bytes)
    }

    /// A lane with a spool in a folder; what was opened there before counts as killed.
    private func spooled(
        _ folder: TemporaryFolder, maximum: Int = 1 << 20, queue: Int = 100,
        compression: SignalEndpoint.Compression = .none
    ) throws -> (lane: ExportLane, group: SpoolGroup, spool: Spool) {
        let group = SpoolGroup(maximum: maximum)
        let spool = Spool(
            path: folder.path + "/s", limits: .init(segment: 100, age: 3_600 * second), group: group, at: 0, wall: 0)
        while spool.readNext() {}
        return (try lane(queue: queue, spool, compression: compression), group, spool)
    }

    private func answer(
        _ lane: ExportLane, _ reply: ExportStateMachine.Reply, rejected: Int = 0, at now: Int64 = 0
    ) -> ExportLane.Action {
        lane.answered(reply, rejected: rejected, at: now, wall: 0, chance: 0.5)
    }

    @Test("What arrives is sent at once, one after the other, in order")
    func order() throws {
        let lane = try lane()
        #expect(lane.arrived(payload(1), at: 0, wall: 0) == .send(payload(1)))
        for mark in 2...3 as ClosedRange<UInt8> { #expect(lane.arrived(payload(mark), at: 0, wall: 0) == .none) }
        #expect(answer(lane, taken) == .send(payload(2)))
        #expect(answer(lane, busy) == .pause(second))
        #expect(lane.arrived(payload(4), at: 0, wall: 0) == .none && lane.pauseEnded(at: 0) == .send(payload(2)))
        #expect(answer(lane, taken) == .send(payload(3)) && answer(lane, taken) == .send(payload(4)))
        #expect(answer(lane, taken) == .none && lane.isIdle && lane.takeDelivered() == 4)
        #expect(lane.takeDrops().isEmpty && lane.arrived(payload(5, items: 0), at: 0, wall: 0) == .none)
    }

    @Test("A full queue refuses the newcomer; what is larger than the queue goes when it is alone")
    func fullQueue() throws {
        let lane = try lane(queue: 10)
        #expect(lane.arrived(payload(1, items: 20), at: 0, wall: 0) == .send(payload(1, items: 20)))
        #expect(lane.arrived(payload(2), at: 0, wall: 0) == .none)
        #expect(lane.takeDrops() == [.init(count: 1, reason: "queue_full")])
        #expect(answer(lane, taken) == .none && lane.isIdle)
    }

    @Test("Memory is bounded in bytes too; it is the newcomer that goes")
    func fullMemory() throws {
        func large(_ size: Int) -> Payload {
            Payload(body: Array(repeating: 1, count: size), isCompressed: false, items: 2)
        }
        let lane = try lane(bytes: 100)
        #expect(lane.arrived(large(500), at: 0, wall: 0) == .send(large(500)), "alone it is sent")
        #expect(lane.arrived(large(90), at: 0, wall: 0) == .none && lane.takeDrops().isEmpty)
        #expect(lane.arrived(large(11), at: 0, wall: 0) == .none)
        #expect(lane.takeDrops() == [.init(count: 2, reason: "queue_full")])
        #expect(lane.arrived(large(10), at: 0, wall: 0) == .none && lane.takeDrops().isEmpty && lane.held == 6)
    }

    @Test(
        "Every answer has its consequence",
        arguments: [
            (.status(200, retryAfter: nil), nil), (.status(299, retryAfter: nil), nil),
            (.status(429, retryAfter: nil), ""),
            (.status(502, retryAfter: nil), ""), (.status(503, retryAfter: nil), ""),
            (.status(504, retryAfter: nil), ""),
            (.none, ""), (.status(301, retryAfter: nil), "status_301"), (.status(307, retryAfter: nil), "status_307"),
            (.status(400, retryAfter: nil), "status_400"), (.status(401, retryAfter: nil), "status_401"),
            (.status(404, retryAfter: nil), "status_404"), (.status(413, retryAfter: nil), "status_413"),
            (.status(500, retryAfter: nil), "status_500"), (.status(501, retryAfter: nil), "status_501"),
            (.refused("grpc_invalid_argument"), "grpc_invalid_argument"),
            (.busy("grpc_unavailable", retryAfter: nil), ""),
        ] as [(ExportStateMachine.Reply, String?)])
    func matrix(reply: ExportStateMachine.Reply, reason: String?) throws {
        for isSpooled in [false, true] {
            let folder = try TemporaryFolder()
            let (lane, group, spool) = try spooled(folder)
            #expect(lane.arrived(payload(1), at: 0, wall: 0) == .send(payload(1)))
            if isSpooled { lane.spill(at: 0, wall: 0) }
            #expect(spool.isEmpty != isSpooled)
            let action = answer(lane, reply)
            if reason == "" {
                #expect(action == .pause(second) && spool.count == 1, "what may be taken later is on disk")
            } else {
                #expect(action == .none && lane.isIdle && spool.isEmpty)
                #expect(lane.takeDrops() == (reason.map { [.init(count: 1, reason: $0)] } ?? []))
            }
            withExtendedLifetime(group) {}
        }
    }

    @Test("What the collector rejects of a request is counted, the rest is delivered")
    func rejected() throws {
        let lane = try lane()
        _ = lane.arrived(payload(1, items: 5), at: 0, wall: 0)
        #expect(answer(lane, taken, rejected: 2) == .none)
        #expect(lane.takeDelivered() == 3 && lane.takeDrops() == [.init(count: 2, reason: "rejected")])
    }

    @Test(
        "A request that is too large is halved until the collector takes it; one item alone is given up",
        arguments: [
            (.status(413, retryAfter: nil), "status_413"),
            (.tooLarge("grpc_resource_exhausted"), "grpc_resource_exhausted"),
        ] as [(ExportStateMachine.Reply, String)])
    func halves(refusal: ExportStateMachine.Reply, reason: String) throws {
        let encoder = SpanEncoder(resource: [], version: "1", lengthLimit: nil)
        let whole = encoder.encode([try SampleSession.batch()])
        for limit in [1, 2, 4, 0] {
            let lane = try lane()
            var action = lane.arrived(Payload.make(whole, items: 4, isCompressed: true), at: 0, wall: 0)
            var sizes: [Int] = []
            while case .send(let piece) = action {
                if piece.items <= limit { sizes.append(piece.items) }
                action = answer(lane, piece.items <= limit ? taken : refusal)
            }
            #expect(sizes == Array(repeating: limit, count: limit == 0 ? 0 : 4 / limit) && lane.isIdle)
            #expect(lane.takeDelivered() == (limit == 0 ? 0 : 4))
            let drops = lane.takeDrops()
            #expect(drops == Array(repeating: .init(count: 1, reason: reason), count: limit == 0 ? 4 : 0))
        }
    }

    @Test("Once the collector fails everything goes to disk at once, and comes from there until that is empty")
    func outage() throws {
        let folder = try TemporaryFolder()
        let (lane, group, spool) = try spooled(folder)
        _ = lane.arrived(payload(1), at: 0, wall: 0)
        _ = lane.arrived(payload(2), at: 0, wall: 0)
        #expect(spool.isEmpty && lane.isExposed)
        #expect(answer(lane, .none) == .pause(second))
        #expect(spool.count == 2 && !lane.isExposed)
        _ = lane.arrived(payload(3), at: 0, wall: 0)
        #expect(spool.count == 3)
        #expect(lane.pauseEnded(at: second) == .send(payload(1)))
        #expect(answer(lane, taken) == .send(payload(2)) && lane.arrived(payload(4), at: 0, wall: 0) == .none)
        #expect(spool.count == 3, "the order stays while there is something on disk")
        #expect(answer(lane, taken) == .send(payload(3)) && answer(lane, taken) == .send(payload(4)))
        #expect(answer(lane, taken) == .none && lane.isIdle && lane.takeDelivered() == 4)
        #expect(lane.arrived(payload(5), at: 0, wall: 0) == .send(payload(5)) && spool.isEmpty)
        withExtendedLifetime(group) {}
    }

    @Test("What waits for an answer too long is on disk; after a kill it comes again")
    func hang() throws {
        let folder = try TemporaryFolder()
        let (lane, group, spool) = try spooled(folder)
        _ = lane.arrived(payload(1), at: 0, wall: 0)
        _ = lane.arrived(payload(2), at: 0, wall: 0)
        lane.spill(at: 0, wall: 0)
        #expect(spool.count == 2 && !lane.isExposed && lane.held == 2)
        let (next, another, _) = try spooled(folder)
        #expect(next.opened(at: 0) == .send(payload(1)) && answer(next, taken) == .send(payload(2)))
        #expect(answer(next, taken) == .none)
        withExtendedLifetime((group, another)) {}
    }

    @Test("For a collector on the same host only what goes to disk is compressed, once", arguments: [false, true])
    func spooledCompression(isNear: Bool) throws {
        let folder = try TemporaryFolder()
        let (lane, group, spool) = try spooled(folder, compression: isNear ? .spooled : .none)
        let packed = payload(3).compressed()
        #expect(packed.isCompressed && packed.plain() == [3] && packed.compressed() == packed)
        #expect(lane.arrived(payload(1), at: 0, wall: 0) == .send(payload(1)), "at once it goes as it is")
        for next in [payload(2), packed] { _ = lane.arrived(next, at: 0, wall: 0) }
        lane.spill(at: 0, wall: 0)
        #expect(spool.count == 3 && answer(lane, busy) == .pause(second))
        #expect(lane.pauseEnded(at: second) == .send(payload(1)), "the attempts of one request are the same")
        #expect(answer(lane, taken) == .send(isNear ? payload(2).compressed() : payload(2)))
        #expect(answer(lane, taken) == .send(packed) && answer(lane, taken) == .none)
        withExtendedLifetime(group) {}
    }

    @Test("Without a spool the end drops what is left; with one it waits there")
    func end() throws {
        let plain = try lane()
        _ = plain.arrived(payload(1), at: 0, wall: 0)
        _ = plain.arrived(payload(2), at: 0, wall: 0)
        plain.shutdownBegan(until: 10 * second)
        #expect(answer(plain, .none) == .none && plain.isStopped)
        plain.ended(at: 0, wall: 0)
        #expect(plain.takeDrops() == [.init(count: 2, reason: "shutdown")] && plain.isIdle)
        #expect(plain.arrived(payload(3), at: 0, wall: 0) == .none)
        #expect(plain.takeDrops() == [.init(count: 1, reason: "shutdown")])

        let folder = try TemporaryFolder()
        let (lane, group, _) = try spooled(folder)
        _ = lane.arrived(payload(1), at: 0, wall: 0)
        _ = lane.arrived(payload(2), at: 0, wall: 0)
        lane.shutdownBegan(until: 10 * second)
        lane.ended(at: 0, wall: 0)
        #expect(lane.takeDrops().isEmpty && answer(lane, taken) == .none, "an answer that comes after the end")
        let (next, another, spool) = try spooled(folder)
        #expect(spool.count == 2 && next.opened(at: 0) == .send(payload(1)))
        withExtendedLifetime((group, another)) {}
    }

    @Test("A spool that cannot be written: memory holds what fits, and five minutes are the end")
    func unwritable() throws {
        let folder = try TemporaryFolder()
        try folder.write("s", [])
        let (lane, group, spool) = try spooled(folder, queue: 2)
        #expect(lane.arrived(payload(1), at: 0, wall: 0) == .send(payload(1)) && answer(lane, .none) == .pause(second))
        for mark in 2...4 as ClosedRange<UInt8> { _ = lane.arrived(payload(mark), at: 0, wall: 0) }
        #expect(lane.takeDrops().map(\.reason) == ["queue_full", "queue_full"] && spool.fault != 0)
        #expect(lane.pauseEnded(at: 0) == .send(payload(1)))
        #expect(answer(lane, .none, at: 301 * second) == .send(payload(2)))
        #expect(lane.takeDrops() == [.init(count: 1, reason: "retries_exhausted")])
        withExtendedLifetime(group) {}
    }

    @Test("Whatever happens, every item leaves once: delivered or dropped", arguments: 0..<30 as Range<UInt64>)
    func conservation(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder(), isSpooled = seed % 3 != 0
        let (withSpool, group, _) = try spooled(folder, maximum: seed % 2 == 0 ? 400 : 1 << 20, queue: 12)
        let lane = isSpooled ? withSpool : try lane(queue: 12)
        var action = ExportLane.Action.none, arrived = 0, left = 0, now: Int64 = 0
        for _ in 0..<400 {
            now += Int64.random(in: 0..<second, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                let items = Int.random(in: 1...4, using: &random)
                arrived += items
                let next = lane.arrived(payload(1, items: items), at: now, wall: now)
                if next != .none { action = next }
            case 2:
                if case .send(let piece) = action {
                    let replies: [ExportStateMachine.Reply] = [
                        taken, taken, busy, .none, .status(400, retryAfter: nil),
                    ]
                    let reply = replies.randomElement(using: &random) ?? .none
                    action = lane.answered(
                        reply, rejected: reply == taken ? Int.random(in: 0...piece.items, using: &random) : 0, at: now,
                        wall: now, chance: 0.5)
                } else if case .pause = action {
                    action = lane.pauseEnded(at: now)
                }
            default: lane.spill(at: now, wall: now)
            }
            left += lane.takeDelivered() + lane.takeDrops().reduce(0) { $0 + $1.count }
            #expect(arrived == left + lane.held)
        }
        withExtendedLifetime(group) {}
    }
}
