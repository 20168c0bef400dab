import Wire

/// A place in a JSON text: members by their names, elements of lists by what they are.
package struct BodyField: Sendable {
    enum Step: Sendable {
        case member(StaticString)
        /// Every element of a list.
        case each
        /// The elements of a list whose `type` begins so; only as the last step.
        case elements(ofType: StaticString)
        /// Blocks with reasoning state of a provider that is not Anthropic; only as the last step.
        case reasoningOfOthers
        /// Blocks with reasoning of that origin; only as the last step.
        case reasoning(ReasoningOrigin)
    }
    let steps: [Step]

    /// `name`, a member of the first level.
    package init(_ name: StaticString) { steps = [.member(name)] }

    init(_ steps: Step...) { self.steps = steps }

    /// Reasoning that other providers minted, wherever it stands in the conversation.
    package static let reasoningOfOthers = BodyField(.member("messages"), .each, .member("content"), .reasoningOfOthers)

    /// Reasoning that Claude signed: not for servers that speak as Anthropic does and are not Claude.
    package static let reasoningOfClaude = BodyField(
        .member("messages"), .each, .member("content"), .reasoning(.claude))

    /// Reasoning whose signature Claude would refuse: that of such a server.
    package static let reasoningUnlikeClaude = BodyField(
        .member("messages"), .each, .member("content"), .reasoning(.unlikeClaude))

    /// To tell one from another: `tools.*.defer_loading`, `context_management.edits.compact_…`.
    var text: String {
        steps.map { step in
            switch step {
            case .member(let name): "\(name)"
            case .each: "*"
            case .elements(let type): "\(type)…"
            case .reasoningOfOthers: "reasoning"
            case .reasoning(let origin): "reasoning \(origin)"
            }
        }.joined(separator: ".")
    }

    /// What must stand in a text that has it.
    private var mark: StaticString? {
        switch steps.last {
        case .member(let name)?: name
        case .elements(let type)?: type
        case .reasoningOfOthers?: ReasoningState.mark
        case .reasoning?: "thinking"
        case .each?, nil: nil
        }
    }

    /// Whether it could be in a value. Names written with escapes are not found: nobody writes these names so.
    package func mayStand(in value: UnsafeRawBufferPointer) -> Bool {
        guard let mark else { return true }
        // Two types of blocks have it in their names.
        if case .reasoning? = steps.last { return value.firstIndex(of: mark) != nil }
        var rest = value
        while let index = rest.firstIndex(of: mark) {
            if index > 0, rest[index - 1] == UInt8(ascii: "\"") { return true }
            rest = rest.slice(index + 1..<rest.count)
        }
        return false
    }
}

/// Changes of a JSON text that leave every other byte as it is: white space, order, numbers and repeated names.
package struct BodyEdit {
    private struct Change {
        let range: Range<Int>
        let text: [UInt8]
    }
    let body: UnsafeRawBufferPointer
    private var changes: [Change] = []
    private var scanner = JSONObjectScanner()

    /// - Parameter body: an object; must outlive the edit.
    package init(_ body: UnsafeRawBufferPointer) { self.body = body }

    /// Replaces what stands in a range by other JSON.
    package mutating func replace(_ range: Range<Int>, by text: [UInt8]) {
        changes.append(Change(range: range, text: text))
    }

    /// Removes fields wherever they stand.
    ///
    /// - Parameter members: the first level, if it is known already.
    package mutating func remove(_ fields: [BodyField], members: [JSONMember]? = nil) throws(JSONError) {
        if let members {
            try edit(members, of: 0..<body.count, Self.likely(fields, members, body))
        } else {
            try edit(0..<body.count, fields.map { $0.steps[...] })
        }
    }

    /// Removes fields and adds members at the end of the first level. `addition`: JSON members without a comma around them.
    package mutating func remove(
        _ fields: [BodyField], adding addition: [UInt8], members: [JSONMember]
    ) throws(JSONError) {
        if !addition.isEmpty {
            let isRemoved = members.map { member in
                fields.contains { $0.steps.count == 1 && Self.takes($0.steps[0], member, in: body) }
            }
            add(addition, to: members, isRemoved)
        }
        try remove(fields, members: members)
    }

    /// Writes the changed text.
    package func write(into output: inout ByteWriter) {
        var position = 0
        // Stable: what is added at a place stands before what is cut there.
        for change in changes.enumerated().sorted(by: {
            ($0.element.range.lowerBound, $0.offset) < ($1.element.range.lowerBound, $1.offset)
        }).map(\.element) {
            output.append(body.slice(position..<change.range.lowerBound))
            output.append(change.text)
            position = change.range.upperBound
        }
        output.append(body.slice(position..<body.count))
    }

    /// Bytes that the changes add.
    package var addedBytes: Int { changes.reduce(0) { $0 + $1.text.count } }

    // MARK: Fields

    private typealias Path = ArraySlice<BodyField.Step>

    /// Of paths below the first level, those that a value could have.
    private static func likely(
        _ fields: [BodyField], _ members: [JSONMember], _ body: UnsafeRawBufferPointer
    ) -> [Path] {
        fields.filter { field in
            field.steps.count == 1
                || members.contains { member in
                    takes(field.steps[0], member, in: body) && field.mayStand(in: body.slice(member.value))
                }
        }.map { $0.steps[...] }
    }

    private static func takes(_ step: BodyField.Step, _ member: JSONMember, in body: UnsafeRawBufferPointer) -> Bool {
        if case .member(let name) = step { member.keyEquals(name, in: body) } else { false }
    }

    /// Edits the value that stands in a range, which may be anything. True: a list in it has lost all of its elements.
    @discardableResult
    private mutating func edit(_ range: Range<Int>, _ paths: [Path]) throws(JSONError) -> Bool {
        guard !paths.isEmpty else { return false }
        var cursor = JSONCursor(body.slice(range))
        switch try cursor.peekKind() {
        case .object:
            scanner.reset()
            try scanner.finish(body.slice(range))
            return try edit(scanner.members, of: range, paths)
        case .array: return try edit(&cursor, of: range, paths)
        default: return false
        }
    }

    @discardableResult
    private mutating func edit(
        _ members: [JSONMember], of range: Range<Int>, _ paths: [Path]
    ) throws(JSONError) -> Bool {
        let object = body.slice(range)
        var isRemoved = [Bool](repeating: false, count: members.count)
        var isEmptied = false
        for (index, member) in members.enumerated() {
            let rests = paths.filter { $0.first.map { Self.takes($0, member, in: object) } ?? false }
                .map { $0.dropFirst() }
            isRemoved[index] = rests.contains(where: \.isEmpty)
            if !isRemoved[index], try edit(member.value.moved(by: range.lowerBound), rests) { isEmptied = true }
        }
        cut(
            members.map { ($0.key.lowerBound - 1..<$0.value.upperBound).moved(by: range.lowerBound) },
            where: isRemoved)
        return isEmptied
    }

    /// An element that loses all of a list goes with it: a message without content is refused, and one that says nothing is not
    /// missed. But where the conversation goes on behind an answer, something has to stand for it: Anthropic takes messages of the
    /// system only in front of one, and other servers' templates take no two messages of a user in a row.
    private mutating func edit(
        _ cursor: inout JSONCursor, of range: Range<Int>, _ paths: [Path]
    ) throws(JSONError) -> Bool {
        let list = body.slice(range)
        var spans: [Range<Int>] = []
        var isRemoved: [Bool] = []
        var silent: [Int] = []
        try cursor.enterArray()
        while try cursor.nextElement() {
            let element = try cursor.skipValue()
            spans.append(element.moved(by: range.lowerBound))
            let isOne = try Self.removes(paths, list.slice(element))
            isRemoved.append(isOne)
            if isOne { continue }
            let rests = paths.filter { if case .each? = $0.first { true } else { false } }.map { $0.dropFirst() }
            let before = changes.count
            guard try edit(element.moved(by: range.lowerBound), rests) else { continue }
            changes.removeLast(changes.count - before)
            isRemoved[isRemoved.count - 1] = true
            if try Self.text(of: "role", in: list.slice(element))?.equals("assistant") == true {
                silent.append(spans.count - 1)
            }
        }
        let last = isRemoved.lastIndex(of: false) ?? -1
        for index in silent where index < last {
            isRemoved[index] = false
            replace(spans[index], by: Self.silence)
        }
        cut(spans, where: isRemoved)
        return !isRemoved.isEmpty && isRemoved.allSatisfy { $0 }
    }

    /// As Claude Code itself says it.
    private static let silence = Array(
        #"{"role":"assistant","content":[{"type":"text","text":"(no content)"}]}"#.utf8)

    private static func removes(_ paths: [Path], _ element: UnsafeRawBufferPointer) throws(JSONError) -> Bool {
        if paths.contains(where: { if case .reasoningOfOthers? = $0.first { true } else { false } }),
            try ReasoningState.isMinted(block: element)
        {
            return true
        }
        for path in paths {
            if case .reasoning(let origin)? = path.first, try ReasoningOrigin(block: element) == origin { return true }
        }
        let types: [StaticString] = paths.compactMap { if case .elements(let type)? = $0.first { type } else { nil } }
        guard !types.isEmpty, let type = try text(of: "type", in: element) else { return false }
        return types.contains { type.bytes.starts(with: $0) }
    }

    private static func text(
        of member: StaticString, in element: UnsafeRawBufferPointer
    ) throws(JSONError) -> JSONString? {
        var cursor = JSONCursor(element)
        guard try cursor.peekKind() == .object else { return nil }
        try cursor.enterObject()
        while let key = try cursor.nextKey() {
            if key.equals(member) { return try cursor.stringOrSkip() }
            try cursor.skipValue()
        }
        return nil
    }

    /// Cuts members or elements with the commas that belong to them.
    mutating func cut(_ spans: [Range<Int>], where isRemoved: [Bool]) {
        let lastKept = isRemoved.lastIndex(of: false)
        for index in 0..<(lastKept ?? 0) where isRemoved[index] {
            replace(spans[index].lowerBound..<spans[index + 1].lowerBound, by: [])
        }
        let first = lastKept.map { $0 + 1 } ?? 0
        guard first < spans.count, let end = spans.last?.upperBound else { return }
        replace((lastKept.map { spans[$0].upperBound } ?? spans[0].lowerBound)..<end, by: [])
    }
}

extension Range<Int> {
    fileprivate func moved(by offset: Int) -> Range<Int> { lowerBound + offset..<upperBound + offset }
}
