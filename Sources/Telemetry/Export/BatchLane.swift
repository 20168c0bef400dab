/// A signal whose records come in batches: what waits of it, and its way to the collector; confined to the exporter's loop.
final class BatchLane {
    var machine: BatchStateMachine
    let delivery: Delivery
    /// The bytes of an export request.
    let encode: ([RecordBatch]) -> [UInt8]

    /// Nil when the signal is not exported.
    init?(_ delivery: Delivery?, _ batching: TelemetrySettings.Batching, encode: @escaping ([RecordBatch]) -> [UInt8]) {
        guard let delivery else { return nil }
        self.delivery = delivery
        machine = BatchStateMachine(maximumQueue: batching.maximumQueue, maximumBatch: batching.maximumBatch)
        self.encode = encode
    }
}
