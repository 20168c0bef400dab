import Wire

/// Reads the variables of the OpenTelemetry specification (SDK environment variables, OTLP exporter). An empty value counts as
/// not set; one that makes no sense is noted and not used.
struct OTELEnvironment {
    private let lookUp: (String) -> String?
    private(set) var problems: [String] = []

    init(_ lookUp: @escaping (String) -> String?) { self.lookUp = lookUp }

    private func value(_ name: String) -> String? {
        guard let value = lookUp(name), !value.isEmpty else { return nil }
        return value
    }

    mutating func flag(_ name: String) -> Bool { value(name)?.lowercased() == "true" }

    mutating func number(_ name: String, _ range: ClosedRange<Int>) -> Int? {
        guard let text = value(name) else { return nil }
        if let number = Int(text), range.contains(number) { return number }
        problems.append(
            "\(name): `\(text)` is not a number from \(range.lowerBound) to \(range.upperBound); it is not used")
        return nil
    }

    /// Milliseconds as nanoseconds.
    mutating func milliseconds(_ name: String) -> Int64? {
        number(name, 1...86_400_000).map { Int64($0) * 1_000_000 }
    }

    mutating func isDelta() -> Bool {
        let name = "OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE"
        switch value(name)?.lowercased() {
        case nil, "cumulative"?: return false
        case "delta"?, "lowmemory"?: return true
        case let other?:
            problems.append("\(name): `\(other)` is not cumulative, delta or lowmemory; it is not used")
            return false
        }
    }

    // MARK: Endpoint

    /// The endpoint of a signal: its own variable is the whole URL, the common one gets the signal's path appended.
    mutating func endpoint(_ signal: String, path: String, file: TelemetrySettings.File) -> SignalEndpoint? {
        switch value("OTEL_\(signal)_EXPORTER") {
        case "none"?: return nil
        case nil, "otlp"?: break
        case let other?: problems.append("OTEL_\(signal)_EXPORTER: `\(other)` is not otlp or none; it is not used")
        }
        let url: String
        if let own = value("OTEL_EXPORTER_OTLP_\(signal)_ENDPOINT") {
            url = own
        } else if let base = value("OTEL_EXPORTER_OTLP_ENDPOINT") ?? file.endpoint {
            url = base.hasSuffix("/") ? base + path : base + "/" + path
        } else {
            return nil
        }
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            problems.append("the OTLP endpoint `\(url)` is not an http(s) URL; nothing is sent there")
            return nil
        }
        if let protocolName = either(signal, "PROTOCOL"), protocolName != "http/protobuf" {
            problems.append("OTEL_EXPORTER_OTLP_PROTOCOL: `\(protocolName)` is not spoken here; http/protobuf is used")
        }
        return SignalEndpoint(
            url: url, headers: headers(signal, file: file),
            timeout: timeout(signal), isCompressed: isCompressed(signal), authorityFile: either(signal, "CERTIFICATE"))
    }

    private func either(_ signal: String, _ name: String) -> String? {
        value("OTEL_EXPORTER_OTLP_\(signal)_\(name)") ?? value("OTEL_EXPORTER_OTLP_\(name)")
    }

    private mutating func timeout(_ signal: String) -> Int64 {
        milliseconds("OTEL_EXPORTER_OTLP_\(signal)_TIMEOUT") ?? milliseconds("OTEL_EXPORTER_OTLP_TIMEOUT")
            ?? 10_000_000_000
    }

    /// Compressed unless the variables say otherwise: telemetry repeats itself.
    private mutating func isCompressed(_ signal: String) -> Bool {
        switch either(signal, "COMPRESSION") {
        case nil, "gzip"?: return true
        case "none"?: return false
        case let other?:
            problems.append("OTEL_EXPORTER_OTLP_COMPRESSION: `\(other)` is not gzip or none; gzip is used")
            return true
        }
    }

    private mutating func headers(_ signal: String, file: TelemetrySettings.File) -> [(name: String, value: String)] {
        guard let text = either(signal, "HEADERS") else { return file.headers }
        return pairs(text, of: "OTEL_EXPORTER_OTLP_HEADERS")
    }

    /// `key=value,key=value`, values percent-encoded (W3C Baggage).
    private mutating func pairs(_ text: String, of variable: String) -> [(name: String, value: String)] {
        var pairs: [(name: String, value: String)] = []
        for item in text.split(separator: ",") {
            let parts = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = String(parts[0].filter { $0 != " " })
            guard parts.count == 2, !name.isEmpty else {
                // Its value may be a secret: it is not shown.
                problems.append("\(variable): an entry is not NAME=VALUE; it is not used")
                continue
            }
            pairs.append((name, Self.decoded(String(parts[1]))))
        }
        return pairs
    }

    private static func decoded(_ text: String) -> String {
        var bytes: [UInt8] = [], rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
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

    mutating func sampler(ratio fileRatio: Double?) -> Sampler {
        let name = value("OTEL_TRACES_SAMPLER")
        var ratio = fileRatio ?? 1
        if let text = value("OTEL_TRACES_SAMPLER_ARG") {
            if let given = Double(text), (0...1).contains(given) {
                ratio = given
            } else {
                problems.append("OTEL_TRACES_SAMPLER_ARG: `\(text)` is not a number from 0 to 1; it is not used")
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
            problems.append("OTEL_TRACES_SAMPLER: `\(other)` is unknown; parentbased_traceidratio is used")
            return Sampler(ratio: ratio)
        }
    }
}
