import Transport

/// A serialized export request as it is sent and spooled: compressed once at most.
struct Payload: Sendable, Equatable {
    var body: [UInt8]
    /// `body` is gzip.
    var isCompressed: Bool
    /// Spans, data points or log records in it.
    var items: Int

    /// Bytes of a request before compression, at most; collectors refuse what is larger (the collector's default is 20 MiB).
    static let maximumBody = 16 * 1024 * 1024

    /// The request in plain protobuf; nil if it is not what it claims to be.
    func plain() -> [UInt8]? {
        guard isCompressed else { return body }
        let inflater = Inflater()
        var bytes: [UInt8] = []
        body.withUnsafeBytes { inflater.consume($0) { bytes.append(contentsOf: $0) } }
        return inflater.failed ? nil : bytes
    }

    /// Compressed, if that is wanted.
    static func make(_ plain: [UInt8], items: Int, isCompressed: Bool) -> Payload {
        let payload = Payload(body: plain, isCompressed: false, items: items)
        return isCompressed ? payload.compressed() : payload
    }

    /// With a compressed body, if there is memory for that.
    func compressed() -> Payload {
        guard !isCompressed, let packed = gzip(body, level: 1) else { return self }
        return Payload(body: packed, isCompressed: true, items: items)
    }

    /// Two requests with half of the items each; nil when there is one item, or none that can be told apart.
    func halves() -> (Payload, Payload)? {
        guard items > 1, let plain = plain(), let split = ExportSplitter.split(plain) else { return nil }
        // A data point is less than the metric that is told apart here, so the halves of `items` may be rough.
        let first = min(items - 1, max(1, items * split.firstItems / (split.firstItems + split.secondItems)))
        return (
            .make(split.first, items: first, isCompressed: isCompressed),
            .make(split.second, items: items - first, isCompressed: isCompressed)
        )
    }
}
