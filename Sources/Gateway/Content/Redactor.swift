import Configuration
import Transport

/// Takes out of the texts of one event what must not leave. A text in which a pattern gave up is left out as a whole: nothing is
/// known of it then.
struct Redactor {
    private let redactions: [(label: String, pattern: Pattern)]
    private let maximumBytes: Int
    private let budget: PatternBudget

    /// What all texts of an event may take, nanoseconds: others wait for the same thread.
    private static let time: Int64 = 250_000_000
    /// Bytes behind what may be recorded in which the end of a secret may lie.
    private static let margin = 4_096

    /// - Parameter maximumBytes: of a text; what is longer is cut, before patterns have to look through all of it.
    init(
        redactions: [(label: String, pattern: Pattern)], maximumBytes: Int,
        budget: PatternBudget = PatternBudget(nanoseconds: Redactor.time, now: monotonicNanoseconds)
    ) {
        self.redactions = redactions
        self.maximumBytes = maximumBytes
        self.budget = budget
    }

    func callAsFunction(_ text: String) -> String {
        let text = Self.prefix(of: text, maximumBytes + Self.margin)
        var found: [(range: Range<Int>, label: String)] = []
        for redaction in redactions {
            guard let ranges = redaction.pattern.matches(in: text, within: budget) else {
                return budget.isSpent
                    ? "[left out: redaction took too long]" : "[left out: a redaction pattern gave up]"
            }
            found += ranges.map { ($0, redaction.label) }
        }
        if found.isEmpty { return Self.prefix(of: text, maximumBytes) }
        return replaced(text, found.sorted { $0.range.lowerBound < $1.range.lowerBound })
    }

    /// What lies in the margin is left out, as a secret may have been cut there.
    private func replaced(_ text: String, _ found: [(range: Range<Int>, label: String)]) -> String {
        let bytes = Array(Self.prefix(of: text, maximumBytes).utf8)
        var result: [UInt8] = [], position = 0
        for (range, label) in found where range.lowerBound < bytes.count {
            if range.lowerBound >= position {
                result += bytes[position..<range.lowerBound]
                result += "[redacted: \(label)]".utf8
            }
            position = max(position, range.upperBound)
        }
        result += bytes[min(position, bytes.count)...]
        return String(decoding: result, as: UTF8.self)
    }

    /// At most so many bytes, without half a character.
    private static func prefix(of text: String, _ count: Int) -> String {
        guard text.utf8.count > count else { return text }
        var end = text.utf8.index(text.utf8.startIndex, offsetBy: count)
        while end > text.utf8.startIndex, text.utf8[end] & 0xC0 == 0x80 { end = text.utf8.index(before: end) }
        return String(text[..<end])
    }
}
