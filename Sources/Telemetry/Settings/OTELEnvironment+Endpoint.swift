extension OTELEnvironment {
    /// Where everything goes: what variables name replaces what the file names, signal by signal.
    mutating func destinations(_ file: TelemetrySettings.File) -> [TelemetrySettings.Destination] {
        let names = Self.names(file.destinations)
        var destinations: [TelemetrySettings.Destination] = []
        for signal in [Signal.spans, .metrics, .logs] {
            for (name, endpoint) in endpoints(signal, file, names) {
                if let known = destinations.firstIndex(where: { $0.name == name }) {
                    destinations[known].endpoints[signal] = endpoint
                } else {
                    destinations.append(.init(name: name, endpoints: [signal: endpoint]))
                }
            }
        }
        return destinations
    }

    /// Destinations without a name have that of their host and port; of several at the same place the later ones get a number.
    private static func names(_ destinations: [TelemetrySettings.FileDestination]) -> [String] {
        var names: [String] = []
        for destination in destinations {
            let base = destination.name ?? OTLPURL(destination.endpoint).map(name) ?? "collector"
            var name = base, count = 1
            while names.contains(name) {
                count += 1
                name = "\(base)-\(count)"
            }
            names.append(name)
        }
        return names
    }

    /// As it may stand in the name of a folder.
    private static func name(_ url: OTLPURL) -> String {
        let host = url.host.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "." || $0 == "-") ? $0 : "_" }
        return "\(String(host.prefix(128)))-\(url.port)"
    }

    /// The endpoints of a signal, by the names of their destinations: its own variable is the whole URL, the common one and
    /// the file's get the signal's path appended. None when the signal is not exported.
    private mutating func endpoints(
        _ signal: Signal, _ file: TelemetrySettings.File, _ names: [String]
    ) -> [(name: String, endpoint: SignalEndpoint)] {
        let word = Self.words[signal] ?? ""
        let exporter = value("OTEL_\(word)_EXPORTER")
        switch exporter {
        case "none"?: return []
        case nil, "otlp"?: break
        case let other?: note("OTEL_\(word)_EXPORTER: `\(other)` is not otlp or none; it is not used")
        }
        let variable = ["OTEL_EXPORTER_OTLP_\(word)_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"].first(where: isSet)
        let ofFile = zip(file.destinations, names).filter { $0.0.signals.contains(signal) }
        if variable != nil || file.destinations.isEmpty && exporter == "otlp" {
            return endpoint(word, variable: variable, nil).map { [(Self.name($0.url), $0)] } ?? []
        }
        if ofFile.count > 1, either(word, "HEADERS") != nil {
            note("OTEL_EXPORTER_OTLP_HEADERS: there are several collectors in the file; each has its own headers only")
        }
        return ofFile.compactMap { destination, name in
            endpoint(word, variable: nil, destination, isAlone: ofFile.count == 1).map { (name, $0) }
        }
    }

    private static let words: [Signal: String] = [.spans: "TRACES", .metrics: "METRICS", .logs: "LOGS"]

    private mutating func endpoint(
        _ signal: String, variable: String?, _ file: TelemetrySettings.FileDestination?, isAlone: Bool = true
    ) -> SignalEndpoint? {
        let isGRPC = isGRPC(signal) ?? file?.isGRPC ?? false
        guard let url = isGRPC ? callURL(signal, variable, file) : url(signal, variable, file) else {
            let name = variable ?? "telemetry.otlp"
            note("\(name): not a URL like https://host:port/path without a user; nothing is sent there")
            return nil
        }
        var timeout = timeout(signal) ?? file?.timeout ?? 10_000_000_000
        if signal == "METRICS", let limit = milliseconds("OTEL_METRIC_EXPORT_TIMEOUT") { timeout = min(timeout, limit) }
        return SignalEndpoint(
            url: url, headers: isAlone ? headers(signal, file: file?.headers ?? []) : file?.headers ?? [],
            timeout: timeout,
            compression: compression(signal) ?? file?.compression ?? (url.isLoopback ? .spooled : .all),
            authorityFile: either(signal, "CERTIFICATE") ?? file?.authorityFile,
            identity: identity(signal) ?? file?.identity, isGRPC: isGRPC)
    }

    private mutating func isGRPC(_ signal: String) -> Bool? {
        switch either(signal, "PROTOCOL") {
        case nil: return nil
        case "http/protobuf"?: return false
        case "grpc"?: return true
        case let other?:
            note("OTEL_EXPORTER_OTLP_PROTOCOL: `\(other)` is not spoken here; http/protobuf is used")
            return false
        }
    }

    private mutating func identity(_ signal: String) -> SignalEndpoint.Identity? {
        let certificate = either(signal, "CLIENT_CERTIFICATE"), key = either(signal, "CLIENT_KEY")
        if let certificate, let key { return SignalEndpoint.Identity(certificateFile: certificate, keyFile: key) }
        if (certificate ?? key) != nil {
            note("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: the certificate and its key go together; none is shown")
        }
        return nil
    }

    /// The URL of a signal's call: a server's, whose path does not count. Without a scheme it is encrypted unless
    /// `…_INSECURE` says otherwise, without a port plain text goes to gRPC's own. A URL is not shown when it is wrong: it may
    /// hold a password.
    private mutating func callURL(
        _ signal: String, _ variable: String?, _ file: TelemetrySettings.FileDestination?
    ) -> OTLPURL? {
        let text = variable.flatMap(value) ?? file?.endpoint ?? "http://localhost:4317"
        let isInsecure = flag(
            isSet("OTEL_EXPORTER_OTLP_\(signal)_INSECURE")
                ? "OTEL_EXPORTER_OTLP_\(signal)_INSECURE" : "OTEL_EXPORTER_OTLP_INSECURE")
        let scheme = text.contains("://") ? "" : isInsecure ? "http://" : "https://"
        return OTLPURL(scheme + text, plainPort: 4317)?.replacing(path: Self.calls[signal] ?? "/")
    }

    private static let calls = [
        "TRACES": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        "METRICS": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        "LOGS": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    ]

    private func url(
        _ signal: String, _ variable: String?, _ file: TelemetrySettings.FileDestination?
    ) -> OTLPURL? {
        let path = "v1/\(signal.lowercased())"
        // Asked for by name and nothing else, the exporter's standard address counts.
        guard let variable, let text = value(variable) else {
            return OTLPURL(file?.endpoint ?? "http://localhost:4318")?.appending(path)
        }
        return variable == "OTEL_EXPORTER_OTLP_ENDPOINT" ? OTLPURL(text)?.appending(path) : OTLPURL(text)
    }

    private func either(_ signal: String, _ name: String) -> String? {
        value("OTEL_EXPORTER_OTLP_\(signal)_\(name)") ?? value("OTEL_EXPORTER_OTLP_\(name)")
    }

    private mutating func timeout(_ signal: String) -> Int64? {
        milliseconds("OTEL_EXPORTER_OTLP_\(signal)_TIMEOUT") ?? milliseconds("OTEL_EXPORTER_OTLP_TIMEOUT")
    }

    private mutating func compression(_ signal: String) -> SignalEndpoint.Compression? {
        switch either(signal, "COMPRESSION") {
        case nil: return nil
        case "gzip"?: return .all
        case "none"?: return SignalEndpoint.Compression.none
        case let other?:
            note("OTEL_EXPORTER_OTLP_COMPRESSION: `\(other)` is not gzip or none; gzip is used")
            return .all
        }
    }

    /// The variables' headers, else those of the file: they may be secrets, so they go to no other collector than the file's.
    private mutating func headers(
        _ signal: String, file: [(name: String, value: String)]
    ) -> [(name: String, value: String)] {
        guard let text = either(signal, "HEADERS") else { return file }
        let own = "OTEL_EXPORTER_OTLP_\(signal)_HEADERS"
        let variable = isSet(own) ? own : "OTEL_EXPORTER_OTLP_HEADERS"
        return pairs(text, of: variable).filter { header in
            let isFit = Self.isName(header.name) && Self.isValue(header.value)
            if !isFit { note("\(variable): an entry is no header that may be set; it is not used") }
            return isFit
        }
    }

    /// A token (RFC 9110 §5.6.2) that says nothing of the message's form, which is ours to say.
    private static func isName(_ name: String) -> Bool {
        name.utf8.allSatisfy { byte in
            UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20
                || "!#$%&'*+-.^_`|~".utf8.contains(byte)
        } && !ours.contains(name.lowercased())
    }

    private static let ours: Set<String> = [
        "host", "content-length", "content-type", "content-encoding", "transfer-encoding", "connection", "expect",
        "upgrade", "te", "trailer",
    ]

    /// No control characters: a line break would begin another header.
    private static func isValue(_ value: String) -> Bool {
        value.utf8.allSatisfy { $0 == 0x09 || $0 >= 0x20 && $0 != 0x7F }
    }
}
