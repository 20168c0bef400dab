import Wire

/// Two calls of a conversation, compared: what of the cached prompt is sent again, and what was the first to change.
struct CacheComparison {
    /// The first part of the cached prompt that is another now.
    struct Change {
        let cause: CacheBreakCause
        let kind: PrefixSegment.Kind
        let index: Int
    }

    private let before: CacheRecord
    private let now: [CacheRecord.Part]

    init(_ before: CacheRecord, _ now: [CacheRecord.Part]) {
        self.before = before
        self.now = now
    }

    /// How many messages of the call before are in this one, of how many.
    static func overlap(_ before: [CacheRecord.Part], _ now: [CacheRecord.Part]) -> (same: Int, of: Int) {
        let old = messages(before), new = messages(now)
        // Most stand where they stood.
        var same = zip(old, new).reduce(0) { $0 + ($1.0.hash == $1.1.hash ? 1 : 0) }
        if same * 2 < old.count {
            var counts = Self.counts(new)
            same = old.reduce(0) { $0 + (Self.take($1.hash, &counts) ? 1 : 0) }
        }
        return (same, old.count)
    }

    private static func messages(_ parts: [CacheRecord.Part]) -> ArraySlice<CacheRecord.Part> {
        parts[(parts.firstIndex { $0.kind == .message } ?? parts.count)...]
    }

    private static func counts(_ parts: ArraySlice<CacheRecord.Part>) -> [UInt64: Int] {
        parts.reduce(into: [:]) { $0[$1.hash, default: 0] += 1 }
    }

    private static func take(_ hash: UInt64, _ counts: inout [UInt64: Int]) -> Bool {
        guard let count = counts[hash], count > 0 else { return false }
        counts[hash] = count - 1
        return true
    }

    /// Of the bytes of the cached parts from `start` on, those that are sent again; none if nothing from the change on is: then the
    /// conversation was wound back, and what lies between was not to be had by itself.
    func sentAgain(from start: Int, changedAt change: Int) -> (again: Int64, of: Int64) {
        guard start < before.end else { return (0, 0) }
        var counts = Self.counts(now[...])
        for part in before.parts[..<start] { _ = Self.take(part.hash, &counts) }
        var again: Int64 = 0, all: Int64 = 0, later: Int64 = 0
        for (place, part) in before.parts[..<before.end].enumerated().dropFirst(start) {
            all += Int64(part.bytes)
            guard Self.take(part.hash, &counts) else { continue }
            again += Int64(part.bytes)
            if place >= change { later += Int64(part.bytes) }
        }
        return (later > 0 ? again : 0, all)
    }

    /// Where a change stands among all parts of the call before.
    func place(of change: Change) -> Int {
        change.index + (before.parts.firstIndex { $0.kind.rawValue >= change.kind.rawValue } ?? before.parts.count)
    }

    // MARK: What changed

    /// `nil`: all that was cached is sent again as it was.
    var firstChange: Change? {
        let cached = before.parts[..<before.end]
        if let index = differing(.tools, cached) {
            let old = cached.filter { $0.kind == .tools }, new = now.filter { $0.kind == .tools }
            let isOrder = old.count == new.count && Self.counts(old[...]) == Self.counts(new[...])
            return Change(cause: isOrder ? .toolOrder : .toolsChanged, kind: .tools, index: index)
        }
        if let index = differing(.system, cached) {
            let old = cached.filter { $0.kind == .system }, new = now.filter { $0.kind == .system }
            let isAttribution =
                index == 0 && (old.first?.isAttribution == true || new.first?.isAttribution == true)
            return Change(cause: isAttribution ? .attributionChanged : .systemChanged, kind: .system, index: index)
        }
        return differing(.message, cached).map { Change(cause: .historyEdited, kind: .message, index: $0) }
    }

    /// The first place among those of a kind where the two differ.
    private func differing(_ kind: PrefixSegment.Kind, _ cached: ArraySlice<CacheRecord.Part>) -> Int? {
        var old = cached.filter { $0.kind == kind }
        let new = now.filter { $0.kind == kind }
        // The last one stands for many messages, some of which came since.
        if kind == .message, before.isJoined, cached.count == before.parts.count { old.removeLast() }
        let common = min(old.count, new.count)
        if let place = (0..<common).first(where: { old[$0].hash != new[$0].hash }) { return place }
        if old.count > new.count { return common }
        // More of a kind are a change where something cached stands behind them.
        let goesOn = cached.contains { $0.kind.rawValue > kind.rawValue }
        return goesOn && new.count > old.count ? common : nil
    }

    // MARK: What else changed

    /// Why a cache that had all of this did not give it, if nothing in it changed.
    func cause(_ conversation: Conversation) -> (cause: CacheBreakCause, parameter: String) {
        if let parameter = before.parameters.firstDifference(from: conversation.parameters) {
            return (.parametersChanged, parameter)
        }
        guard let mark = CacheRecord.lastMark(conversation) else {
            return (before.isMarked ? .cacheControlRemoved : .upstream, "")
        }
        if before.isMarked {
            if mark < before.end { return (.cacheControlMoved, "") }
            let blocks = now[before.end..<mark].reduce(0) { $0 + Int($1.blocks) }
            if blocks >= Self.lookback { return (.lookback, "") }
        }
        let hasThought = before.parts[..<before.end].contains { $0.thinks }
        if conversation.promptCount > before.promptCount, hasThought { return (.thinkingDropped, "") }
        return (.upstream, "")
    }

    /// Blocks in front of a breakpoint at which Anthropic looks for something cached.
    private static let lookback = 20
}

extension PromptParameters {
    /// The name of the first that is another.
    func firstDifference(from other: Self) -> String? {
        if speed != other.speed { return "speed" }
        if toolChoice != other.toolChoice { return "tool_choice" }
        if thinking != other.thinking { return "thinking" }
        if outputConfig != other.outputConfig { return "output_config" }
        return contextManagement == other.contextManagement ? nil : "context_management"
    }
}
