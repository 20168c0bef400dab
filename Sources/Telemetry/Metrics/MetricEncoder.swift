import COTLP
import Wire

/// Figures as an OTLP export request.
struct MetricEncoder {
    let resource: [(name: String, value: String)]
    let version: String
    let isDelta: Bool

    /// The bytes of an `ExportMetricsServiceRequest` (protobuf). Times in Unix nanoseconds: when the process started, when the
    /// differences began (delta only), and now.
    func encode(_ figures: MetricShard, startedAt: Int64, since: Int64, at now: Int64) -> [UInt8] {
        guard let builder = OTLPBuilder(resource: resource, version: version) else { return [] }
        for instrument in Instrument.allCases {
            let series = figures.series[instrument.rawValue]
            guard !series.isEmpty else { continue }
            let differs = isDelta && !instrument.isLevel
            begin(instrument, isDelta: differs, builder)
            let start = differs ? since : startedAt
            for entry in series { add(entry, of: instrument, since: start, at: now, to: builder) }
        }
        return builder.pack()
    }

    private func begin(_ instrument: Instrument, isDelta: Bool, _ builder: OTLPBuilder) {
        let temporality: Int32 = isDelta ? 1 : 2
        let name = "\(instrument.name)", unit = "\(instrument.unit)", text = "\(instrument.description)"
        switch instrument.kind {
        case .histogram: tg_otlp_histogram(builder.handle, name, unit, text, temporality)
        case .counter: tg_otlp_sum(builder.handle, name, unit, text, temporality, true)
        case .gauge: tg_otlp_gauge(builder.handle, name, unit, text)
        case .upDown, .observed: tg_otlp_sum(builder.handle, name, unit, text, temporality, false)
        }
    }

    private func add(
        _ entry: MetricShard.Series, of instrument: Instrument, since start: Int64, at now: Int64,
        to builder: OTLPBuilder
    ) {
        let attributes: OpaquePointer, begin = instrument.isGauge ? 0 : start
        if case .histogram(let bounds) = instrument.kind {
            attributes = tg_otlp_buckets(
                builder.handle, start, now, UInt64(max(0, entry.count)), entry.sum, entry.buckets, bounds, bounds.count)
            for case let exemplar? in entry.exemplars {
                let source = exemplar.source
                tg_otlp_exemplar(
                    builder.handle, source.time, exemplar.value, source.trace.high, source.trace.low, source.span.value)
            }
        } else if let divisor = instrument.divisor {
            attributes = tg_otlp_fraction(builder.handle, begin, now, Double(entry.count) / divisor)
        } else {
            attributes = tg_otlp_number(builder.handle, begin, now, entry.count)
        }
        for pair in entry.labels.pairs {
            switch pair.value {
            case .text(let value): OTLPBuilder.add(attributes, pair.name, value)
            case .number(let value): tg_otlp_int(attributes, pair.name, pair.name.utf8.count, value)
            case .flag: tg_otlp_bool(attributes, pair.name, pair.name.utf8.count, true)
            }
        }
    }
}
