import Ledger

/// A session as a tree for a terminal: what took how long and cost how much.
struct SessionPage {
    private let width: Int
    private(set) var lines: [String] = []
    /// The main conversation's context after the call before.
    private var context: Int64 = 0

    /// - Parameter missing: older calls that are not in the tree.
    init(_ session: SessionRow, _ tree: SessionTree, missing: Int64, width: Int) {
        self.width = width
        head(session)
        if missing > 0 { add(line: "\(missing) older calls are not shown: too many rows of others lie between") }
        for (number, prompt) in tree.prompts.enumerated() { add(prompt, number + 1) }
    }

    var text: String { lines.joined(separator: "\n") }

    private mutating func add(line: String) { lines.append(SessionText.fitted(line, width)) }

    private mutating func head(_ session: SessionRow) {
        let sums = session.sums, usage = sums.usage
        let input = usage.input + usage.cacheWrite5m + usage.cacheWrite1h + usage.cacheRead
        let who = [session.user, session.team, session.project].filter { !$0.isEmpty }.map(SessionText.shown)
        add(line: "session \(SessionText.shown(session.id))  " + who.joined(separator: " · "))
        let client = session.clientVersion.isEmpty ? "" : "  client \(SessionText.shown(session.clientVersion))"
        add(
            line: "\(SessionText.moment(session.startedAt)) – \(SessionText.moment(session.lastAt)) UTC  "
                + session.models.map(SessionText.shown).joined(separator: ", ") + client)
        var total = "\(sums.requests) calls  in \(SessionText.tokens(input))"
        if input > 0 { total += " (\(SessionText.share(usage.cacheRead, of: input)) cached)" }
        total += "  out \(SessionText.tokens(usage.output))  \(SessionText.money(sums.costNanoUSD))"
        if session.contextTokens > 0 { total += "  context \(SessionText.tokens(session.contextTokens))" }
        if sums.errors > 0 { total += "  \(sums.errors) errors" }
        add(line: total)
    }

    // MARK: The tree

    private mutating func add(_ prompt: SessionTree.Prompt, _ number: Int) {
        let count = prompt.rows.count
        add(line: "")
        add(
            line:
                "prompt \(number)  \(SessionText.time(prompt.begin))  \(SessionText.duration(prompt.end - prompt.begin))"
                + "  \(count) \(count == 1 ? "call" : "calls")  \(SessionText.money(prompt.cost))")
        let entries = prompt.calls.count + prompt.agents.count
        for (place, call) in prompt.calls.enumerated() {
            noteContext(call.row)
            add(call, "", isLast: place + 1 == entries)
        }
        for (place, agent) in prompt.agents.enumerated() {
            add(agent, "", isLast: prompt.calls.count + place + 1 == entries)
        }
    }

    private mutating func add(_ call: SessionTree.Call, _ indent: String, isLast: Bool) {
        add(line: row(indent + (isLast ? "└ " : "├ ") + Self.name(call.row), Self.cells(call.row, isWide: isWide)))
        let inner = indent + (isLast ? "  " : "│ ")
        for (place, tool) in call.tools.enumerated() {
            add(tool, inner, isLast: place + 1 == call.tools.count)
        }
    }

    private mutating func add(_ tool: SessionTree.Tool, _ indent: String, isLast: Bool) {
        add(line: row(indent + (isLast ? "└ " : "├ ") + SessionText.shown(tool.row.name), Self.cells(tool.row)))
        if let agent = tool.agent { add(agent, indent + (isLast ? "  " : "│ "), isLast: true) }
    }

    private mutating func add(_ agent: SessionTree.Agent, _ indent: String, isLast: Bool) {
        let cost = agent.calls.reduce(0) { $0 + $1.row.costNanoUSD }
        let begin = agent.calls.map(\.row.startedAt).min() ?? 0, end = agent.calls.map(\.row.endedAt).max() ?? 0
        add(
            line: row(
                indent + (isLast ? "└ " : "├ ") + "agent \(SessionText.shown(agent.type))",
                [SessionText.duration(end - begin), SessionText.money(cost)]))
        let inner = indent + (isLast ? "  " : "│ "), count = agent.calls.count + agent.agents.count
        for (place, call) in agent.calls.enumerated() { add(call, inner, isLast: place + 1 == count) }
        for (place, child) in agent.agents.enumerated() {
            add(child, inner, isLast: agent.calls.count + place + 1 == count)
        }
    }

    /// A conversation that is suddenly far smaller was summed up.
    private mutating func noteContext(_ row: SessionCallRow) {
        guard row.outcome == "ok", row.requestClass.isEmpty || row.requestClass == "main" else { return }
        let now = row.totalInput + row.usage.output
        if context > 20_000, now < context / 2 {
            add(line: "│ ≈ compacted: \(SessionText.tokens(context)) → \(SessionText.tokens(now)) tokens of context")
        }
        context = now
    }

    // MARK: Cells

    private var isWide: Bool { width >= 110 }
    private var nameWidth: Int { isWide ? 44 : max(20, width - 40) }

    private func row(_ name: String, _ cells: [String]) -> String {
        let name = SessionText.fitted(name, nameWidth)
        var line = name + String(repeating: " ", count: max(0, nameWidth - name.count))
        for cell in cells where !cell.isEmpty {
            line += "  " + String(repeating: " ", count: max(0, 8 - cell.count)) + cell
        }
        return line
    }

    static func name(_ row: SessionCallRow) -> String {
        var name = SessionText.shown(row.model.isEmpty ? row.modelRequested : row.model)
        if row.operation != "messages" { name = "\(row.operation) \(name)" }
        if !row.requestClass.isEmpty, row.requestClass != "main", row.requestClass != "subagent" {
            name += " [\(SessionText.shown(row.requestClass))]"
        }
        return name
    }

    static func cells(_ row: SessionCallRow, isWide: Bool) -> [String] {
        var cells = [row.duration.map(SessionText.duration) ?? "open"]
        if isWide { cells.append(row.timeToFirstByte.map { "first \(SessionText.duration($0))" } ?? "") }
        let input = row.totalInput
        if input > 0 {
            cells.append("in \(SessionText.tokens(input))")
            if isWide { cells.append("\(SessionText.share(row.usage.cacheRead, of: input)) cached") }
        }
        if row.usage.output > 0 { cells.append("out \(SessionText.tokens(row.usage.output))") }
        cells.append(SessionText.money(row.costNanoUSD) + (row.isEstimated ? "~" : ""))
        if row.attempts > 1 { cells.append("\(row.attempts) attempts, \(SessionText.shown(row.provider))") }
        if row.outcome != "ok" {
            let what = row.errorType.isEmpty ? row.outcome : row.errorType
            cells.append("✗ \(row.status.map { "\($0) " } ?? "")\(SessionText.shown(what))")
        }
        return cells
    }

    static func cells(_ row: ToolRow) -> [String] {
        var cells = [row.duration.map(SessionText.duration) ?? "no result"]
        if let reported = row.reported { cells.append("ran \(SessionText.duration(reported))") }
        if row.isError { cells.append("✗ error") }
        return cells
    }
}
