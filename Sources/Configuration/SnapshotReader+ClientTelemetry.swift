/// `telemetry.claude_code`: what becomes of the telemetry that clients send to the gateway.
extension SnapshotReader {
    private enum ClientContent: String, CaseIterable { case drop, keep }

    func readClientTelemetry(_ section: inout Section) -> ClientTelemetrySetting {
        var setting = ClientTelemetrySetting()
        guard var group = section.section("claude_code") else { return setting }
        setting.receives = group.truth("receive") ?? true
        if !setting.receives { group.refuse(["forward", "content"], "means nothing while `receive` is false") }
        setting.forwards = group.truth("forward") ?? true
        setting.keepsContent = group.choice("content", default: ClientContent.drop) == .keep
        group.finish()
        return setting
    }
}
