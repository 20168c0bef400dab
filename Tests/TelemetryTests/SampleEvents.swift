@testable import Telemetry

/// One event of each kind.
enum SampleEvents {
    static let begin = SampleSession.begin

    static var alert: BudgetAlert {
        BudgetAlert(
            rule: "everyone", scope: "user=alice", threshold: 75, unit: "cost_per_day", isMoney: true,
            limit: 10_000_000_000, settled: 7_500_000_001, windowStart: 1_795_219_200_000_000_000,
            windowEnd: 1_795_305_600_000_000_000, at: begin)
    }

    static func all() throws -> [TelemetryEvent] {
        var refusal = TelemetryEvent.Refusal(requestID: "req_01", type: "billing_error")
        refusal.rule = "everyone"
        refusal.user = "alice"
        refusal.team = "plätform"
        refusal.subject = "claude-opus-4-6"
        refusal.message = "The budget is spent."
        var plain = TelemetryEvent("tollgate.plain", .error, "", at: begin + 3)
        plain.add("number", -7)
        plain.add("yes", true)
        plain.add("no", false)
        plain.add("empty", "")
        return [
            .audit(
                action: "budget.raise", actor: "bob", subject: "everyone", details: "{\"by\":\"5.00\"}", at: begin),
            .refusal(refusal, trace: try SampleSession.trace(), span: try SampleSession.span(0xC1), at: begin + 1),
            .budgetAlert(alert), plain,
        ]
    }

    static func batch() throws -> RecordBatch {
        var recorder = LogRecorder()
        for event in try all() { recorder.record(event, observedAt: begin + 9) }
        guard let batch = recorder.take() else { throw SampleSession.Fault() }
        return batch
    }

    static func encoded(lengthLimit: Int? = nil) throws -> [UInt8] {
        LogEncoder(resource: SampleSession.resource, version: "1.2.3", lengthLimit: lengthLimit).encode([try batch()])
    }
}
