import Configuration
import Glibc
import Telemetry
import Transport
import Upstream
import Wire

/// The telemetry of the process: one recorder for each loop, one exporter on a loop of its own, which alerts leave from too. What the configuration file says
/// of it counts from the start; a reload changes the log level only.
final class TelemetryHost: Sendable {
    let loops: [LoopTelemetry]
    /// What is recorded of sessions, on the exporter's loop.
    let ofSessions: LoopTelemetry
    let processLog: LogWriter
    let exporter: Exporter
    let exportLoop: EventLoop
    /// Sends alerts to webhooks.
    let alerts: AlertSender

    init(_ snapshot: Snapshot, loops eventLoops: [EventLoop]) throws {
        let log = LogWriter(level: LogSeverity(snapshot.logs.level))
        processLog = log
        var problems: [String] = []
        let settings = Self.located(Self.settings(snapshot, problems: &problems))
        for problem in problems { log.write(.warning, problem) { _ in } }
        loops = eventLoops.map { LoopTelemetry(settings, loop: $0, log: log) }
        exportLoop = try EventLoop(index: eventLoops.count)
        ofSessions = LoopTelemetry(settings, loop: exportLoop, log: log)
        exporter = try Exporter(
            settings, version: Version.current, loop: exportLoop, resolver: Resolver(), log: log,
            sources: loops + [ofSessions])
        alerts = AlertSender(
            loop: exportLoop, resolver: Resolver(), proxies: snapshot.proxies, log: log
        ) { [exporter] result, count in
            exporter.measure { $0.add(.alerts, Int64(count), .result(result.rawValue)) }
        }
        mirror(snapshot)
    }

    /// The process's own log lines go to the collector too, as far as the configuration says.
    private func mirror(_ snapshot: Snapshot) {
        processLog.mirror(from: snapshot.telemetry.logs.processLevel.map(LogSeverity.init)) { [weak exporter] event in
            exporter?.emit(event)
        }
    }

    /// What the file and the environment say.
    static func settings(_ snapshot: Snapshot, problems: inout [String]) -> TelemetrySettings {
        TelemetrySettings(
            file: file(snapshot), version: Version.current,
            environment: { name in getenv(name).map { String(cString: $0) } }, problems: &problems)
    }

    static func file(_ snapshot: Snapshot) -> TelemetrySettings.File {
        var file = TelemetrySettings.File()
        file.destinations = snapshot.telemetry.collectors.map(destination)
        if let spool = snapshot.telemetry.spool {
            file.spool = TelemetrySettings.Spool(
                directory: snapshot.dataPath + "/spool", maximumSize: spool.maximumSize, maximumAge: spool.maximumAge)
        }
        file.serviceName = snapshot.telemetry.serviceName
        file.samplingRatio = snapshot.telemetry.samplingRatio
        let metrics = snapshot.telemetry.metrics
        file.metricInterval = metrics.interval
        file.isDelta = metrics.temporality.map { $0 == .delta }
        file.seriesLimit = metrics.seriesLimit
        return file
    }

    private static func destination(_ collector: CollectorSetting) -> TelemetrySettings.FileDestination {
        var destination = TelemetrySettings.FileDestination(endpoint: collector.endpoint)
        destination.name = collector.name
        destination.headers = collector.headers.map { header in
            (header.name, header.value.withBytes { String(decoding: $0, as: UTF8.self) })
        }
        destination.signals = Set(collector.signals.map(Signal.init))
        destination.isGRPC = collector.wire == .grpc
        destination.compression =
            switch collector.compression {
            case .auto: nil
            case .gzip: .all
            case .none: SignalEndpoint.Compression.none
            }
        destination.timeout = collector.timeout
        destination.authorityFile = collector.authorityFile
        destination.identity = collector.identity.map {
            SignalEndpoint.Identity(certificateFile: $0.certificateFile, keyFile: $0.keyFile)
        }
        return destination
    }

    /// With what tells this process from others.
    private static func located(_ settings: TelemetrySettings) -> TelemetrySettings {
        var settings = settings
        func add(_ name: String, _ value: String) {
            if !settings.resource.contains(where: { $0.name == name }) { settings.resource.append((name, value)) }
        }
        add("service.instance.id", Self.instance)
        var name = [CChar](repeating: 0, count: 256)
        if gethostname(&name, name.count - 1) == 0 {
            add("host.name", name.withUnsafeBufferPointer { String(cString: $0.baseAddress.unsafelyUnwrapped) })
        }
        add("process.pid", "\(getpid())")
        return settings
    }

    private static let instance = Hex.encode(randomBytes(16))

    func start() throws(TransportError) {
        try exportLoop.start(isBackground: true)
        exportLoop.post { [exporter, ofSessions] in
            ofSessions.start(exporter)
            Task(executorPreference: exporter.loop) { await exporter.start() }
        }
        // The configuration that it starts with is good.
        let now = wallClockNanoseconds()
        measure { figures in
            figures.set(.configReloadSuccess, 1)
            figures.set(.configReloadTime, now)
        }
        emit(
            .audit(
                action: "start", actor: "tollgate", subject: Version.current, details: "{\"loops\":\(loops.count)}"))
    }

    /// On the loop's own thread.
    func start(loop index: Int) { loops[index].start(exporter) }

    /// Tells an event, from any thread; on a loop, its own `LoopTelemetry` is nearer.
    func emit(_ event: TelemetryEvent) { exporter.emit(event) }

    /// Hands on what a client's telemetry became, from any thread.
    func forward(_ payload: [UInt8], items: Int, as signal: Signal) {
        exporter.forward(payload, items: items, as: signal)
    }

    /// Records figures of what has no loop, from any thread.
    func measure(_ body: @escaping @Sendable (inout MetricShard) -> Void) { exporter.measure(body) }

    /// Tells of a reload, good or not.
    func tell(_ report: ReloadReport, subject: String) {
        let hasFailed = report.hasFailed, now = wallClockNanoseconds()
        measure { figures in
            figures.add(.configReloads, 1, .result(hasFailed ? "failed" : "ok"))
            figures.set(.configReloadSuccess, hasFailed ? 0 : 1)
            figures.set(.configReloadTime, now)
        }
        emit(
            .audit(
                action: "config.\(report.action)", actor: "tollgate", subject: subject, details: report.details,
                severity: hasFailed ? .warning : .info))
    }

    func replace(_ snapshot: Snapshot) {
        processLog.set(level: LogSeverity(snapshot.logs.level))
        mirror(snapshot)
    }

    /// Sends what is left: alerts first, so that the last figures speak of them.
    func shutdown() async {
        await alerts.shutdown(within: Self.alertFlush)
        await exporter.shutdown()
    }

    /// Nanoseconds.
    private static let alertFlush: Int64 = 5_000_000_000
}

extension LogSeverity {
    init(_ level: LogLevel) {
        switch level {
        case .debug: self = .debug
        case .info: self = .info
        case .warning: self = .warning
        case .error: self = .error
        }
    }
}

extension Signal {
    init(_ signal: CollectorSetting.Signal) {
        switch signal {
        case .traces: self = .spans
        case .metrics: self = .metrics
        case .logs: self = .logs
        }
    }
}
