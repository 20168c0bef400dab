/// What becomes of the telemetry that clients send to the gateway.
package struct ClientTelemetrySetting: Sendable, Equatable {
    /// `/v1/metrics`, `/v1/logs` and `/v1/traces` take it.
    package var receives = true
    /// It goes on to the collector; the ledger counts in any case.
    package var forwards = true
    /// Texts of prompts, answers and tools may pass.
    package var keepsContent = false

    package init() {}
}
