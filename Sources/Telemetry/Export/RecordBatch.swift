/// Recorded spans or events on their way to the exporter.
struct RecordBatch: Sendable, Equatable {
    let bytes: [UInt8]
    let count: Int
}
