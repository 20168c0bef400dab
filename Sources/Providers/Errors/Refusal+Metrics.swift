extension Refusal {
    // MARK: Figures

    package static let metricsAreLocal = Refusal(
        403, "permission_error",
        "Metrics are told to this host only. Set telemetry.metrics.prometheus.token and send it as `Authorization: Bearer TOKEN`."
    )

    package static let metricsNeedToken = Refusal(
        401, "authentication_error",
        "Metrics need the token of telemetry.metrics.prometheus: send it as `Authorization: Bearer TOKEN`.")
}
