/// `telemetry.metrics`
extension SnapshotReader {
    /// Labels that one configuration may name.
    private static let mostLabels = 12

    func readMetrics(_ telemetry: inout Section) -> MetricsSetting {
        var setting = MetricsSetting()
        guard var group = telemetry.section("metrics") else { return setting }
        if group.has("labels") { setting.labels = readLabels(&group) }
        if group.has("series_limit") {
            setting.seriesLimit = group.integer("series_limit", default: 10_000, range: 1...100_000)
        }
        if group.has("interval") {
            let interval = group.duration("interval", default: 60_000_000_000)
            if interval < 1_000_000_000 {
                reader.note(group.mark, group.pathOf("interval"), "must be at least 1s")
            } else {
                setting.interval = interval
            }
        }
        if group.has("temporality") {
            setting.temporality = group.choice("temporality", default: MetricsSetting.Temporality.cumulative)
        }
        setting.prometheus = readPrometheus(&group)
        group.finish()
        return setting
    }

    private func readLabels(_ group: inout Section) -> [MetricsSetting.Label] {
        var labels: [MetricsSetting.Label] = []
        for value in group.strings("labels") {
            guard let label = MetricsSetting.Label(name: value.text) else {
                reader.note(
                    value.mark, group.pathOf("labels"),
                    "\(value.shown) is not team, user, project, key, virtual_account or metadata.NAME")
                continue
            }
            if !labels.contains(label) { labels.append(label) }
        }
        if labels.count > Self.mostLabels {
            reader.note(
                group.mark, group.pathOf("labels"),
                "has \(labels.count) labels; at most \(Self.mostLabels) are possible")
        }
        return labels
    }

    private func readPrometheus(_ metrics: inout Section) -> PrometheusSetting {
        var setting = PrometheusSetting()
        guard var group = metrics.section("prometheus") else { return setting }
        setting.isEnabled = group.truth("enabled") ?? true
        if !setting.isEnabled { group.refuse(["token"], "has no effect where `enabled` is false") }
        if group.has("token"), let token = group.required("token", "\"${TOLLGATE_METRICS_TOKEN}\"", isSecret: true) {
            setting.token = Secret(token.text)
        }
        group.finish()
        return setting
    }
}
