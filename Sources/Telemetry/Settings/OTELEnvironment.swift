import Wire

/// Reads the variables of the OpenTelemetry specification (SDK environment variables, OTLP exporter). An empty value counts as
/// not set; one that makes no sense is noted and not used.
struct OTELEnvironment {
    private let lookUp: (String) -> String?
    private(set) var problems: [String] = []

    init(_ lookUp: @escaping (String) -> String?) { self.lookUp = lookUp }

    /// Notes a sentence once.
    mutating func note(_ problem: String) {
        if !problems.contains(problem) { problems.append(problem) }
    }

    // MARK: Single values

    func value(_ name: String) -> String? {
        guard let value = lookUp(name), !value.isEmpty else { return nil }
        return value
    }

    func isSet(_ name: String) -> Bool { value(name) != nil }

    /// True for `true` alone, in letters of any case; anything else is false.
    mutating func flag(_ name: String) -> Bool {
        switch value(name)?.lowercased() {
        case "true"?: return true
        case nil, "false"?: return false
        case let other?:
            note("\(name): `\(other)` is not true or false; false is used")
            return false
        }
    }

    mutating func number(_ name: String, _ range: ClosedRange<Int>) -> Int? {
        guard let text = value(name) else { return nil }
        if let number = Int(text), range.contains(number) { return number }
        note("\(name): `\(text)` is not a number from \(range.lowerBound) to \(range.upperBound); it is not used")
        return nil
    }

    /// Milliseconds as nanoseconds.
    mutating func milliseconds(_ name: String) -> Int64? {
        number(name, 1...86_400_000).map { Int64($0) * 1_000_000 }
    }

    mutating func lengthLimit(_ name: String) -> Int? { number(name, 0...Int(Int32.max)) }

    /// The variables of a batch processor.
    mutating func batching(
        _ prefix: String, _ standard: TelemetrySettings.Batching
    ) -> TelemetrySettings.Batching {
        var batching = standard
        batching.scheduleDelay = milliseconds("\(prefix)_SCHEDULE_DELAY") ?? standard.scheduleDelay
        batching.maximumQueue = number("\(prefix)_MAX_QUEUE_SIZE", 1...1_000_000) ?? standard.maximumQueue
        let size = "\(prefix)_MAX_EXPORT_BATCH_SIZE"
        batching.maximumBatch = number(size, 1...100_000) ?? standard.maximumBatch
        if batching.maximumBatch > batching.maximumQueue {
            if isSet(size) { note("\(size): a batch cannot exceed the queue; \(batching.maximumQueue) is used") }
            batching.maximumBatch = batching.maximumQueue
        }
        return batching
    }

    /// `nil`: nothing is said.
    mutating func isDelta() -> Bool? {
        let name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
        switch value(name)?.lowercased() {
        case nil: return nil
        case "cumulative"?: return false
        // They differ for instruments that we do not have.
        case "delta"?, "lowmemory"?: return true
        case let other?:
            note("\(name): `\(other)` is not cumulative, delta or lowmemory; cumulative is used")
            return false
        }
    }

    mutating func exemplarFilter() -> ExemplarFilter {
        let name = "OTEL_METRICS_EXEMPLAR_FILTER"
        guard let text = value(name) else { return .traceBased }
        if let filter = ExemplarFilter(rawValue: text.lowercased()) { return filter }
        note("\(name): `\(text)` is not trace_based, always_on or always_off; trace_based is used")
        return .traceBased
    }

    mutating func logLevel() -> LogSeverity {
        switch value("OTEL_LOG_LEVEL")?.lowercased() {
        case "trace"?, "debug"?: return .debug
        case nil, "info"?: return .info
        case "warn"?, "warning"?: return .warning
        case "error"?, "fatal"?, "none"?: return .error
        case let other?:
            note("OTEL_LOG_LEVEL: `\(other)` is not a level; info is used")
            return .info
        }
    }

    // MARK: Resource, sampler

    /// `OTEL_SERVICE_NAME` wins over `service.name` in `OTEL_RESOURCE_ATTRIBUTES`, which wins over the file.
    mutating func resource(serviceName: String?, version: String) -> [(name: String, value: String)] {
        var resource: [(name: String, value: String)] = [
            ("service.name", serviceName ?? "tollgate"), ("service.version", version),
            ("telemetry.sdk.name", "tollgate"), ("telemetry.sdk.language", "swift"), ("telemetry.sdk.version", version),
        ]
        func set(_ name: String, _ value: String) {
            resource.removeAll { $0.name == name }
            resource.append((name, value))
        }
        for (name, text) in pairs(value("OTEL_RESOURCE_ATTRIBUTES") ?? "", of: "OTEL_RESOURCE_ATTRIBUTES") {
            set(name, text)
        }
        if let name = value("OTEL_SERVICE_NAME") { set("service.name", name) }
        return resource
    }

    /// W3C's trace context and baggage are read and written whatever it says.
    mutating func checkPropagators() {
        for name in (value("OTEL_PROPAGATORS") ?? "").split(separator: ",").map({ Self.trimmed($0) })
        where !["tracecontext", "baggage"].contains(name) {
            note("OTEL_PROPAGATORS: `\(name)` is not spoken here; tracecontext and baggage are used")
        }
    }

    mutating func sampler(ratio fileRatio: Double?) -> Sampler {
        let name = value("OTEL_TRACES_SAMPLER")
        var ratio = fileRatio ?? 1
        if let text = value("OTEL_TRACES_SAMPLER_ARG") {
            if let given = Double(text), (0...1).contains(given) {
                ratio = given
            } else {
                note("OTEL_TRACES_SAMPLER_ARG: `\(text)` is not a number from 0 to 1; it is not used")
            }
        }
        switch name {
        case nil, "parentbased_traceidratio"?: return Sampler(ratio: ratio)
        case "parentbased_always_on"?: return Sampler(ratio: 1)
        case "parentbased_always_off"?: return Sampler(ratio: 0)
        case "always_on"?: return Sampler(ratio: 1, followsParent: false)
        case "always_off"?: return Sampler(ratio: 0, followsParent: false)
        case "traceidratio"?: return Sampler(ratio: ratio, followsParent: false)
        case let other?:
            note("OTEL_TRACES_SAMPLER: `\(other)` is unknown; parentbased_traceidratio is used")
            return Sampler(ratio: ratio)
        }
    }

    // MARK: Lists

    /// `key=value,key=value`, values percent-encoded (W3C Baggage). What is shown of a fault is never the value: it may be a
    /// secret.
    mutating func pairs(_ text: String, of variable: String) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        for item in text.split(separator: ",") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = Self.trimmed(parts[0])
            if parts.count == 1, name.isEmpty { continue }
            guard parts.count == 2, !name.isEmpty else {
                note("\(variable): an entry is not NAME=VALUE; it is not used")
                continue
            }
            pairs.append((PercentEncoding.decode(name), PercentEncoding.decode(Self.trimmed(parts[1]))))
        }
        return pairs
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while text.hasSuffix(" ") || text.hasSuffix("\t") { text.removeLast() }
        return text
    }
}
