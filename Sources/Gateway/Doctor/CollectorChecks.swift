import Telemetry

/// What collectors answer to an empty export, judged. Pure.
enum CollectorChecks {
    static func finding(_ check: String, _ place: String, _ outcome: CollectorProbe.Outcome) -> DoctorFinding {
        switch outcome {
        case .took(let nanoseconds):
            .ok(check, "\(place) took an empty export after \(DoctorText.milliseconds(nanoseconds))")
        case .busy(let words):
            .warn(check, "\(place) is busy: \(words)", cure: "exports wait for it; see to the collector if it stays so")
        case .refused(let words):
            .fail(check, "\(place) refuses exports: \(words)", cure: cure(words))
        case .unreachable(let sentence):
            .fail(
                check, "\(place): \(sentence)",
                cure: "check the endpoint's host, port, protocol and certificate files; is the collector up?")
        }
    }

    private static func cure(_ words: String) -> String {
        if words.contains("401") || words.contains("403") || words.contains("UNAUTHENTICATED")
            || words.contains("PERMISSION_DENIED")
        {
            return "check the headers that carry its credential"
        }
        if words.contains("404") || words.contains("405") || words.contains("UNIMPLEMENTED") {
            return
                "check the endpoint's path and protocol, and that it takes this signal (OTEL_LOGS_EXPORTER=none spares logs)"
        }
        if words.contains("web page") {
            return "check the endpoint's host, port and path: something else answers there"
        }
        return "see the collector's log; it may refuse empty exports alone"
    }
}
