import Transport

/// Batches of loops until they become one export request; confined to the exporter's loop.
final class RecordGatherer {
    let signal: Signal
    let batching: TelemetrySettings.Batching
    let timer: LoopTimer
    private var batches: [RecordBatch] = []
    private(set) var count = 0
    private var size = 0
    private let encode: ([RecordBatch]) -> [UInt8]
    /// Bytes as recorded; encoded they are about as many.
    private static let maximumSize = 4 * 1024 * 1024

    init(
        _ signal: Signal, _ batching: TelemetrySettings.Batching, loop: EventLoop,
        encode: @escaping ([RecordBatch]) -> [UInt8]
    ) {
        self.signal = signal
        self.batching = batching
        self.encode = encode
        timer = LoopTimer(loop: loop)
    }

    /// Whether this one would make too much of what waits.
    func isFull(with batch: RecordBatch) -> Bool {
        count > 0 && (count + batch.count > batching.maximumBatch || size + batch.bytes.count > Self.maximumSize)
    }

    func add(_ batch: RecordBatch) {
        batches.append(batch)
        count += batch.count
        size += batch.bytes.count
    }

    var isFull: Bool { count >= batching.maximumBatch || size >= Self.maximumSize }

    /// The request of what waits, and how many items it has; nil for none.
    func take() -> (bytes: [UInt8], items: Int)? {
        timer.cancel()
        guard count > 0 else { return nil }
        defer { (batches, count, size) = ([], 0, 0) }
        return (encode(batches), count)
    }
}
