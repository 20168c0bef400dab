import Transport
import Wire

/// Something that happened and is told as a log record of OTLP: a refusal, a change, an alert. Rare, so a plain value.
package struct TelemetryEvent: Sendable, Equatable {
    package enum Value: Sendable, Equatable {
        case text(String)
        case integer(Int64)
        case boolean(Bool)
    }

    package struct Attribute: Sendable, Equatable {
        package let name: String
        package let value: Value

        package init(_ name: String, _ value: Value) {
            self.name = name
            self.value = value
        }
    }

    /// The event's name (`event_name`), which says what its attributes mean.
    package let name: String
    package let severity: LogSeverity
    /// A sentence for people.
    package var body: String
    package private(set) var attributes: [Attribute] = []
    /// When it happened, Unix nanoseconds.
    package let time: Int64
    /// Bytes of a text, at most; what is longer is cut between two characters.
    package var longestText = 32 * 1024
    /// The trace and the span that it belongs to, if any.
    package var trace: TraceID?
    package var span: SpanID?

    package init(
        _ name: String, _ severity: LogSeverity = .info, _ body: String, at time: Int64 = wallClockNanoseconds(),
        trace: TraceID? = nil, span: SpanID? = nil
    ) {
        self.name = name
        self.severity = severity
        self.body = body
        self.time = time
        self.trace = trace
        self.span = span
    }

    /// Adds an attribute; an empty text is left out.
    package mutating func add(_ name: String, _ text: String) {
        if !text.isEmpty { attributes.append(Attribute(name, .text(text))) }
    }

    package mutating func add(_ name: String, _ number: Int64) { attributes.append(Attribute(name, .integer(number))) }

    package mutating func add(_ name: String, _ truth: Bool) { attributes.append(Attribute(name, .boolean(truth))) }

    mutating func add(_ key: AttributeKey, _ text: String) { add("\(key.name)", text) }
}
