/// `telemetry`: where traces, metrics and events go, and what is in them.
extension SnapshotReader {
    private enum Content: String, CaseIterable { case off }

    func readTelemetry(_ section: inout Section) -> TelemetrySetting {
        var setting = TelemetrySetting()
        guard var group = section.section("telemetry") else { return setting }
        setting.serviceName = group.string("service_name")
        setting.samplingRatio = group.value("sampling_ratio", expected: "a number from 0 to 1") {
            Double($0).flatMap { (0...1).contains($0) ? $0 : nil }
        }
        setting.sessionTraces = group.truth("session_traces") ?? true
        setting.traces = readTraces(&group)
        setting.logs = readEvents(&group)
        setting.metrics = readMetrics(&group)
        _ = group.choice("content", default: Content.off)
        if let content = group.node("content"), section.has("content_capture") {
            reader.note(
                content.mark, group.pathOf("content"),
                "is off, so the rules of content_capture have no effect; leave one out")
        }
        setting.clients = readClientTelemetry(&group)
        let collectors = group.sections("otlp")
        setting.collectors = collectors.compactMap(readCollector)
        if collectors.count > 1 {
            reader.note(
                collectors[1].mark, group.pathOf("otlp"), "has \(collectors.count) collectors; one is supported")
        }
        group.finish()
        return setting
    }

    private func readCollector(_ section: Section) -> CollectorSetting? {
        var section = section
        defer { section.finish() }
        let headers = readHeaders(&section)
        guard let endpoint = section.required("endpoint", "http://127.0.0.1:4318") else { return nil }
        guard BaseURL(endpoint.text) != nil else {
            noteURL(endpoint, section.pathOf("endpoint"))
            return nil
        }
        return CollectorSetting(endpoint: endpoint.text, headers: headers)
    }
}
