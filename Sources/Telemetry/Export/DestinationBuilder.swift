import Transport

/// Makes the destinations of an exporter.
struct DestinationBuilder {
    private let settings: TelemetrySettings
    private let version: String
    private let loop: EventLoop
    private let log: LogWriter
    private let startedAt: Int64
    private(set) var destinations: [Destination] = []
    private(set) var workers: [LaneWorker] = []

    init(_ settings: TelemetrySettings, version: String, loop: EventLoop, log: LogWriter, startedAt: Int64) {
        self.settings = settings
        self.version = version
        self.loop = loop
        self.log = log
        self.startedAt = startedAt
    }

    mutating func add(
        _ setting: TelemetrySettings.Destination, _ makeTransport: Exporter.MakeTransport,
        _ makePause: (Signal) -> any ExportPause
    ) throws(TransportError) {
        let group = settings.spool.map { SpoolGroup(maximum: $0.maximumSize) }
        var lanes: [LaneWorker] = [], feed: MetricFeed?
        for signal in [Signal.spans, .logs, .metrics] {
            guard let endpoint = setting.endpoints[signal], let transport = try makeTransport(setting.name, endpoint)
            else { continue }
            func delivery() -> Delivery {
                Delivery(
                    endpoint, transport, signal, name: setting.name, version: version, level: settings.logLevel,
                    log: log,
                    pause: makePause(signal))
            }
            let queue = (signal == .spans ? settings.traceBatching : settings.logBatching).maximumQueue
            let lane = ExportLane(
                delivery(), spool: group.flatMap { spool(setting.name, signal, $0) }, maximumQueue: queue)
            lanes.append(LaneWorker(lane, index: workers.count + lanes.count, loop: loop))
            if signal == .metrics { feed = MetricFeed(delivery(), startedAt: startedAt) }
        }
        guard !lanes.isEmpty else { return }
        workers += lanes
        destinations.append(Destination(name: setting.name, group: group, workers: lanes, metrics: feed))
    }

    private func spool(_ name: String, _ signal: Signal, _ group: SpoolGroup) -> Spool? {
        settings.spool.map { setting in
            Spool(
                path: "\(setting.directory)/\(name)-\(signal.rawValue)",
                limits: Spool.Limits(segment: group.segmentSize, age: setting.maximumAge), group: group,
                at: monotonicNanoseconds(), wall: wallClockNanoseconds())
        }
    }
}
