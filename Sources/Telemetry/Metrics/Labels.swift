/// The attributes of a data point, as few as the conventions ask for: each combination is a series of its own.
package struct Labels: Hashable, Sendable {
    /// Names and values in a fixed order for each instrument.
    private(set) var pairs: [Pair]

    struct Pair: Hashable, Sendable {
        let name: String
        let value: LabelValue
    }

    package init() { pairs = [] }

    /// The series that takes what does not fit in the bound on series (OpenTelemetry metrics SDK, cardinality limits).
    static let overflow = Labels().adding("otel.metric.overflow", .flag)

    package func adding(_ name: String, _ value: String) -> Labels { value.isEmpty ? self : adding(name, .text(value)) }

    package func adding(_ name: String, _ value: Int) -> Labels { adding(name, .number(Int64(value))) }

    private func adding(_ name: String, _ value: LabelValue) -> Labels {
        var copy = self
        copy.pairs.append(Pair(name: name, value: value))
        return copy
    }
}

enum LabelValue: Hashable, Sendable {
    case text(String)
    case number(Int64)
    case flag
}
