/// Recorded spans or events on their way to the exporter.
package struct RecordBatch: Sendable, Equatable {
    /// As `SpanRecorder` or `LogRecorder` wrote them.
    let bytes: [UInt8]
    let count: Int
}
