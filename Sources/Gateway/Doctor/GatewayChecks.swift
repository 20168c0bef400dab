/// What a running gateway says of itself, judged. Pure.
enum GatewayChecks {
    /// What came of asking it.
    struct Answers {
        /// A process holds the data folder.
        var isHeld: Bool
        var place: String
        /// Nil: no connection, for the reason beside it.
        var health: (status: Int, text: String)?
        var fault = ""
        /// It lets in nobody without a certificate, and we have none.
        var needsCertificate = false
        var readiness: (status: Int, text: String)?
    }

    static func gateway(_ answers: Answers) -> DoctorFinding {
        let check = "gateway", place = answers.place
        guard let health = answers.health else {
            guard answers.isHeld else {
                return .warn(check, "none runs at \(place)", cure: "start it: tollgate serve --config FILE")
            }
            if answers.needsCertificate {
                return .warn(
                    check,
                    "a process holds the data folder; \(place) cannot be asked, as it requires client certificates",
                    cure: "ask it with one: curl --cert … --key … --cacert … https://\(place)/readyz")
            }
            return .fail(
                check, "a process holds the data folder but does not answer at \(place): \(answers.fault)",
                cure: "does it run with this configuration? its log tells; otherwise restart it")
        }
        guard health.status == 200 else {
            return .fail(
                check, "\(place) answers /healthz with \(health.status)",
                cure: "something else listens there: change `listen`, or stop it")
        }
        guard let readiness = answers.readiness, readiness.status == 200 else {
            return .fail(
                check, "\(place) runs but is not ready: \(line(answers.readiness?.text ?? answers.fault))",
                cure: "it drains, or cannot write its ledger: see its log")
        }
        guard answers.isHeld else {
            return .fail(
                check, "\(place) is ready, but nobody holds the data folder that the configuration names",
                cure:
                    "if the folder was moved, deleted or replaced while the gateway ran, put it back, else restart it; or another "
                    + "gateway listens there")
        }
        let further = readiness.text.split(separator: "\n").dropFirst()
        if let detail = further.first {
            return .warn(
                check, "\(place) is ready, but \(line(String(detail)))", cure: "correct the file; it is read again")
        }
        return .ok(check, "\(place) is ready")
    }

    private static func line(_ text: String) -> String {
        String(text.prefix { !$0.isNewline }.prefix(200))
    }

    /// `metrics`: the text of `/metrics`; nil when it is not served to us.
    static func drops(_ metrics: String?) -> DoctorFinding {
        let check = "telemetry"
        guard let metrics else { return .ok(check, "figures of the running gateway are not to be had at /metrics") }
        var lost: [(reason: String, items: Double)] = []
        for sample in metrics.split(separator: "\n") {
            let isClients = sample.hasPrefix("tollgate_client_telemetry_dropped_total{")
            guard isClients || sample.hasPrefix("tollgate_telemetry_dropped_total{"),
                let value = value(of: sample), value > 0
            else { continue }
            let reason = label("reason", in: sample)
            // A retry of what came before is no loss.
            if isClients, reason == "duplicate" { continue }
            lost.append(("\(isClients ? "clients' " : "")\(label("signal", in: sample)) \(reason)", value))
        }
        guard !lost.isEmpty else { return .ok(check, "nothing was dropped since the gateway started") }
        let list = lost.sorted { $0.items > $1.items }.prefix(5).map { "\(Int64($0.items)) \($0.reason)" }
        return .warn(
            check, "dropped since the gateway started: \(list.joined(separator: ", "))", cure: cure(lost.map(\.reason)))
    }

    private static func cure(_ reasons: [String]) -> String {
        if reasons.allSatisfy({ $0.hasPrefix("clients' ") }) {
            return "exports of Claude Code were not taken: docs/client-telemetry.md has the reasons, the log the keys"
        }
        func has(_ text: String) -> Bool { reasons.contains { !$0.hasPrefix("clients' ") && $0.contains(text) } }
        if has("spool_corrupt") { return "the disk damaged the spool: check it" }
        if has("spool_full") || has("spool_expired") || has("retries_exhausted") {
            return "the collector was away for longer than the spool has room: give it more, and see to the collector"
        }
        if has("queue_full") { return "more comes than is sent: see to the collector's speed, or raise the queue" }
        if has("status_") || has("grpc_") || has("rejected") {
            return "the collector refuses it: see its log, and the credential and path of the endpoint"
        }
        return "see `tollgate.telemetry.dropped` in docs/telemetry.md for what the reasons mean"
    }

    /// The number behind the labels, before an exemplar or a time.
    private static func value(of sample: Substring) -> Double? {
        guard let brace = sample.firstIndex(of: "}") else { return nil }
        return sample[sample.index(after: brace)...].split(separator: " ").first.flatMap { Double($0) }
    }

    /// Values are words of our own: no escapes.
    private static func label(_ name: String, in sample: Substring) -> Substring {
        for part in sample.drop(while: { $0 != "{" }).dropFirst().prefix(while: { $0 != "}" }).split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1)
            if pair.count == 2, pair[0] == name { return pair[1].drop { $0 == "\"" }.prefix { $0 != "\"" } }
        }
        return "?"
    }
}
