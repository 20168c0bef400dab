import Wire

/// How figures are written for Prometheus.
package enum ExpositionFormat: Sendable, Equatable {
    /// OpenMetrics 1.0.0, with exemplars and units.
    case openMetrics
    /// The older text format, 0.0.4.
    case text

    package var contentType: StaticString {
        switch self {
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        case .text: "text/plain; version=0.0.4; charset=utf-8"
        }
    }
}

/// Figures in one of Prometheus' text formats. Labels of the scope are left out: there is one scope.
struct PrometheusText {
    let format: ExpositionFormat
    private var out: [UInt8] = []
    /// The labels' names that were met, as they are written.
    private var names: [String: String] = [:]

    init(_ format: ExpositionFormat) { self.format = format }

    /// `resource` becomes `target_info`.
    static func write(
        _ figures: MetricShard, resource: [(name: String, value: String)], as format: ExpositionFormat
    ) -> [UInt8] {
        var writer = PrometheusText(format)
        writer.out.reserveCapacity(64 * 1024)
        writer.writeTarget(resource)
        for instrument in Instrument.allCases where !figures.series[instrument.rawValue].isEmpty {
            writer.write(instrument, figures.series[instrument.rawValue])
        }
        if format == .openMetrics { writer.put("# EOF\n") }
        return writer.out
    }

    private mutating func writeTarget(_ resource: [(name: String, value: String)]) {
        guard !resource.isEmpty else { return }
        let family = format == .openMetrics ? "target" : "target_info"
        put("# TYPE \(family) \(format == .openMetrics ? "info" : "gauge")\n")
        put("# HELP \(family) Target metadata.\ntarget_info{")
        put(text(resource.map { ($0.name, $0.value) }))
        put("} 1\n")
    }

    private mutating func write(_ instrument: Instrument, _ series: [MetricShard.Series]) {
        let kind = instrument.kind, unit = "\(instrument.unit)", isCounter = kind == .counter
        let name = PrometheusName.family(
            "\(instrument.name)", unit: unit, isCounter: isCounter, isGauge: instrument.isGauge)
        // OpenMetrics: the family of a counter has no suffix, its sample has.
        let family = isCounter && format == .openMetrics ? String(name.dropLast("_total".count)) : name
        put("# TYPE \(family) \(Self.type(kind))\n")
        let unitWord = PrometheusName.unit(unit)
        if format == .openMetrics, !unitWord.isEmpty, family.hasSuffix("_" + unitWord) {
            put("# UNIT \(family) \(unitWord)\n")
        }
        put("# HELP \(family) \(instrument.description)\n")
        var bounds: [String] = []
        if case .histogram(let numbers) = kind { bounds = numbers.map(Self.canonical) + ["+Inf"] }
        for entry in series {
            let labels = text(entry.labels.pairs.map { ($0.name, $0.value.text) })
            if !bounds.isEmpty {
                write(entry, bounds, name, labels)
            } else if let divisor = instrument.divisor {
                sample(name, "", labels, "\(Double(entry.count) / divisor)")
            } else {
                sample(name, "", labels, "\(entry.count)")
            }
        }
    }

    private static func type(_ kind: Instrument.Kind) -> String {
        switch kind {
        case .histogram: "histogram"
        case .counter: "counter"
        case .upDown, .gauge, .observed: "gauge"
        }
    }

    private mutating func write(_ entry: MetricShard.Series, _ bounds: [String], _ name: String, _ labels: String) {
        var sum: UInt64 = 0
        for (bucket, count) in entry.buckets.enumerated() {
            sum += count
            put(name)
            put("_bucket{")
            put(labels)
            put(labels.isEmpty ? "le=\"" : ",le=\"")
            put(bounds[bucket])
            put("\"} ")
            put(String(sum))
            if format == .openMetrics, bucket < entry.exemplars.count, let exemplar = entry.exemplars[bucket] {
                write(exemplar)
            }
            put("\n")
        }
        sample(name, "_sum", labels, "\(entry.sum)")
        sample(name, "_count", labels, "\(sum)")
    }

    private mutating func write(_ exemplar: Exemplar) {
        let source = exemplar.source
        let milliseconds = source.time / 1_000_000, fraction = "\(1_000 + milliseconds % 1_000)".dropFirst()
        put(" # {trace_id=\"\(source.trace.text)\",span_id=\"\(source.span.text)\"} \(exemplar.value)")
        put(" \(milliseconds / 1_000).\(fraction)")
    }

    private mutating func sample(_ name: String, _ suffix: String, _ labels: String, _ value: String) {
        put(name)
        put(suffix)
        if !labels.isEmpty {
            put("{")
            put(labels)
            put("}")
        }
        put(" ")
        put(value)
        put("\n")
    }

    private mutating func put(_ text: String) { out += text.utf8 }

    /// `le` as OpenMetrics wants it and as Prometheus writes it, so that the same bound is always the same label.
    static func canonical(_ bound: Double) -> String {
        guard bound >= 1e6, bound < 1e15, let whole = Int64(exactly: bound) else { return "\(bound)" }
        let digits = "\(whole)", exponent = digits.utf8.count - 1
        var mantissa = digits
        while mantissa.hasSuffix("0") { mantissa.removeLast() }
        let rest = mantissa.dropFirst()
        return "\(digits.prefix(1))\(rest.isEmpty ? "" : ".")\(rest)e+\(exponent < 10 ? "0" : "")\(exponent)"
    }

    /// Labels between their braces. Names that become one get their values put together (the same rule).
    private mutating func text(_ pairs: [(name: String, value: String)]) -> String {
        var merged: [(name: String, value: String)] = []
        for pair in pairs {
            let name = label(pair.name)
            if let index = merged.firstIndex(where: { $0.name == name }) {
                merged[index].value += ";" + pair.value
            } else {
                merged.append((name, pair.value))
            }
        }
        var text = ""
        for (place, pair) in merged.enumerated() {
            if place > 0 { text += "," }
            text += pair.name
            text += "=\""
            text += Self.escaped(pair.value)
            text += "\""
        }
        return text
    }

    private mutating func label(_ name: String) -> String {
        if let known = names[name] { return known }
        let label = PrometheusName.label(name)
        names[name] = label
        return label
    }

    private static func escaped(_ value: String) -> String {
        guard value.utf8.contains(where: { $0 == 0x5C || $0 == 0x22 || $0 == 0x0A }) else { return value }
        var text = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(character)
            }
        }
        return text
    }
}

extension LabelValue {
    fileprivate var text: String {
        switch self {
        case .text(let value): value
        case .number(let value): "\(value)"
        case .flag: "true"
        }
    }
}
