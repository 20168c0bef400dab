import Wire

/// One session as the machine knows it.
struct SessionState {
    /// A tool's call as whoever made it names it: others may use the same ids.
    struct ToolKey: Hashable {
        let agent: String
        let id: String
    }

    /// A tool's call whose result has not come.
    struct OpenTool {
        var call: ToolRun
        var prompt: UInt64
    }

    /// A result that came to be known before the call for it: requests are told of in the order in which they end.
    struct EarlyResult {
        let key: ToolKey
        let at: Int64
        let result: ToolResult
        let reported: Int64?
    }

    /// A call of the tool that starts subagents.
    struct Spawn {
        var call: ToolRun
        let prompt: UInt64
        var isTold = false
    }

    let id: String
    var user = ""
    var team = ""
    var project = ""
    var prompts: [UInt64: PromptState] = [:]
    /// Keys of prompts that were told of and forgotten, the newest last.
    var retired: [UInt64] = []
    /// The prompt that the main conversation is at, and when it began.
    var current: UInt64?
    var currentSince: Int64 = .min
    var tools: [ToolKey: OpenTool] = [:]
    var early: [EarlyResult] = []
    var spawns: [Spawn] = []
    /// Tokens of the main conversation's context, as far as is known.
    var context: Int64 = 0
    var lastSeen: Int64 = 0

    init(id: String) { self.id = id }

    /// Nothing of it is open.
    var isQuiet: Bool { tools.isEmpty && prompts.values.allSatisfy(\.isTold) }
}

/// One prompt: the main conversation's work for it and that of its subagents.
struct PromptState {
    /// The work of the main conversation or of one subagent.
    struct Worker {
        let id: String
        var parent = ""
        var type = ""
        var totals = SessionTotals()
        var begin: Int64 = .max
        var end: Int64 = .min
        /// When its newest model call ended, when that was told, and how it ended.
        var lastCall: Int64 = .min
        var lastSeen: Int64 = 0
        /// `nil`: nothing but helping requests.
        var ending: Ending?
        /// The tool that started it.
        var spawner: (id: String, request: Int64)?
        var isTold = false
    }

    enum Ending { case working, answered, failed }

    let key: UInt64
    /// Half of its trace's id, which requests that still run are known by.
    let trace: UInt64
    /// `nil`: no spans are made of it.
    var place: PromptPlace?
    var previous: PromptPlace?
    var workers: [String: Worker] = [:]
    /// Subagents so far, those that are no longer among the workers too.
    var agents = 0
    var totals = SessionTotals()
    var begin: Int64 = .max
    var end: Int64 = .min
    var marks: [CompactionMark] = []
    /// When it became known that the next prompt has begun.
    var supersededAt: Int64?
    /// When anything was last heard of it, by the clock of whoever tells.
    var lastSeen: Int64 = 0
    var isClosed = false

    init(key: UInt64, trace: UInt64) {
        self.key = key
        self.trace = trace
    }

    /// Everything about it was told.
    var isTold: Bool { isClosed && workers.values.allSatisfy { $0.isTold || $0.id.isEmpty } }

    mutating func span(_ from: Int64, _ to: Int64) {
        begin = min(begin, from)
        end = max(end, to)
    }
}

extension PromptState.Worker {
    mutating func add(_ call: ModelCall, at now: Int64) {
        totals.add(call)
        lastSeen = now
        begin = min(begin, call.startedAt)
        end = max(end, call.endedAt)
        if !call.agentType.isEmpty { type = call.agentType }
        if !call.parentAgentID.isEmpty { parent = call.parentAgentID }
        guard !call.isHelping, call.endedAt >= lastCall else { return }
        lastCall = call.endedAt
        ending = call.ending
    }
}

extension ModelCall {
    /// What the client does next, as far as the answer says.
    var ending: PromptState.Ending {
        if isRefused || status >= 400 || status == 0 { return .failed }
        switch stopReason {
        case "tool_use", "pause_turn": return .working
        // It broke off or the client left: it may be sent again.
        case "": return .failed
        default: return .answered
        }
    }

    /// A turn of the main conversation.
    var isMain: Bool { agentID.isEmpty && !isHelping }

    /// Tokens that the conversation takes when its answer is in it.
    package var context: Int64 { input &+ cacheRead &+ cacheWrite5m &+ cacheWrite1h &+ output }
}

/// `Bash=742;Read=9`: what the client says of the tools that it ran, in their order.
struct ToolDurations {
    private var entries: [(name: Substring, milliseconds: Int64)]
    /// A month: what is longer is no time, and nanoseconds would not hold it.
    private static let longest: Int64 = 31 * 86_400_000

    init(_ text: String) {
        entries = text.split(separator: ";").prefix(64).compactMap { entry in
            guard let sign = entry.lastIndex(of: "="), let value = Int64(entry[entry.index(after: sign)...]),
                (0...Self.longest).contains(value)
            else { return nil }
            return (entry[..<sign], value)
        }
    }

    /// Takes the first duration of a tool of that name.
    mutating func take(_ name: String) -> Int64? {
        guard let place = entries.firstIndex(where: { $0.name == name }) else { return nil }
        return entries.remove(at: place).milliseconds
    }
}
