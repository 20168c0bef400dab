/// The messages of OTLP 1.11 that clients send us (https://github.com/open-telemetry/opentelemetry-proto). What a client's
/// exporter may put into them is written down in `fields`; anything else is left out when a payload is copied.
enum OTLPMessage: Int, CaseIterable {
    case traces, metrics, logs
    case resourceSpans, resourceMetrics, resourceLogs
    case scopeSpans, scopeMetrics, scopeLogs
    case resource, scope
    case span, spanEvent, spanLink, status
    case metric, gauge, sum, histogram, exponentialHistogram, summary
    case numberPoint, histogramPoint, exponentialPoint, buckets, summaryPoint, quantile, exemplar
    case logRecord
    case anyValue, arrayValue, keyValueList, keyValue

    /// The root of an export.
    init(_ signal: Signal) {
        switch signal {
        case .spans: self = .traces
        case .metrics: self = .metrics
        case .logs: self = .logs
        }
    }

    /// What is counted as one item of its signal.
    var isItem: Bool {
        switch self {
        case .span, .numberPoint, .histogramPoint, .exponentialPoint, .summaryPoint, .logRecord: true
        default: false
        }
    }

    /// A point of a metric: a series of its own for each set of attributes.
    var isPoint: Bool { isItem && self != .span && self != .logRecord }

    /// Holds the resource and what came from it.
    var isResourceGroup: Bool { self == .resourceSpans || self == .resourceMetrics || self == .resourceLogs }

    func field(_ number: Int) -> OTLPField? { Self.fields[rawValue].first { $0.number == number } }

    static let fields: [[OTLPField]] = allCases.map(\.table)
}

/// One field of a message.
struct OTLPField {
    let number: Int
    /// Its name in JSON.
    let name: StaticString
    let kind: Kind

    init(_ number: Int, _ name: StaticString, _ kind: Kind) {
        self.number = number
        self.name = name
        self.kind = kind
    }

    enum Kind: Equatable {
        case text
        /// Base64 in JSON.
        case bytes
        /// A trace's or a span's id: hexadecimal in JSON (OTLP specification, JSON Protobuf encoding).
        case id
        case bool
        /// Plain varints, enums among them; two's complement when negative.
        case varint
        /// `sint32`, zigzag.
        case signedVarint
        case fixed32
        /// `fixed64`, `sfixed64`.
        case fixed64
        case double
        case one(OTLPMessage)
        case many(OTLPMessage)
        /// Repeated `KeyValue`.
        case attributes
        case manyFixed64
        case manyDouble
        case manyVarint
    }
}
