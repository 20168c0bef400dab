/// The settings of one group as they are read: each is asked for once, what is wrong is noted, and what nobody asked for is
/// unknown.
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

    /// The same also where it is null.
    mutating func nodeOrNull(_ name: String) -> YAMLNode? {
        asked.insert(name)
        return members.first { $0.key == name }?.value
    }

    mutating func text(_ name: String, isSecret: Bool = false) -> SettingText? {
        node(name).flatMap { text(of: $0, pathOf(name), isSecret: isSecret) }
    }

    private func text(of node: YAMLNode, _ path: String, isSecret: Bool = false) -> SettingText? {
        guard case .scalar(let raw, _) = node.content else {
            reader.note(node.mark, path, "must be a single value, found \(node.kind)")
            return nil
        }
        return reader.fill(raw, node.mark, path, isSecret: isSecret)
    }

    mutating func string(_ name: String) -> String? { text(name)?.text }

    /// A value that must be there and not be empty; `nil` when that is noted.
    mutating func required(_ name: String, _ example: String, isSecret: Bool = false) -> SettingText? {
        guard has(name) else {
            reader.note(mark, pathOf(name), "is missing; write for example `\(name): \(example)`")
            return nil
        }
        return text(name, isSecret: isSecret).flatMap { notEmpty($0, name) }
    }

    /// The absolute path that a setting names.
    mutating func file(_ name: String) -> String? {
        text(name).flatMap { notEmpty($0, name) }.flatMap { path(of: $0, name) }
    }

    /// The absolute path that a value names; `nil`, and noted, where it is what should be in the file.
    func path(of value: SettingText, _ name: String) -> String? {
        if FilePath.isLikely(value.text) { return reader.absolute(value.text) }
        reader.note(value.mark, pathOf(name), "must be the path of a file; what stands here is its content")
        return nil
    }

    private func notEmpty(_ value: SettingText, _ name: String) -> SettingText? {
        if !value.text.isEmpty { return value }
        reader.note(value.mark, pathOf(name), "must not be empty")
        return nil
    }

    /// Notes settings that have no effect here.
    mutating func refuse(_ names: [String], _ reason: String) {
        for name in names where has(name) {
            reader.note(node(name)?.mark ?? mark, pathOf(name), reason)
        }
    }

    /// Whether the setting is there and not null.
    mutating func has(_ name: String) -> Bool { node(name) != nil }

    /// A value that `parse` understands; anything else is noted with what is expected. `nil` also when there is none.
    mutating func value<Value>(_ name: String, expected: String, parse: (String) -> Value?) -> Value? {
        guard let given = text(name) else { return nil }
        if let value = parse(given.text) { return value }
        reader.note(given.mark, pathOf(name), "\(given.shown) is not \(expected)")
        return nil
    }

    /// Thirty days: a longer wait is a mistake, and times that are added to it stay far from what 64 bits hold.
    private static let longestDuration: Int64 = 30 * 86_400_000_000_000

    /// `mayBeNone`: no time at all is one, too.
    mutating func duration(_ name: String, default fallback: Int64, mayBeNone: Bool = false) -> Int64 {
        let shortest: Int64 = mayBeNone ? 0 : 1
        return value(
            name, expected: "a duration from \(mayBeNone ? "0s" : "1ms") to 30d, such as `15s`, `5m` or `1h`"
        ) { text in
            DurationText.parse(text).flatMap { (shortest...Self.longestDuration).contains($0) ? $0 : nil }
        } ?? fallback
    }

    mutating func size(_ name: String, default fallback: Int, range: ClosedRange<Int>) -> Int {
        value(
            name,
            expected: "a size from \(range.lowerBound) to \(range.upperBound) bytes, such as `32KiB` or `4MiB`"
        ) {
            SizeText.parse($0).flatMap { range.contains($0) ? $0 : nil }
        } ?? fallback
    }

    mutating func integer(_ name: String, default fallback: Int, range: ClosedRange<Int>) -> Int {
        value(name, expected: "a whole number from \(range.lowerBound) to \(range.upperBound)") {
            Int($0).flatMap { range.contains($0) ? $0 : nil }
        } ?? fallback
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, default fallback: Choice) -> Choice
    where Choice.RawValue == String {
        let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        return value(name, expected: "one of \(known)") { Choice(rawValue: $0) } ?? fallback
    }

    /// The words of a list that are known; others are noted.
    mutating func choices<Choice: RawRepresentable & CaseIterable>(_ name: String, _ kind: Choice.Type) -> [Choice]
    where Choice.RawValue == String {
        strings(name).compactMap { value in
            if let word = Choice(rawValue: value.text) { return word }
            let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            reader.note(value.mark, pathOf(name), "\(value.shown) is not one of \(known)")
            return nil
        }
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
        if let node = node(name), case .scalar = node.content {
            reader.note(node.mark, pathOf(name), "must be a list of groups of settings, found \(node.kind)")
            return []
        }
        return elements(name).compactMap { Section($0.node, $0.path, reader) }
    }

    /// The elements of a list of values.
    mutating func strings(_ name: String) -> [SettingText] {
        elements(name).compactMap { text(of: $0.node, $0.path) }
    }

    /// Names with `*` for any text; an empty one is noted.
    mutating func globs(_ name: String) -> [(glob: Glob, value: SettingText)] {
        strings(name).compactMap { value in notEmpty(value, name).map { (Glob($0.text), $0) } }
    }

    /// `true` or `false`; `nil` where the setting is not there, or is something else, which is noted.
    mutating func truth(_ name: String) -> Bool? {
        value(name, expected: "true or false") { ["true": true, "false": false][$0] }
    }

    /// A group whose names are the user's own, with single values.
    mutating func dictionary(_ name: String, areSecret: Bool = false) -> [(name: String, value: SettingText)] {
        guard var section = section(name) else { return [] }
        return section.names.compactMap { name in section.text(name, isSecret: areSecret).map { (name, $0) } }
    }

    /// The names in such a group, and where their values stand.
    mutating func places(_ name: String) -> [(name: String, mark: YAMLMark)] {
        section(name)?.members.filter { !$0.value.isNull }.map { ($0.key, $0.value.mark) } ?? []
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
