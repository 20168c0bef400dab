import Telemetry

/// What waits on disk for collectors, judged. Pure.
enum SpoolChecks {
    /// `paths`: what of the spool the gateway cannot use; `nil` where that is nothing.
    static func unusable(_ paths: [String]) -> DoctorFinding? {
        guard let first = paths.first else { return nil }
        let besides = paths.count == 1 ? "" : ", nor \(paths.count - 1) more"
        return .fail(
            "spool", "\(first)\(besides) cannot be read and written by this user, or is no folder where one has to be",
            cure: "chown it to the user of the gateway, or move it away, and start the gateway anew")
    }

    /// `maximumSize`: bytes that one destination may have, if there is a spool at all now.
    static func finding(
        _ survey: SpoolSurvey, maximumSize: Int?, at now: Int64
    ) -> DoctorFinding {
        let check = "spool \(survey.name)"
        let size = DoctorText.bytes(Int64(survey.bytes))
        guard survey.records > 0 || survey.damaged > 0 else { return .ok(check, "nothing waits") }
        let age = survey.oldest.map { ", the oldest for \(DoctorText.age(now - $0))" } ?? ""
        let detail = "\(size): \(survey.items) items in \(survey.records) exports wait\(age)"
        if survey.damaged > 0 {
            return .warn(
                check, "\(detail); \(survey.damaged) are damaged and lost",
                cure: "a full or failing disk, or a machine that lost its power: check it")
        }
        if let maximumSize, survey.bytes > maximumSize / 2 {
            return .warn(
                check, "\(detail); more than half of its \(DoctorText.bytes(Int64(maximumSize)))",
                cure: "see to the collector before the oldest are dropped, or give the spool more room")
        }
        if let oldest = survey.oldest, now - oldest > 300_000_000_000 {
            return .warn(check, detail, cure: "the collector does not take it: see to it; nothing is lost yet")
        }
        return .ok(check, detail)
    }
}
