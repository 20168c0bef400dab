import Ledger
import Sessions
import Telemetry
import Wire

/// Watches what providers' caches give, on the tracker's loop, and tells of each break: a row, an event, figures.
struct CacheWatch: ~Copyable {
    private var forensics = CacheForensics()
    /// Calls that are to be looked at in the order in which they ended, and when they came: loops hand theirs over when they like.
    private var waiting: [(at: Int64, ended: EndedCall)] = []
    private let telemetry: LoopTelemetry
    private let writer: LedgerWriter
    private let loops: Int

    /// - Parameter loops: how many hand calls over.
    init(_ telemetry: LoopTelemetry, writer: LedgerWriter, loops: Int) {
        self.telemetry = telemetry
        self.writer = writer
        self.loops = loops
    }

    /// Longer than a loop keeps calls for itself, nanoseconds.
    private static let patience: Int64 = 500_000_000
    private static let mostWaiting = 5_000

    /// Only what can have left something in a cache is looked at.
    mutating func take(_ calls: [EndedCall], at now: Int64) {
        // Of a single loop they come in their order.
        if loops == 1 { return examine(calls) }
        for ended in calls where ended.call.isComparable { waiting.append((now, ended)) }
        if waiting.count > Self.mostWaiting { finish() }
    }

    /// Looks at the calls before which no other can come any more. By a clock that only goes forward.
    mutating func timePassed(at now: Int64) {
        let ripe = waiting.lazy.filter { $0.at <= now - Self.patience }.map(\.ended.call.endedAt).max()
        if let ripe { examine(upTo: ripe) }
    }

    mutating func finish() { examine(upTo: .max) }

    private mutating func examine(upTo last: Int64) {
        waiting.sort { $0.ended.call.endedAt < $1.ended.call.endedAt }
        let count = waiting.firstIndex { $0.ended.call.endedAt > last } ?? waiting.count
        examine(waiting.prefix(count).map(\.ended))
        waiting.removeFirst(count)
    }

    private mutating func examine(_ calls: [EndedCall]) {
        var rows: [CacheBreakRow] = []
        for ended in calls {
            guard let found = forensics.callEnded(ended.call) else { continue }
            rows.append(CacheBreakRow(found, ended.call))
            telemetry.emit(.cacheBreak(found, ended.call))
            measure(found, ended.call)
        }
        writer.save(breaks: rows)
    }

    private func measure(_ found: CacheBreak, _ call: ModelCall) {
        let labels = Labels().adding("tollgate.provider", call.provider).adding("gen_ai.request.model", call.model)
            .adding("tollgate.cache.cause", found.cause.rawValue)
        telemetry.figures.add(.cacheBreaks, 1, labels)
        telemetry.figures.add(.cacheRebilledTokens, found.rebilled, labels)
        if let cost = found.costNanoUSD { telemetry.figures.add(.cacheRebilledCost, max(0, cost), labels) }
    }
}

extension PrefixSegment.Kind {
    fileprivate var name: String {
        switch self {
        case .tools: "tools"
        case .system: "system"
        case .message: "message"
        }
    }
}

extension CacheBreakRow {
    fileprivate init(_ found: CacheBreak, _ call: ModelCall) {
        self.init(requestID: call.requestID)
        previousRequestID = found.previousRequestID
        at = call.startedAt
        sessionID = call.sessionID
        agentID = call.agentID
        user = call.user
        team = call.team
        project = call.project
        model = call.model
        provider = call.provider
        cause = found.cause.rawValue
        segment = found.segment?.name ?? ""
        segmentIndex = Int64(found.index)
        parameter = found.parameter
        sinceLast = found.sinceLast
        ttl = found.ttl
        expected = found.expected
        read = found.read
        rebilled = found.rebilled
        costNanoUSD = found.costNanoUSD
    }
}

extension TelemetryEvent {
    /// A provider's cache did not have what it had before.
    fileprivate static func cacheBreak(_ found: CacheBreak, _ call: ModelCall) -> TelemetryEvent {
        var event = TelemetryEvent(
            "tollgate.cache.break", .warning, found.sentence, at: call.endedAt, trace: call.traceID,
            span: call.clientSpan ?? call.serverSpan)
        event.add("tollgate.cache.cause", found.cause.rawValue)
        if let segment = found.segment {
            event.add("tollgate.cache.segment", segment.name)
            event.add("tollgate.cache.segment.index", Int64(found.index))
        }
        event.add("tollgate.cache.parameter", found.parameter)
        event.add("tollgate.cache.since_last_seconds", found.sinceLast / 1_000_000_000)
        event.add("tollgate.cache.ttl_seconds", found.ttl)
        event.add("tollgate.cache.expected_tokens", found.expected)
        event.add("tollgate.cache.read_tokens", found.read)
        event.add("tollgate.cache.rebilled_tokens", found.rebilled)
        if let cost = found.costNanoUSD { event.add("tollgate.cache.rebilled_nano_usd", cost) }
        event.add("tollgate.request.id", "\(RequestID(rawValue: call.requestID))")
        event.add("tollgate.cache.previous_request.id", "\(RequestID(rawValue: found.previousRequestID))")
        event.add("session.id", call.sessionID)
        event.add("tollgate.agent.id", call.agentID)
        event.add("user.id", call.user)
        event.add("tollgate.team", call.team)
        event.add("tollgate.project", call.project)
        event.add("tollgate.provider", call.provider)
        event.add("gen_ai.request.model", call.model)
        return event
    }
}

extension CacheBreak {
    /// For people.
    fileprivate var sentence: String {
        "\(rebilled) tokens that had been cached were billed again: \(reason)"
    }

    private var reason: String {
        switch cause {
        case .ttlLapse: "the last use was \(sinceLast / 1_000_000_000) s ago, the cache keeps them \(ttl) s"
        case .providerSwitch: "the conversation went on at another provider"
        case .modelSwitch: "the conversation went on with another model"
        case .toolOrder: "the tools stand in another order, from tool \(index) on"
        case .toolsChanged: "tool \(index) has changed, was added or is gone"
        case .attributionChanged: "the client's attribution line in front of the system prompt has changed"
        case .systemChanged: "block \(index) of the system prompt has changed"
        case .historyEdited: "message \(index) was edited"
        case .compaction: "the conversation was summed up"
        case .parametersChanged: "`\(parameter)` has changed"
        case .cacheControlRemoved: "the request has no breakpoint any more"
        case .cacheControlMoved: "the last breakpoint stands in front of what was cached"
        case .lookback: "more than 20 blocks stand between what was cached and the next breakpoint"
        case .thinkingDropped: "a new prompt made the model drop its thinking of the turn before"
        case .upstream: "nothing has changed on this side, the provider did not have them"
        }
    }
}
