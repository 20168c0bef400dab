import Transport
import Wire

/// What is driven for each collector and signal.
extension Exporter {
    /// Nanoseconds that something may be in memory alone; then it is on disk, whatever the collector does.
    static let patience: Int64 = 200_000_000
    /// Nanoseconds from one `keepHouse` to the next.
    static let houseInterval: Int64 = 1_000_000_000

    /// Hands a request to each destination that takes its signal.
    func distribute(_ plain: [UInt8], items: Int, _ signal: Signal) {
        guard plain.count <= Payload.maximumBody else {
            guard let halves = Payload(body: plain, isCompressed: false, items: items).halves() else {
                return dropped(items, "too_large", signal)
            }
            distribute(halves.0.body, items: halves.0.items, signal)
            return distribute(halves.1.body, items: halves.1.items, signal)
        }
        var packed: Payload?
        let now = monotonicNanoseconds(), wall = wallClockNanoseconds()
        for worker in workers where worker.lane.delivery.signal == signal {
            var payload = Payload(body: plain, isCompressed: false, items: items)
            if worker.lane.delivery.compression == .all {
                payload = packed ?? payload.compressed()
                packed = payload
            }
            kick(worker, worker.lane.arrived(payload, at: now, wall: wall))
        }
    }

    /// Performs what an event asks for, beside everything else.
    func kick(_ worker: LaneWorker, _ action: ExportLane.Action) {
        settleAccounts(worker)
        guard action != .none else { return }
        Task(executorPreference: loop) { [index = worker.index] in await self.run(index, action) }
    }

    /// Performs actions until there is nothing to do. The lane answers `none` while another call of this is at it.
    private func run(_ index: Int, _ first: ExportLane.Action) async {
        let worker = workers[index]
        var action = first
        while true {
            switch action {
            case .none: return
            case .send(let payload): action = await attempt(payload, worker)
            case .pause(let nanoseconds):
                await worker.lane.delivery.pause.pause(nanoseconds: nanoseconds)
                action = worker.lane.pauseEnded(at: monotonicNanoseconds())
            }
            settleAccounts(worker)
        }
    }

    private func attempt(_ payload: Payload, _ worker: LaneWorker) async -> ExportLane.Action {
        let began = monotonicNanoseconds()
        worker.meter.began(payload.items, &own)
        let (reply, rejected) = await worker.lane.delivery.post(payload, until: flushDeadline)
        let now = monotonicNanoseconds()
        worker.meter.ended(
            payload.items, status: reply.code, error: reply.error, after: Double(now - began) / 1e9, &own)
        return worker.lane.answered(
            reply, rejected: Int(clamping: rejected), at: now, wall: wallClockNanoseconds(),
            chance: Double.random(in: 0..<1))
    }

    /// What was in memory alone for long enough goes to the disk.
    func spill(_ index: Int) {
        let worker = workers[index]
        worker.lane.spill(at: monotonicNanoseconds(), wall: wallClockNanoseconds())
        settleAccounts(worker)
    }

    /// What has to be done now and then: files made to last, old ones given up.
    func keepHouse() {
        for worker in workers {
            worker.lane.spool?.sync()
            worker.lane.spool?.expire(at: monotonicNanoseconds())
            settleAccounts(worker)
        }
    }

    /// Counts what became of things since the last time, and sets the timers that the lane's state asks for.
    private func settleAccounts(_ worker: LaneWorker) {
        let lane = worker.lane
        worker.meter.delivered(lane.takeDelivered(), &own)
        for drop in lane.takeDrops() {
            worker.meter.dropped(drop.count, drop.reason, &own)
            own.add(.telemetryDropped, Int64(drop.count), lane.delivery.signal.labels(drop.reason))
            if worker.toldReasons.insert(drop.reason).inserted { tell(drop, lane.delivery) }
        }
        worker.meter.waits(lane.held, &own)
        guard let spool = lane.spool else { return }
        tellFault(worker, spool)
        if !lane.isExposed {
            worker.timer.cancel()
        } else if !worker.timer.isArmed {
            worker.timer.schedule(after: Self.patience)
        }
        if !spool.isEmpty, !houseTimer.isArmed { houseTimer.schedule(after: Self.houseInterval) }
    }

    /// Learns what an earlier process left, file by file, so that nothing else has to wait for it.
    func readSpools() async {
        let turn = Wakeup(loop: loop)
        for worker in workers {
            while let spool = worker.lane.spool, flushDeadline == nil, spool.readNext() {
                settleAccounts(worker)
                // A turn of the loop: what waits for its sockets and timers has its own.
                turn.setTick(after: 1_000_000)
                _ = await turn.wait(for: .tick)
            }
        }
    }

    // MARK: What the log says

    /// Once for each reason; the metrics have the numbers.
    private func tell(_ drop: Spool.Drop, _ delivery: Delivery) {
        guard settings.logLevel <= .warning else { return }
        log.write(.warning, "telemetry was dropped; further losses for this reason are counted only", isMirrored: false)
        {
            fields in
            fields.member("signal", delivery.signal.rawValue)
            fields.member("destination", delivery.name)
            fields.member("reason", drop.reason)
            fields.member("items", Int64(drop.count))
        }
    }

    /// Of what did not get as far as a lane.
    func dropped(_ items: Int, _ reason: String, _ signal: Signal) {
        own.add(.telemetryDropped, Int64(items), signal.labels(reason))
    }

    private func tellFault(_ worker: LaneWorker, _ spool: Spool) {
        guard spool.fault != 0 else { return worker.isUnwritableTold = false }
        guard !worker.isUnwritableTold, settings.logLevel <= .warning else { return }
        worker.isUnwritableTold = true
        log.write(
            .warning, "the telemetry spool cannot be written; what the collector does not take waits in memory",
            isMirrored: false
        ) {
            $0.member("signal", worker.lane.delivery.signal.rawValue)
            $0.member("destination", worker.lane.delivery.name)
            $0.member("error", TransportError.system(call: "write", errno: spool.fault).sentence)
        }
    }

    /// Folders that no destination uses any more: they are nobody's to send, and nobody's to delete.
    func tellForgottenSpools() {
        guard let spool = settings.spool else { return }
        let used = Set(workers.map { "\($0.lane.delivery.name)-\($0.lane.delivery.signal.rawValue)" })
        for name in SpoolFolder.names(in: spool.directory).sorted() where !used.contains(name) {
            let folder = "\(spool.directory)/\(name)"
            let bytes = SpoolFolder.segments(in: folder).reduce(0) { $0 + $1.size }
            guard bytes > 0 else { continue }
            log.write(
                .warning, "a telemetry spool belongs to no destination; it can be removed", isMirrored: false
            ) { fields in
                fields.member("folder", folder)
                fields.member("bytes", Int64(bytes))
            }
        }
    }
}

extension ExportStateMachine.Reply {
    /// The status of an answer.
    var code: Int? {
        if case .status(let status, _) = self { return status }
        return nil
    }

    /// The `error.type` of an attempt; empty when it was taken.
    var error: String {
        switch self {
        case .status(200..<300, _): ""
        case .status(let status, _): "\(status)"
        case .refused(let reason), .tooLarge(let reason), .busy(let reason, _): reason
        case .none: "no_answer"
        }
    }
}
