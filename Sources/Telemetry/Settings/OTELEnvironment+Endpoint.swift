extension OTELEnvironment {
    /// The endpoint of a signal: its own variable is the whole URL, the common one and the file's get the signal's path
    /// appended. Nil when the signal is not exported.
    mutating func endpoint(_ signal: String, path: String, file: TelemetrySettings.File) -> SignalEndpoint? {
        let exporter = value("OTEL_\(signal)_EXPORTER")
        switch exporter {
        case "none"?: return nil
        case nil, "otlp"?: break
        case let other?: note("OTEL_\(signal)_EXPORTER: `\(other)` is not otlp or none; it is not used")
        }
        let isGRPC = isGRPC(signal)
        let found =
            isGRPC
            ? callURL(signal, file: file, isWanted: exporter == "otlp")
            : url(signal, path: path, file: file, isWanted: exporter == "otlp")
        guard let (url, isOfFile) = found else { return nil }
        return SignalEndpoint(
            url: url, headers: headers(signal, file: isOfFile ? file.headers : []), timeout: timeout(signal),
            isCompressed: isCompressed(signal), authorityFile: either(signal, "CERTIFICATE"),
            identity: identity(signal), isGRPC: isGRPC)
    }

    private mutating func isGRPC(_ signal: String) -> Bool {
        switch either(signal, "PROTOCOL") {
        case nil, "http/protobuf"?: return false
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
    /// `…_INSECURE` says otherwise, without a port plain text goes to gRPC's own.
    private mutating func callURL(
        _ signal: String, file: TelemetrySettings.File, isWanted: Bool
    ) -> (OTLPURL, isOfFile: Bool)? {
        let own = "OTEL_EXPORTER_OTLP_\(signal)_ENDPOINT", common = "OTEL_EXPORTER_OTLP_ENDPOINT"
        let variable = isSet(own) ? own : isSet(common) ? common : nil
        guard let text = variable.flatMap(value) ?? file.endpoint ?? (isWanted ? "http://localhost:4317" : nil)
        else { return nil }
        let isInsecure = flag(
            isSet("OTEL_EXPORTER_OTLP_\(signal)_INSECURE")
                ? "OTEL_EXPORTER_OTLP_\(signal)_INSECURE" : "OTEL_EXPORTER_OTLP_INSECURE")
        let scheme = text.contains("://") ? "" : isInsecure ? "http://" : "https://"
        guard let url = OTLPURL(scheme + text, plainPort: 4317)?.replacing(path: Self.calls[signal] ?? "/") else {
            note(
                "\(variable ?? "telemetry.otlp"): not a URL like https://host:port without a user; nothing is sent there"
            )
            return nil
        }
        return (url, variable == nil && file.endpoint != nil)
    }

    private static let calls = [
        "TRACES": "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
        "METRICS": "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
        "LOGS": "/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    ]

    /// Also whether it is the file's. A URL is not shown when it is wrong: it may hold a password.
    private mutating func url(
        _ signal: String, path: String, file: TelemetrySettings.File, isWanted: Bool
    ) -> (OTLPURL, isOfFile: Bool)? {
        let own = "OTEL_EXPORTER_OTLP_\(signal)_ENDPOINT", common = "OTEL_EXPORTER_OTLP_ENDPOINT"
        let found: (url: OTLPURL?, name: String)
        if let text = value(own) {
            found = (OTLPURL(text), own)
        } else if let text = value(common) {
            found = (OTLPURL(text)?.appending(path), common)
        } else if let text = file.endpoint {
            found = (OTLPURL(text)?.appending(path), "telemetry.otlp")
        } else if isWanted {
            // Asked for by name, so the exporter's standard address counts.
            found = (OTLPURL("http://localhost:4318")?.appending(path), "")
        } else {
            return nil
        }
        guard let url = found.url else {
            note("\(found.name): not a URL like https://host:port/path without a user; nothing is sent there")
            return nil
        }
        return (url, found.name == "telemetry.otlp")
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
            note("OTEL_EXPORTER_OTLP_COMPRESSION: `\(other)` is not gzip or none; gzip is used")
            return true
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
