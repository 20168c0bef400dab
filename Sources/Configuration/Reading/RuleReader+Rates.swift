extension RuleReader {
    private static let units: [(name: String, measure: RateMeasure)] = {
        let windows: [(String, Int64)] = [("minute", 60), ("hour", 3_600), ("day", 86_400)]
        return windows.map { ("requests_per_\($0.0)", .requests(window: $0.1 * 1_000_000_000)) }
            + windows.map { ("tokens_per_\($0.0)", .tokens(window: $0.1 * 1_000_000_000)) }
            + [("concurrent_requests", .concurrent)]
    }()

    func readRate(_ section: inout Section, _ id: String) -> RateRule? {
        let when = readMatch(&section), scope = readScope(&section, "rate_limit_applies_per")
        let limit = section.required("limit_to", "500")
        let onLimit = section.choice("on_limit", default: OnLimit.reject)
        var rule = RateRule(id: id, limit: 0, measure: .concurrent, unit: "")
        if onLimit == .queue {
            rule.queueTimeout = section.duration("queue_timeout", default: rule.queueTimeout)
            rule.maximumQueue = section.integer("max_queue", default: rule.maximumQueue, range: 1...100_000)
        } else {
            section.refuse(["queue_timeout", "max_queue"], "has no effect without `on_limit: queue`")
        }
        let value = limit.flatMap { amount($0, section.pathOf("limit_to")) }
        guard let unit = section.required("unit", "requests_per_day") else { return nil }
        guard let known = Self.units.first(where: { $0.name == unit.text }) else {
            noteUnit(unit, section.pathOf("unit"), Self.units.map(\.name))
            return nil
        }
        guard let value else { return nil }
        var read = RateRule(id: id, limit: value, measure: known.measure, unit: known.name)
        read.when = when
        read.appliesPer = scope
        read.onLimit = onLimit
        read.queueTimeout = rule.queueTimeout
        read.maximumQueue = rule.maximumQueue
        return read
    }

    private func amount(_ limit: SettingText, _ path: String) -> Int64? {
        if let value = NumberText.count(limit.text), (1...1_000_000_000_000).contains(value) { return value }
        reader.note(
            limit.mark, path, "\(limit.shown) is not a whole number above 0 and up to 10^12, such as 500, 500k or 2M")
        return nil
    }

    func readRunaway(_ section: inout Section, _ id: String) -> RunawayRule? {
        var rule = RunawayRule(id: id)
        rule.when = readMatch(&section)
        rule.onExceed = section.choice("on_exceed", default: rule.onExceed)
        if section.has("same_tool_calls") {
            rule.sameToolCalls = section.integer("same_tool_calls", default: 2, range: 2...10_000)
        }
        if section.has("calls_without_edit") {
            rule.callsWithoutEdit = section.integer("calls_without_edit", default: 2, range: 2...10_000)
            rule.contextTokens =
                section.value("context_tokens", expected: "a number of tokens from 1 to 100M, such as 100k") { text in
                    NumberText.count(text).flatMap { (1...100_000_000).contains($0) ? $0 : nil }
                } ?? rule.contextTokens
        } else {
            section.refuse(["context_tokens"], "has no effect without `calls_without_edit`")
        }
        guard section.has("same_tool_calls") || section.has("calls_without_edit") else {
            reader.note(
                section.mark, section.path,
                "stops nothing: set same_tool_calls, or calls_without_edit, such as `same_tool_calls: 10`")
            return nil
        }
        return rule
    }
}
