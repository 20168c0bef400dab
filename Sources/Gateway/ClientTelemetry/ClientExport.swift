import Governance
import Telemetry

/// One export of a client as it came, with who sent it; on its way to the background loop.
struct ClientExport: Sendable {
    enum Packing: Sendable { case plain, compressed }
    enum Encoding: Sendable { case protobuf, json }

    let signal: Signal
    let encoding: Encoding
    let packing: Packing
    let body: [UInt8]
    let principal: Principal
    let metadata: Metadata
    /// Unix nanoseconds.
    let arrivedAt: Int64
    let forwards: Bool
    let keepsContent: Bool

    /// Most bytes of a body, and of what it is when it is no longer compressed.
    static let maximumBody = 8 * 1024 * 1024
    static let maximumInflated = 32 * 1024 * 1024
}

/// Why an export was not taken; the `reason` label of the counter, and what its sender is told.
enum ClientExportRefusal: String, Sendable {
    case unauthenticated
    case contentType = "content_type"
    case contentEncoding = "content_encoding"
    case tooLarge = "too_large"
    case queueFull = "queue_full"
    case keyQueueFull = "key_queue_full"
    case broken = "broken_body"
    // These are found after the answer has gone.
    case malformed
    case tooDeep = "too_deep"
    case duplicate

    /// Of the counter.
    func labels(_ signal: Signal) -> Labels {
        signal.labels(rawValue)
    }

    init(_ fault: OTLPFault) {
        switch fault {
        case .malformed: self = .malformed
        case .tooDeep: self = .tooDeep
        case .tooLarge: self = .tooLarge
        }
    }

    var sentence: StaticString {
        switch self {
        case .unauthenticated:
            "nothing was taken: no valid key came with it; set OTEL_EXPORTER_OTLP_HEADERS=Authorization=Bearer <key>"
        case .contentType: "nothing was taken: send application/x-protobuf or application/json"
        case .contentEncoding: "nothing was taken: send it with gzip or without compression"
        case .tooLarge: "nothing was taken: it is larger than 8 MiB; send smaller batches"
        case .queueFull: "nothing was taken: more is waiting than there is room for"
        case .keyQueueFull: "nothing was taken: of this key more is waiting than its share of the room"
        case .broken: "nothing was taken: the body did not arrive whole"
        case .malformed: "it is no OTLP"
        case .tooDeep: "its values are nested too deeply"
        case .duplicate: "it came before"
        }
    }
}
