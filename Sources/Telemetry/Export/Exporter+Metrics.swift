import Transport

/// Figures: our own and those of the loops.
extension Exporter {
    /// Records figures of what has no loop, from any thread; they are added to those of the loops.
    package nonisolated func measure(_ body: @escaping @Sendable (inout MetricShard) -> Void) {
        loop.post { [self] in
            Task(executorPreference: loop) { await self.record(body) }
        }
    }

    private func record(_ body: (inout MetricShard) -> Void) { body(&own) }

    func metricsDue() {
        beginExports()
        if flushDeadline == nil { metricTimer.schedule(after: settings.metricInterval) }
    }

    /// Begins one export to each destination that does not have one under way.
    func beginExports() {
        for index in destinations.indices {
            Task(executorPreference: loop) { await self.exportMetrics(to: index) }
        }
    }

    /// One export to each destination, one after the other.
    func exportMetrics() async {
        for index in destinations.indices { await exportMetrics(to: index) }
    }

    /// One export with its retries. Cumulative figures heal with the next export; differences count from the last delivery on.
    func exportMetrics(to index: Int) async {
        guard let feed = destinations[index].metrics, !feed.isExporting else { return }
        feed.isExporting = true
        defer { feed.isExporting = false }
        let total = await collected(for: .push)
        let now = wallClockNanoseconds()
        let figures = settings.isDelta ? total.since(feed.exported) : total
        guard !figures.isEmpty else { return }
        let encoder = MetricEncoder(resource: settings.resource, version: version, isDelta: settings.isDelta)
        let bytes = encoder.encode(figures, startedAt: beginning(at: now), since: min(feed.exportedAt, now), at: now)
        let payload = Payload.make(bytes, items: figures.pointCount, isCompressed: feed.delivery.compression == .all)
        if await deliver(payload, feed, destinations[index]) {
            feed.exported = total
            feed.exportedAt = now
        }
    }

    /// Collectors refuse points that end before they begin: where the clock was set back behind the beginning, that is moved, once.
    private func beginning(at now: Int64) -> Int64 {
        if startedAt > now { startedAt = now - (monotonicNanoseconds() - began) }
        return startedAt
    }

    /// The figures of all loops and the exporter's own, as they stand now.
    package func collected() async -> MetricShard {
        noteLostLines()
        measureSpools()
        var shards: [MetricShard] = []
        for source in sources { shards.append(await source.figures()) }
        var total = own
        total.keepPlaces(of: gathered)
        var leftOut = 0
        for shard in shards { leftOut += total.merge(shard) }
        if leftOut > 0 { own.add(.telemetryDropped, Int64(leftOut), Signal.metrics.labels(MetricShard.seriesFull)) }
        observers.observe(&total)
        gathered = total
        return total
    }

    private func measureSpools() {
        for worker in workers {
            guard let spool = worker.lane.spool else { continue }
            let labels = Labels.component(worker.lane.delivery.name, type: "")
                .adding("signal", worker.lane.delivery.signal.rawValue)
            own.set(.spoolBytes, Int64(spool.size), labels)
            own.set(.spoolRecords, Int64(spool.count), labels)
            own.set(.spoolOldestAge, age(spool) / 1_000_000_000, labels)
        }
    }

    private func age(_ spool: Spool) -> Int64 { spool.oldest.map { max(0, monotonicNanoseconds() - $0) } ?? 0 }

    /// False when nothing of it was taken. Of what is too large and cut in halves, differences that one of them lost do not come
    /// again.
    private func deliver(_ payload: Payload, _ feed: MetricFeed, _ destination: Destination) async -> Bool {
        var retries = ExportStateMachine()
        let meter = LaneMeter(feed.delivery)
        while true {
            let began = monotonicNanoseconds()
            meter.began(payload.items, &own)
            let (reply, rejected) = await feed.delivery.post(payload, until: flushDeadline)
            let now = monotonicNanoseconds()
            meter.ended(payload.items, status: reply.code, error: reply.error, after: Double(now - began) / 1e9, &own)
            switch retries.answered(reply, at: now, chance: Double.random(in: 0..<1)) {
            case .delivered:
                let refused = min(payload.items, Int(clamping: rejected))
                meter.delivered(payload.items - refused, &own)
                if refused > 0 { lost(refused, "rejected", meter) }
                return true
            case .dropped(let reason):
                if reply.isTooLarge, let (first, second) = payload.halves() {
                    let isFirstTaken = await deliver(first, feed, destination)
                    return await deliver(second, feed, destination) || isFirstTaken
                }
                lost(payload.items, reason, meter)
                return false
            case .again(let pause):
                if let flushDeadline, reply == .none || now + pause >= flushDeadline {
                    lost(payload.items, "shutdown", meter)
                    return false
                }
                await feed.delivery.pause.pause(nanoseconds: pause)
            }
        }
    }

    private func lost(_ items: Int, _ reason: String, _ meter: LaneMeter) {
        dropped(items, reason, .metrics)
        meter.dropped(items, reason, &own)
    }

    private func noteLostLines() {
        let lost = log.lostLines
        if lost > lostLines { own.add(.telemetryDropped, Int64(lost - lostLines), Signal.logs.labels("not_taken")) }
        lostLines = lost
    }

    /// The counter of what was dropped for a reason; for tests.
    func droppedItems(_ signal: Signal, _ reason: String) -> Int64 {
        own.value(.telemetryDropped, signal.labels(reason))
    }

    /// How it stands with each destination and signal.
    package func status() -> [DestinationStatus] {
        workers.map { worker in
            let lane = worker.lane
            return DestinationStatus(
                destination: lane.delivery.name, signal: lane.delivery.signal, isFailing: lane.isFailing,
                fault: lane.delivery.fault, waiting: lane.held, spoolRecords: lane.spool?.count ?? 0,
                spoolBytes: lane.spool?.size ?? 0, spoolAge: lane.spool.map(age) ?? 0)
        }
    }
}

/// How it stands with the telemetry of one signal for one destination.
package struct DestinationStatus: Sendable, Equatable {
    package let destination: String
    package let signal: Signal
    /// The last attempt failed, and there will be another.
    package let isFailing: Bool
    /// Why the last attempt failed; empty if it did not.
    package let fault: String
    /// Spans, data points or log records that are not delivered yet, in memory and on disk.
    package let waiting: Int
    package let spoolRecords: Int
    package let spoolBytes: Int
    /// Nanoseconds since the oldest record was spooled.
    package let spoolAge: Int64
}
