import Configuration

/// Takes out of texts what must not leave. A text in which a pattern gave up is left out as a whole: nothing is known of it then.
struct Redactor {
    let redactions: [(label: String, pattern: Pattern)]

    func callAsFunction(_ text: String) -> String {
        var found: [(range: Range<Int>, label: String)] = []
        var text = text
        let isKnown = text.withUTF8 { bytes in
            redactions.allSatisfy { redaction in
                guard let ranges = redaction.pattern.matches(in: UnsafeRawBufferPointer(bytes)) else { return false }
                found += ranges.map { ($0, redaction.label) }
                return true
            }
        }
        guard isKnown else { return "[left out: a redaction pattern gave up]" }
        return found.isEmpty ? text : replaced(text, found.sorted { $0.range.lowerBound < $1.range.lowerBound })
    }

    private func replaced(_ text: String, _ found: [(range: Range<Int>, label: String)]) -> String {
        let bytes = Array(text.utf8)
        var result: [UInt8] = [], position = 0
        for (range, label) in found {
            if range.lowerBound >= position {
                result += bytes[position..<range.lowerBound]
                result += "[redacted: \(label)]".utf8
            }
            position = max(position, range.upperBound)
        }
        result += bytes[min(position, bytes.count)...]
        return String(decoding: result, as: UTF8.self)
    }
}
