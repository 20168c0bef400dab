import Configuration
import Telemetry

/// The settings that count from the start of the process: a reload takes up none of them, so it has to say which of them the file has
/// otherwise now.
struct RestartSettings {
    private let listen: [ListenSetting]
    private let dataPath: String
    private let watchesCaches: Bool
    /// With what variables of the environment say instead of the file.
    private let telemetry: TelemetrySettings

    init(_ snapshot: Snapshot) {
        listen = snapshot.listen
        dataPath = snapshot.dataPath
        watchesCaches = snapshot.telemetry.cacheForensics
        var problems: [String] = []
        telemetry = TelemetryHost.settings(snapshot, problems: &problems)
    }

    /// The names of those that `next` has otherwise.
    func differing(in next: RestartSettings) -> [String] {
        var names: [String] = []
        func compare(_ name: String, _ isSame: Bool) { if !isSame { names.append(name) } }
        let (old, new) = (telemetry, next.telemetry)
        compare("listen", listen == next.listen)
        compare("data", dataPath == next.dataPath)
        compare("telemetry.otlp", old.destinations == new.destinations)
        compare(
            "telemetry.spool",
            old.spool?.maximumSize == new.spool?.maximumSize && old.spool?.maximumAge == new.spool?.maximumAge)
        compare("telemetry.service_name", old.resource.map(\.value) == new.resource.map(\.value))
        compare("telemetry.sampling_ratio", old.sampler == new.sampler)
        compare("telemetry.cache_forensics", watchesCaches == next.watchesCaches)
        compare("telemetry.metrics.series_limit", old.seriesLimit == new.seriesLimit)
        compare("telemetry.metrics.interval", old.metricInterval == new.metricInterval)
        compare("telemetry.metrics.temporality", old.isDelta == new.isDelta)
        return names
    }
}
