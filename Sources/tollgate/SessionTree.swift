import Ledger

/// A session's rows as the loop they were: prompts, the model calls of each, the tools these called for, and what subagents did.
struct SessionTree {
    /// A model call with the tools it called for.
    struct Call {
        let row: SessionCallRow
        var tools: [Tool]
    }

    struct Tool {
        let row: ToolRow
        /// What the subagent did that it started.
        var agent: Agent?
    }

    struct Agent {
        let id: String
        let type: String
        var calls: [Call]
        /// Those it started, where it is not known by which tool.
        var agents: [Agent]
    }

    struct Prompt {
        let trace: String
        let rows: [SessionCallRow]
        var calls: [Call]
        /// Subagents of which it is not known which tool started them.
        var agents: [Agent]

        var begin: Int64 { rows.map(\.startedAt).min() ?? 0 }
        var end: Int64 { rows.map(\.endedAt).max() ?? 0 }
        var cost: Int64 { rows.reduce(0) { $0 + $1.costNanoUSD } }
    }

    let prompts: [Prompt]

    init(_ rows: [SessionCallRow], _ tools: [ToolRow]) {
        let toolsOf = Dictionary(grouping: tools, by: \.requestID)
        var order: [String] = [], groups: [String: [SessionCallRow]] = [:]
        for row in rows {
            if groups[row.trace] == nil { order.append(row.trace) }
            groups[row.trace, default: []].append(row)
        }
        prompts = order.map { trace in
            var builder = Builder(rows: groups[trace] ?? [], toolsOf: toolsOf)
            return builder.prompt(trace)
        }
    }

    private struct Builder {
        let rows: [SessionCallRow]
        let toolsOf: [Int64: [ToolRow]]
        private var agents: [String: [SessionCallRow]] = [:]
        private var order: [String] = []
        private var children: [String: [String]] = [:]

        init(rows: [SessionCallRow], toolsOf: [Int64: [ToolRow]]) {
            self.rows = rows
            self.toolsOf = toolsOf
            for row in rows where !row.agentID.isEmpty {
                if agents[row.agentID] == nil {
                    order.append(row.agentID)
                    children[row.parentAgentID, default: []].append(row.agentID)
                }
                agents[row.agentID, default: []].append(row)
            }
        }

        mutating func prompt(_ trace: String) -> Prompt {
            let calls = rows.filter(\.agentID.isEmpty).map { call($0) }
            var left: [Agent] = []
            for id in order { if let agent = take(id) { left.append(agent) } }
            return Prompt(trace: trace, rows: rows, calls: calls, agents: left)
        }

        private mutating func call(_ row: SessionCallRow) -> Call {
            var made: [Tool] = []
            for tool in toolsOf[row.id.rawValue] ?? [] {
                made.append(Tool(row: tool, agent: tool.spawned.isEmpty ? nil : take(tool.spawned)))
            }
            return Call(row: row, tools: made)
        }

        /// An agent stands in one place only.
        private mutating func take(_ id: String) -> Agent? {
            guard let own = agents.removeValue(forKey: id) else { return nil }
            var below: [Agent] = []
            let calls = own.map { call($0) }
            for other in children[id] ?? [] { if let child = take(other) { below.append(child) } }
            let type = own.first { !$0.agentType.isEmpty }?.agentType ?? "subagent"
            return Agent(id: id, type: type, calls: calls, agents: below)
        }
    }
}
