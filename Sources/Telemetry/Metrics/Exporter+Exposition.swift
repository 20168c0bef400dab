import Transport

/// What reads the figures of all loops.
enum MetricReader: String {
    case push = "periodic_metric_reader"
    case scrape = "prometheus_http_text_metric_exporter"
}

extension Exporter {
    /// Has `observer` add to the figures whenever they are gathered, on the exporter's thread; it must not wait. From any thread.
    package nonisolated func observe(_ observer: @escaping FigureObservers.Observer) { observers.append(observer) }

    func collected(for reader: MetricReader) async -> MetricShard {
        let begin = monotonicNanoseconds()
        let total = await collected()
        own.record(
            .collectionDuration, Double(monotonicNanoseconds() - begin) / 1e9,
            Labels().adding("otel.component.type", reader.rawValue))
        return total
    }

    /// The figures of the process as text for Prometheus, made on the exporter's thread.
    package func exposition(_ format: ExpositionFormat, isCompressed: Bool) async -> (body: [UInt8], isCompressed: Bool)
    {
        let text = PrometheusText.write(
            await collected(for: .scrape), resource: settings.resource, as: format)
        if isCompressed, let smaller = gzip(text, level: 1) { return (smaller, true) }
        return (text, false)
    }
}
