/// `telemetry.logs`: which log lines go to the collector too.
extension SnapshotReader {
    private enum ProcessLevel: String, CaseIterable { case debug, info, warning, error, off }

    func readEvents(_ section: inout Section) -> EventSetting {
        var setting = EventSetting()
        guard var group = section.section("logs") else { return setting }
        defer { group.finish() }
        setting.access = group.choice("access", default: setting.access)
        // `off` is no level.
        setting.processLevel = LogLevel(rawValue: group.choice("process", default: ProcessLevel.warning).rawValue)
        return setting
    }
}
