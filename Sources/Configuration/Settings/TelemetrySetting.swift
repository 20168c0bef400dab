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
    package var traces = TraceSetting()
    package var logs = EventSetting()
    package var metrics = MetricsSetting()
}
