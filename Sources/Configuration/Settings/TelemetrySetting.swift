/// A collector.
package struct CollectorSetting: Sendable {
    package let endpoint: String
    /// Header values may be secrets.
    package let headers: [(name: String, value: Secret)]
}

package struct TelemetrySetting: Sendable {
    package var collectors: [CollectorSetting] = []
    package var serviceName: String?
    /// Of the traces that do not come with a decision of their own, 0...1.
    package var samplingRatio: Double?
    package var clients = ClientTelemetrySetting()
    /// Requests of a session join the trace of their prompt, and prompts, subagents and tools get spans.
    package var sessionTraces = true
    package var traces = TraceSetting()
    package var logs = EventSetting()
    package var metrics = MetricsSetting()
}
