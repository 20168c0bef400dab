/// `content_capture`: whose prompts and answers are recorded.
extension RuleReader {
    func readContent(_ section: inout Section, _ id: String) -> ContentRule? {
        var rule = ContentRule(id: id)
        rule.when = readMatch(&section)
        if section.has("capture") {
            let parts = section.choices("capture", ContentRule.Part.self)
            // A value that is none of them is a mistake of its own.
            if let node = section.node("capture"), case .sequence(let words) = node.content, words.isEmpty {
                reader.note(
                    node.mark, section.pathOf("capture"),
                    "nothing is recorded by a rule that names neither request nor response; leave the rule out")
            }
            rule.parts = parts
        }
        rule.sample =
            section.value("sample", expected: "a number above 0, up to 1") {
                Double($0).flatMap { $0 > 0 && $0 <= 1 ? $0 : nil }
            } ?? rule.sample
        rule.maximumBytes = section.size("max_size", default: rule.maximumBytes, range: 1_024...1_048_576)
        rule.client = section.choice("client", default: rule.client)
        readRedactions(&section, &rule)
        return rule
    }

    private func readRedactions(_ section: inout Section, _ rule: inout ContentRule) {
        let kinds =
            section.has("redact")
            ? section.choices("redact", ContentRule.Redaction.self) : [ContentRule.Redaction.secrets, .emails]
        for kind in kinds { rule.redactions += kind.patterns.map { (kind.rawValue, $0) } }
        for value in section.strings("redact_patterns") {
            do throws(Pattern.Fault) {
                rule.redactions.append(("pattern", try Pattern(value.text)))
            } catch {
                reader.note(
                    value.mark, section.pathOf("redact_patterns"),
                    "\(value.shown) is no regular expression: \(error.sentence) at \(error.offset)")
            }
        }
    }
}
