/// The settings of one group as they are read: each is asked for once, what is wrong is noted, and what nobody asked for is
/// unknown.
///
/// A reference type, so that all parts of a file note their problems in one list.
final class SettingReader {
    let file: String
    let sources: ValueSources
    private(set) var problems: [ConfigurationProblem] = []

    init(file: String, sources: ValueSources) {
        self.file = file
        self.sources = sources
    }

    func note(_ mark: YAMLMark, _ path: String, _ sentence: String) {
        let subject = path.isEmpty ? sentence : "\(path): \(sentence)"
        problems.append(ConfigurationProblem(file: file, line: mark.line, column: mark.column, sentence: subject))
    }

    /// A value with `${…}` filled in.
    func fill(_ text: String, _ mark: YAMLMark, _ path: String) -> String? {
        do throws(Substitution.Fault) {
            return try Substitution.fill(text, from: sources)
        } catch {
            note(mark, path, error.sentence)
            return nil
        }
    }
}

struct Section {
    let path: String
    let mark: YAMLMark
    let reader: SettingReader
    private let members: [YAMLMember]
    private var asked: Set<String> = []

    /// `nil` when the node is no group; that is noted.
    init?(_ node: YAMLNode, _ path: String, _ reader: SettingReader) {
        self.path = path
        self.reader = reader
        mark = node.mark
        if node.isNull {
            members = []
        } else if case .mapping(let members) = node.content {
            self.members = members
        } else {
            reader.note(node.mark, path, "must be a group of settings, found \(node.kind)")
            return nil
        }
    }

    var names: [String] { members.map(\.key) }

    func pathOf(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    /// The setting's node, unless it is absent or null.
    mutating func node(_ name: String) -> YAMLNode? {
        asked.insert(name)
        guard let member = members.first(where: { $0.key == name }), !member.value.isNull else { return nil }
        return member.value
    }

    mutating func text(_ name: String) -> (text: String, mark: YAMLMark)? {
        guard let node = node(name) else { return nil }
        guard case .scalar(let text, _) = node.content else {
            reader.note(node.mark, pathOf(name), "must be a single value, found \(node.kind)")
            return nil
        }
        return reader.fill(text, node.mark, pathOf(name)).map { ($0, node.mark) }
    }

    mutating func string(_ name: String) -> String? { text(name)?.text }

    mutating func required(_ name: String, _ example: String) -> String? {
        if let text = text(name)?.text { return text }
        if !members.contains(where: { $0.key == name && !$0.value.isNull }) {
            reader.note(mark, pathOf(name), "is missing; write for example `\(name): \(example)`")
        }
        return nil
    }

    /// A value that `parse` understands, or the default; anything else is noted with what is expected.
    mutating func value<Value>(
        _ name: String, default fallback: Value, expected: String, parse: (String) -> Value?
    ) -> Value {
        guard let (text, mark) = text(name) else { return fallback }
        if let value = parse(text) { return value }
        reader.note(mark, pathOf(name), "`\(text)` is not \(expected)")
        return fallback
    }

    mutating func duration(_ name: String, default fallback: Int64) -> Int64 {
        value(name, default: fallback, expected: "a duration above zero, such as `15s`, `5m` or `1h`") { text in
            DurationText.parse(text).flatMap { $0 > 0 ? $0 : nil }
        }
    }

    mutating func size(_ name: String, default fallback: Int, range: ClosedRange<Int>) -> Int {
        value(
            name, default: fallback,
            expected: "a size from \(range.lowerBound) to \(range.upperBound) bytes, such as `32KiB` or `4MiB`"
        ) {
            SizeText.parse($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    mutating func integer(_ name: String, default fallback: Int, range: ClosedRange<Int>) -> Int {
        value(name, default: fallback, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") {
            Int($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, default fallback: Choice) -> Choice
    where Choice.RawValue == String {
        let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        return value(name, default: fallback, expected: "one of \(known)") { Choice(rawValue: $0) }
    }

    mutating func section(_ name: String) -> Section? {
        node(name).flatMap { Section($0, pathOf(name), reader) }
    }

    /// The elements of a list; a single value stands for a list of one.
    mutating func elements(_ name: String) -> [(node: YAMLNode, path: String)] {
        guard let node = node(name) else { return [] }
        guard case .sequence(let elements) = node.content else { return [(node, pathOf(name))] }
        return elements.enumerated().map { ($1, "\(pathOf(name))[\($0)]") }
    }

    mutating func sections(_ name: String) -> [Section] {
        elements(name).compactMap { Section($0.node, $0.path, reader) }
    }

    /// The elements of a list of values.
    mutating func strings(_ name: String) -> [(text: String, mark: YAMLMark)] {
        elements(name).compactMap { element in
            guard case .scalar(let text, _) = element.node.content else {
                reader.note(element.node.mark, element.path, "must be a single value, found \(element.node.kind)")
                return nil
            }
            return reader.fill(text, element.node.mark, element.path).map { ($0, element.node.mark) }
        }
    }

    /// A group whose names are the user's own, with single values.
    mutating func dictionary(_ name: String) -> [String: String] {
        guard var section = section(name) else { return [:] }
        var values: [String: String] = [:]
        for name in section.names { values[name] = section.string(name) }
        return values
    }

    /// Notes what nobody asked for. Call it last.
    func finish() {
        for member in members where !asked.contains(member.key) {
            let path = pathOf(member.key)
            let hint =
                Suggestion.nearest(to: member.key, in: asked).map { "did you mean \($0)?" }
                ?? "known here: \(asked.sorted().joined(separator: ", "))"
            reader.note(member.mark, path, "unknown setting; \(hint)")
        }
    }
}
