import Transport

/// A collector: what waits for it and how it is reached, signal by signal; none of them waits for another. Confined to the exporter's
/// loop.
final class Destination {
    let name: String
    /// Bound of the spools; nil: there is no spool.
    let group: SpoolGroup?
    private(set) var workers: [Signal: LaneWorker] = [:]
    let metrics: MetricFeed?

    init(name: String, group: SpoolGroup?, workers: [LaneWorker], metrics: MetricFeed?) {
        self.name = name
        self.group = group
        self.metrics = metrics
        for worker in workers { self.workers[worker.lane.delivery.signal] = worker }
    }
}

/// A lane with what drives it.
final class LaneWorker {
    let lane: ExportLane
    /// Its place among all of the exporter.
    let index: Int
    /// Runs while something is in memory alone.
    let timer: LoopTimer
    var meter: LaneMeter
    /// Reasons of losses that the log has told.
    var toldReasons: Set<String> = []
    var isUnwritableTold = false

    init(_ lane: ExportLane, index: Int, loop: EventLoop) {
        self.lane = lane
        self.index = index
        timer = LoopTimer(loop: loop)
        meter = LaneMeter(lane.delivery)
    }
}

/// Our own figures on their way to one collector. They are no records: each export tells all that was counted until then, so what did
/// not arrive comes with the next.
final class MetricFeed {
    let delivery: Delivery
    /// The figures of the last export that was taken; differences count from there.
    var exported = MetricShard()
    /// Unix nanoseconds.
    var exportedAt: Int64
    var isExporting = false

    init(_ delivery: Delivery, startedAt: Int64) {
        self.delivery = delivery
        exportedAt = startedAt
    }
}
