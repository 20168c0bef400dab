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

    /// Characters of a value, where nothing else is said: labels are no place for texts.
    package static let longestValue = 128

    /// An empty value is left out; of one that is too long the beginning stays, and control characters become `?`.
    package func adding(_ name: String, _ value: String, atMost limit: Int = Labels.longestValue) -> Labels {
        value.isEmpty ? self : adding(name, .text(Self.cleaned(value, limit)))
    }

    private static func cleaned(_ value: String, _ limit: Int) -> String {
        let isPlain = value.utf8.withContiguousStorageIfAvailable { $0.allSatisfy { $0 >= 0x20 && $0 < 0x7F } } ?? false
        if isPlain, value.utf8.count <= limit { return value }
        var scalars = String.UnicodeScalarView()
        // A scalar is four bytes at most, so that a text of any length costs no more than its beginning.
        for scalar in String(decoding: value.utf8.prefix(limit * 4), as: UTF8.self).unicodeScalars.prefix(limit) {
            let isControl = scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            scalars.append(isControl ? "?" : scalar)
        }
        return String(scalars)
    }

    /// Those of `other` behind these.
    package func adding(_ other: Labels) -> Labels {
        var copy = self
        copy.pairs += other.pairs
        return copy
    }

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
