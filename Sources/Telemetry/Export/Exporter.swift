import HTTP
import Synchronization
import Transport
import Wire

/// Sends spans, metrics and events to the collectors, from a loop of its own, so that encoding, compressing and files take no time of
/// a request.
///
/// `ExportLane` says what is sent when; this asks it and performs.
package actor Exporter {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    let settings: TelemetrySettings
    let version: String
    /// Where sums that only rise begin, Unix nanoseconds.
    var startedAt: Int64
    /// The same moment on the clock that only goes forward.
    let began = monotonicNanoseconds()
    let sources: [LoopTelemetry]
    let log: LogWriter
    let destinations: [Destination]
    /// The lanes of all destinations.
    let workers: [LaneWorker]
    let spanGatherer: RecordGatherer
    let eventGatherer: RecordGatherer
    let inbox: EventInbox
    let forwardInbox = ForwardInbox()
    /// Bytes that the loops handed over and that were not taken yet.
    private let handedOver = Atomic<Int>(0)
    private static let maximumHandedOver = 64 * 1024 * 1024

    var own: MetricShard
    /// The figures of all, as they were gathered last.
    var gathered = MetricShard()
    let observers = FigureObservers()
    var lostLines = 0
    let metricTimer: LoopTimer
    let houseTimer: LoopTimer
    var flushDeadline: Int64?
    /// Who asked for the figures as text since the last were gathered.
    var scrapes: [ScrapeTurn] = []
    var isExposing = false

    /// `loop` is the exporter's own, not yet started. Throws when there is no TLS; a destination whose certificate file cannot
    /// be used gets nothing, which the log says.
    package init(
        _ settings: TelemetrySettings, version: String, loop: EventLoop, resolver: Resolver, log: LogWriter,
        sources: [LoopTelemetry]
    ) throws(TransportError) {
        try self.init(
            settings, version: version, loop: loop, log: log, sources: sources,
            makeTransport: { _, endpoint throws(TransportError) in try endpoint.transport(loop, resolver, log) },
            makePause: { _ in LoopPause(loop: loop) })
    }

    /// What carries the telemetry of a destination, by its name; nil: nothing does.
    typealias MakeTransport = (String, SignalEndpoint) throws(TransportError) -> (any OTLPTransport)?

    /// With transports and pauses of the caller's choice. What an earlier process left in the spools is read and sent after
    /// `start`.
    init(
        _ settings: TelemetrySettings, version: String, loop: EventLoop, log: LogWriter, sources: [LoopTelemetry],
        makeTransport: MakeTransport, makePause: (Signal) -> any ExportPause
    ) throws(TransportError) {
        self.loop = loop
        self.settings = settings
        own = MetricShard(limit: settings.seriesLimit)
        self.version = version
        self.sources = sources
        self.log = log
        startedAt = wallClockNanoseconds()
        var builder = DestinationBuilder(settings, version: version, loop: loop, log: log, startedAt: startedAt)
        for destination in settings.destinations { try builder.add(destination, makeTransport, makePause) }
        destinations = builder.destinations
        workers = builder.workers
        let spans = SpanEncoder(resource: settings.resource, version: version, lengthLimit: settings.lengthLimit)
        spanGatherer = RecordGatherer(.spans, settings.traceBatching, loop: loop, encode: spans.encode)
        let events = LogEncoder(resource: settings.resource, version: version, lengthLimit: settings.logLengthLimit)
        eventGatherer = RecordGatherer(.logs, settings.logBatching, loop: loop, encode: events.encode)
        inbox = EventInbox(maximum: settings.logBatching.maximumQueue)
        metricTimer = LoopTimer(loop: loop)
        houseTimer = LoopTimer(loop: loop)
    }

    /// Begins to export metrics at their interval, and to send what the spools hold; on the exporter's loop.
    package func start() {
        setTimers()
        for worker in workers {
            worker.meter.begins(capacity: batching(worker).maximumQueue, &own)
            kick(worker, worker.lane.opened(at: monotonicNanoseconds()))
        }
        Task(executorPreference: loop) { await self.readSpools() }
        tellForgottenSpools()
        if destinations.contains(where: { $0.metrics != nil }) { metricTimer.schedule(after: settings.metricInterval) }
    }

    private func setTimers() {
        metricTimer.whenFired = { [unowned self] in
            Task(executorPreference: loop) { await self.metricsDue() }
        }
        houseTimer.whenFired = { [unowned self] in
            Task(executorPreference: loop) { await self.keepHouse() }
        }
        spanGatherer.timer.whenFired = { [unowned self] in
            Task(executorPreference: loop) { await self.flushSpans() }
        }
        eventGatherer.timer.whenFired = { [unowned self] in
            Task(executorPreference: loop) { await self.flushEvents() }
        }
        for worker in workers {
            worker.timer.whenFired = { [unowned self, index = worker.index] in
                Task(executorPreference: loop) { await self.spill(index) }
            }
        }
    }

    private func batching(_ worker: LaneWorker) -> TelemetrySettings.Batching {
        worker.lane.delivery.signal == .spans ? settings.traceBatching : settings.logBatching
    }

    // MARK: Spans, events, what passes through

    /// Takes spans or events of a loop, from its thread; false, and nothing is taken, when the exporter is so far behind that there
    /// is no room for more.
    nonisolated func hand(_ batch: RecordBatch, as signal: Signal) -> Bool {
        let size = batch.bytes.count
        guard reserve(size) else { return false }
        loop.post { [self] in
            Task(executorPreference: loop) {
                self.release(size)
                if signal == .spans { await self.take(batch) } else { await self.takeEvents(batch) }
            }
        }
        return true
    }

    /// Makes room for what a loop hands over; false: there is none. Loops that ask in the same moment may exceed it by what each
    /// hands over.
    nonisolated func reserve(_ size: Int) -> Bool {
        guard handedOver.load(ordering: .relaxed) + size <= Self.maximumHandedOver else { return false }
        handedOver.add(size, ordering: .relaxed)
        return true
    }

    nonisolated func release(_ size: Int) { handedOver.subtract(size, ordering: .relaxed) }

    /// Takes spans of a loop, or others in the format of `SpanRecorder`: one message for a whole batch.
    package func take(_ batch: RecordBatch) async { gather(batch, spanGatherer) }

    /// Takes events of a loop.
    func takeEvents(_ batch: RecordBatch) async { gather(batch, eventGatherer) }

    /// Takes an event from any thread. Without a collector for logs it goes nowhere; one that finds no room is counted.
    package nonisolated func emit(_ event: TelemetryEvent) {
        guard settings.logs != nil, inbox.put(event) else { return }
        loop.post { [self] in
            Task(executorPreference: loop) { await self.emptyInbox() }
        }
    }

    func emptyInbox() async {
        let (batch, refused) = inbox.take()
        if refused > 0 { dropped(refused, "queue_full", .logs) }
        if let batch { await takeEvents(batch) }
    }

    /// What the gateway calls itself (`service.name`).
    package nonisolated var service: String {
        settings.resource.first { $0.name == "service.name" }?.value ?? "tollgate"
    }

    /// Takes a client's telemetry that passes through, from any thread: a serialized `Export…ServiceRequest` of a signal with
    /// so many spans, data points or log records. It goes where our own of that signal goes, by the same queue and spool;
    /// nowhere if that is nowhere.
    package nonisolated func forward(_ payload: [UInt8], items: Int, as signal: Signal) {
        guard items > 0, forwardInbox.put(RecordBatch(bytes: payload, count: items), signal) else { return }
        loop.post { [self] in
            Task(executorPreference: loop) { await self.emptyForwardInbox() }
        }
    }

    func emptyForwardInbox() {
        let (waiting, refused) = forwardInbox.take()
        for (signal, items) in refused { dropped(items, "queue_full", signal) }
        for (signal, batch) in waiting { distribute(batch.bytes, items: batch.count, signal) }
    }

    private func gather(_ batch: RecordBatch, _ gatherer: RecordGatherer) {
        guard batch.count > 0, workers.contains(where: { $0.lane.delivery.signal == gatherer.signal }) else { return }
        if gatherer.isFull(with: batch) { flush(gatherer) }
        gatherer.add(batch)
        if gatherer.isFull || gatherer.batching.scheduleDelay == 0 || flushDeadline != nil { return flush(gatherer) }
        // What a collector does not take goes to the disk, and the less there is on the way to it, the less can be lost.
        let isFailing = workers.contains { $0.lane.delivery.signal == gatherer.signal && $0.lane.isFailing }
        let delay =
            isFailing ? min(Self.failingDelay, gatherer.batching.scheduleDelay) : gatherer.batching.scheduleDelay
        if !gatherer.timer.isArmed { gatherer.timer.schedule(after: delay) }
    }

    /// Nanoseconds in which spans and events are gathered while a collector fails.
    private static let failingDelay: Int64 = 50_000_000

    func flushSpans() { flush(spanGatherer) }
    func flushEvents() { flush(eventGatherer) }

    private func flush(_ gatherer: RecordGatherer) {
        guard let (bytes, items) = gatherer.take() else { return }
        distribute(bytes, items: items, gatherer.signal)
    }
}
