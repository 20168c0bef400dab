import COTLP
import Wire

/// Recorded events as an OTLP export request.
struct LogEncoder {
    let resource: [(name: String, value: String)]
    let version: String
    /// How many characters (Unicode scalars) of a text value are sent; nil: all.
    var lengthLimit: Int?

    /// The bytes of an `ExportLogsServiceRequest` (protobuf).
    func encode(_ batches: [RecordBatch]) -> [UInt8] {
        guard let builder = OTLPBuilder(resource: resource, version: version) else { return [] }
        for batch in batches {
            batch.bytes.withUnsafeBytes { bytes in
                var reader = RecordReader(bytes, lengthLimit: lengthLimit)
                while !reader.isAtEnd { reader.readEvent(into: builder) }
            }
        }
        return builder.pack()
    }
}

extension RecordReader {
    fileprivate mutating func readEvent(into builder: OTLPBuilder) {
        let end = position + Int(number(UInt32.self))
        guard let severity = LogSeverity(rawValue: Int(number(UInt8.self))) else {
            preconditionFailure("an unknown severity in a log record")
        }
        let high = number(UInt64.self), low = number(UInt64.self), span = number(UInt64.self)
        let time = number(Int64.self), observed = number(Int64.self)
        let attributes = tg_otlp_log(
            builder.handle, time, observed, severity.otlpNumber, severity.otlpText, high, low, span)
        let name = text(), body = text()
        tg_otlp_log_text(builder.handle, name.baseAddress, name.count, body.baseAddress, body.count)
        while position < end { readAttribute(of: attributes) }
    }

    private mutating func readAttribute(of attributes: OpaquePointer) {
        let key = text()
        guard let name = key.baseAddress else { preconditionFailure("an attribute without a name in a log record") }
        switch LogRecorder.Value(rawValue: number(UInt8.self)) {
        case .text: withUTF8(text()) { tg_otlp_string(attributes, name, key.count, $0.baseAddress, $0.count) }
        case .integer: tg_otlp_int(attributes, name, key.count, number(Int64.self))
        case .yes: tg_otlp_bool(attributes, name, key.count, true)
        case .no: tg_otlp_bool(attributes, name, key.count, false)
        case nil: preconditionFailure("an unknown value in a log record")
        }
    }
}

extension LogSeverity {
    /// The first of the four numbers that OTLP has for each (`SeverityNumber`).
    fileprivate var otlpNumber: Int32 {
        switch self {
        case .debug: 5
        case .info: 9
        case .warning: 13
        case .error: 17
        }
    }

    fileprivate var otlpText: String {
        switch self {
        case .debug: "DEBUG"
        case .info: "INFO"
        case .warning: "WARN"
        case .error: "ERROR"
        }
    }
}
