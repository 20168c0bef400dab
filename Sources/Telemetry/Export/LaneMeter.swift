/// Counts what becomes of a lane's items under the names of the conventions (OpenTelemetry SDK metrics).
struct LaneMeter {
    private let isGRPC: Bool
    private let exporter: Labels
    private let processor: Labels
    private let instruments: Instruments
    private var told = 0

    private struct Instruments {
        let exported: Instrument
        let inflight: Instrument
        let size: Instrument?
        let capacity: Instrument?
        let processed: Instrument?
    }

    init(_ delivery: Delivery) {
        let kind: String
        switch delivery.signal {
        case .spans:
            kind = "span"
            instruments = Instruments(
                exported: .spansExported, inflight: .spansInflight, size: .spanQueueSize, capacity: .spanQueueCapacity,
                processed: .spansProcessed)
        case .logs:
            kind = "log"
            instruments = Instruments(
                exported: .logsExported, inflight: .logsInflight, size: .logQueueSize, capacity: .logQueueCapacity,
                processed: .logsProcessed)
        case .metrics:
            kind = "metric"
            instruments = Instruments(
                exported: .pointsExported, inflight: .pointsInflight, size: nil, capacity: nil, processed: nil)
        }
        isGRPC = delivery.isGRPC
        exporter = .component(delivery.name, type: "otlp_\(delivery.isGRPC ? "grpc" : "http")_\(kind)_exporter")
        processor = .component(delivery.name, type: "batching_\(kind)_processor")
    }

    func began(_ items: Int, _ figures: inout MetricShard) {
        figures.add(instruments.inflight, Int64(items), exporter)
    }

    /// An attempt took so many seconds. `error`: empty when it was taken.
    func ended(_ items: Int, status: Int?, error: String, after seconds: Double, _ figures: inout MetricShard) {
        figures.add(instruments.inflight, -Int64(items), exporter)
        var labels = exporter.adding("error.type", error)
        if let status, !isGRPC { labels = labels.adding("http.response.status_code", status) }
        figures.record(.exportDuration, seconds, at: figures.index(.exportDuration, labels))
    }

    func delivered(_ items: Int, _ figures: inout MetricShard) {
        guard items > 0 else { return }
        figures.add(instruments.exported, Int64(items), exporter)
        if let processed = instruments.processed { figures.add(processed, Int64(items), processor) }
    }

    /// What the collector did not want was exported in vain; what did not get to it was not processed.
    func dropped(_ items: Int, _ reason: String, _ figures: inout MetricShard) {
        let isOurs = Self.ownReasons.contains(reason)
        if !isOurs { figures.add(instruments.exported, Int64(items), exporter.adding("error.type", reason)) }
        guard let processed = instruments.processed else { return }
        figures.add(processed, Int64(items), isOurs ? processor.adding("error.type", reason) : processor)
    }

    private static let ownReasons: Set<String> = [
        "queue_full", "spool_full", "spool_expired", "spool_corrupt", "shutdown", "too_large",
    ]

    func begins(capacity: Int, _ figures: inout MetricShard) {
        if let instrument = instruments.capacity { figures.add(instrument, Int64(capacity), processor) }
    }

    /// So many items wait now.
    mutating func waits(_ items: Int, _ figures: inout MetricShard) {
        guard items != told, let size = instruments.size else { return }
        figures.add(size, Int64(items - told), processor)
        told = items
    }
}

extension Labels {
    /// A part of the exporter: the destination's name, and what it is.
    static func component(_ name: String, type: String) -> Labels {
        Labels().adding("otel.component.name", name).adding("otel.component.type", type)
    }
}
