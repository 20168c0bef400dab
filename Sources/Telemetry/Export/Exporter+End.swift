import Transport
import Wire

extension Exporter {
    /// Sends what is there, for as long as `settings.flushTimeout` allows; what is left then waits in the spool.
    package func shutdown() async {
        // What other threads handed over before this call is in line before what follows.
        await withCheckedContinuation { turn in loop.post { turn.resume() } }
        let deadline = monotonicNanoseconds() + settings.flushTimeout
        flushDeadline = deadline
        metricTimer.cancel()
        for worker in workers {
            worker.lane.shutdownBegan(until: deadline)
            worker.lane.delivery.pause.end()
        }
        for destination in destinations { destination.metrics?.delivery.pause.end() }
        for source in sources {
            let (spans, events) = await source.remaining()
            if let spans { await take(spans) }
            if let events { await takeEvents(events) }
        }
        await emptyInbox()
        emptyForwardInbox()
        flushSpans()
        flushEvents()
        await wait(until: deadline) { workers.allSatisfy { $0.lane.isIdle || $0.lane.isStopped } && !isExporting }
        beginExports()
        await wait(until: deadline) { !isExporting }
        for worker in workers { await end(worker) }
        for destination in destinations { await destination.metrics?.delivery.transport.close() }
        houseTimer.cancel()
    }

    private var isExporting: Bool { destinations.contains { $0.metrics?.isExporting == true } }

    /// What another call has under way ends by itself, but may sit in a step that takes long.
    private func wait(until deadline: Int64, _ isDone: () -> Bool) async {
        let patience = Wakeup(loop: loop)
        repeat {
            patience.setTick(after: 5_000_000)
            _ = await patience.wait(for: .tick)
        } while !isDone() && monotonicNanoseconds() < deadline
    }

    private func end(_ worker: LaneWorker) async {
        let lane = worker.lane
        let isInTime = lane.isIdle, items = lane.held
        worker.timer.cancel()
        lane.ended(at: monotonicNanoseconds(), wall: wallClockNanoseconds())
        count(worker)
        worker.timer.cancel()
        await lane.delivery.transport.close()
        guard !isInTime else { return }
        let isKept = lane.spool.map { !$0.isEmpty } ?? false
        log.write(
            .warning,
            isKept ? "telemetry waits in the spool for the next start" : "telemetry was not delivered in time",
            isMirrored: false
        ) { fields in
            fields.member("signal", lane.delivery.signal.rawValue)
            fields.member("destination", lane.delivery.name)
            fields.member("items", Int64(items))
        }
    }

    private func count(_ worker: LaneWorker) { kick(worker, .none) }
}
