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
        setting.cacheForensics = group.truth("cache_forensics") ?? true
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
        setting.collectors = readCollectors(&group)
        setting.spool = readSpool(&group)
        group.finish()
        return setting
    }
}
