import Configuration
import Governance
import HTTP
import Ledger
import Providers
import Telemetry
import Transport
import Wire

extension LoopWorker {
    /// The way of one request: accept, identify, route, admit, relay, settle, account.
    func handle(_ channel: ServerChannel) async {
        let exchange = begin(channel)
        do throws(Refusal) {
            try await serve(exchange)
        } catch {
            await end(exchange, error)
        }
        finish(exchange)
    }

    private func serve(_ exchange: Exchange) async throws(Refusal) {
        let channel = exchange.channel
        let route = try RequestRoute.of(channel.head, channel.headBytes)
        exchange.route = route.pattern
        try route.check(channel.head.method)
        if channel.isSurplus {
            channel.mustClose = true
            try refuseSurplus(route)
        }
        switch route {
        case .messages: try await serve(exchange, .messages)
        case .countTokens: try await serve(exchange, .countTokens)
        case .native(let native):
            exchange.nativeRoute = native
            try await serve(exchange, native.counts ? .countTokens : .messages)
        case .models, .model:
            try await identify(exchange)
            try answerModels(exchange, route)
        case .usage:
            try await identify(exchange)
            await answerUsage(exchange)
        case .me:
            try await identify(exchange)
            await answerMe(exchange)
        case .metrics: try await answerMetrics(exchange)
        case .telemetry(let signal):
            guard exchange.setting.snapshot.telemetry.clients.receives else {
                throw .unknownPath("\(route.pattern)")
            }
            exchange.isTelemetry = true
            await receiveTelemetry(exchange, signal)
        case .hello, .page, .health, .readiness: answerLocally(exchange, route)
        }
    }

    private func refuseSurplus(_ route: RequestRoute) throws(Refusal) {
        switch route {
        // A full gateway that seemed dead would be started anew, and every session in it broken off.
        case .health, .metrics: return
        case .telemetry: throw .tooManyExporters
        default: throw .tooManyConnections
        }
    }

    private func serve(_ exchange: Exchange, _ operation: Operation) async throws(Refusal) {
        exchange.operation = operation
        let channel = exchange.channel
        if channel.headBytes(exchange.path).startsIgnoringCase("/anthropic/") {
            exchange.path = exchange.path.dropFirst(RequestRoute.anthropicPrefix)
        }
        // The credential stands in the head: nobody's body is read without one.
        let first = monotonicNanoseconds()
        try await identify(exchange)
        let begin = monotonicNanoseconds()
        exchange.stages.add(.identify, from: first, to: begin)
        let scan = try await accept(exchange)
        // Nobody would read the answer: no upstream is asked, nothing is held or charged.
        if channel.clientHasLeft { throw .clientGone }
        exchange.maximumOutput = scan.maxTokens
        exchange.furtherInput = scan.marks.furtherTokens
        join(exchange, scan)
        exchange.stages.add(.accept, from: begin, to: monotonicNanoseconds())
        try timed(.route, exchange) { () throws(Refusal) in
            try route(exchange, scan)
            try prepare(exchange, scan)
        }
        if let made = exchange.call?.body.count, made > 0 { exchange.body?.holds(also: made) }
        beginCapture(exchange)
        if exchange.isPrewarm { return answerPrewarm(exchange) }
        if let tokens = exchange.counted { return answerCount(exchange, tokens) }
        let asked = monotonicNanoseconds()
        let row = try await admitted(exchange, since: asked)
        await relayOrRefuse(exchange, row)
        exchange.endedAt = monotonicNanoseconds()
        settle(exchange, row)
        exchange.stages.add(.settle, from: exchange.endedAt, to: monotonicNanoseconds())
    }

    private func admitted(_ exchange: Exchange, since begin: Int64) async throws(Refusal) -> JournalSlot {
        defer { exchange.stages.add(.admit, from: begin, to: monotonicNanoseconds()) }
        return try await admit(exchange)
    }

    /// Whatever comes of relay, the request has an answer after it and its row can be settled.
    private func relayOrRefuse(_ exchange: Exchange, _ row: borrowing JournalSlot) async {
        let begin = monotonicNanoseconds()
        defer { exchange.stages.add(.relay, from: begin, to: monotonicNanoseconds()) }
        do throws(Refusal) {
            try await relay(exchange, row)
        } catch {
            await end(exchange, error)
        }
    }

    private func timed(_ stage: Stage, _ exchange: Exchange, _ body: () throws(Refusal) -> Void) throws(Refusal) {
        let begin = monotonicNanoseconds()
        defer { exchange.stages.add(stage, from: begin, to: monotonicNanoseconds()) }
        try body()
    }

    // MARK: Begin and end

    func begin(_ channel: ServerChannel, isRequest: Bool = true) -> Exchange {
        let now = monotonicNanoseconds(), wall = wallClockNanoseconds() - (now - channel.arrivedAt)
        channel.limits = setting.limits
        let facts = isRequest ? ClientFacts(channel.head) : ClientFacts()
        let exchange = Exchange(
            channel, id: ids.next(now: wall), setting: setting, facts: facts, trace: trace(channel, facts), wall: wall,
            isRequest: isRequest)
        requestBegan(exchange)
        return exchange
    }

    private func trace(_ channel: ServerChannel, _ facts: ClientFacts) -> RequestTrace {
        var parent: TraceContext?
        if let range = facts.traceparent, !facts.hasTwoTraceparents {
            parent = TraceContext(parsing: channel.headBytes(range))
        }
        let traceID = parent?.traceID ?? telemetry.nextTraceID()
        return RequestTrace(
            traceID: traceID, serverSpan: telemetry.nextSpanID(), parent: parent?.spanID,
            isSampled: telemetry.isSampled(parent: parent, traceID: traceID))
    }

    private func finish(_ exchange: Exchange) {
        if exchange.endedAt == 0 { exchange.endedAt = monotonicNanoseconds() }
        exchange.places.finish(
            isCounted: !exchange.attempts.isEmpty, duration: exchange.endedAt - exchange.startedAt)
        // Whatever happened, the connection must know where it stands.
        if !exchange.channel.answerIsComplete { exchange.channel.abandonAnswer() }
        account(exchange)
    }

    // MARK: Refusals

    private func end(_ exchange: Exchange, _ error: Refusal) async {
        // What waits is woken by a stop as if its client had gone.
        let refusal = error.status == 499 && exchange.channel.isStopping ? .stopping : error
        exchange.refusal = refusal
        await refuse(exchange, refusal)
    }

    func refuse(_ exchange: Exchange, _ refusal: Refusal) async {
        let channel = exchange.channel
        if channel.answerHasBegun || refusal.status == 499 { return channel.abandonAnswer() }
        write(refusal, exchange)
        if channel.hasUnsent { _ = await channel.flush() }
    }

    private func write(_ refusal: Refusal, _ exchange: Exchange) {
        let channel = exchange.channel
        if refusal.status == 408 { channel.mustClose = true }
        channel.beginResponse(status: refusal.status)
        addIdentity(exchange)
        channel.field("content-type", "application/json")
        if refusal.isFinal { channel.field("x-should-retry", "false") }
        if let seconds = refusal.retryAfter { channel.field("retry-after", "\(seconds)") }
        if let allow = refusal.allow { channel.field("allow", "\(allow)") }
        for field in refusal.fields { channel.field(field.name, field.value) }
        refusal.body(requestID: exchange.id.description).withUnsafeBytes { _ = channel.respond($0) }
    }

    /// What is not a request gets an answer, a span and a log line like one.
    func refuse(_ channel: ServerChannel, _ refusal: HeadRefusal) async {
        let exchange = begin(channel, isRequest: false)
        let error = Refusal.malformedHTTP(status: refusal.status, refusal.sentence)
        exchange.refusal = error
        await refuse(exchange, error)
        finish(exchange)
    }

    /// The ids by which a request is found again.
    func addIdentity(_ exchange: Exchange) {
        let channel = exchange.channel
        withUnsafeTemporaryAllocation(byteCount: RequestID.textLength, alignment: 1) { buffer in
            exchange.id.write(into: buffer)
            channel.field("request-id", UnsafeRawBufferPointer(buffer))
        }
        if let way = exchange.way, !exchange.attempts.isEmpty { channel.field("x-tollgate-target", way.targetName) }
        var context = ByteWriter(capacity: 64)
        exchange.trace.context(span: exchange.trace.serverSpan).append(to: &context)
        context.withBytes { channel.field("traceresponse", $0) }
        // With a login of their own developers see the limits of that.
        if let notice = exchange.budgetNotice, !exchange.passesThrough { write(notice, channel) }
    }

    /// What Claude Code shows of a budget that is nearly spent, where the developer has signed in to the gateway.
    private func write(_ notice: BudgetNotice, _ channel: ServerChannel) {
        let share =
            notice.percent >= 100 ? "0.99" : notice.percent < 10 ? "0.0\(notice.percent)" : "0.\(notice.percent)"
        let threshold = notice.threshold < 10 ? "0.0\(notice.threshold)" : "0.\(min(99, notice.threshold))"
        channel.field("anthropic-ratelimit-unified-status", "allowed_warning")
        channel.field("anthropic-ratelimit-unified-representative-claim", "overage")
        channel.field("anthropic-ratelimit-unified-overage-status", "allowed_warning")
        channel.field("anthropic-ratelimit-unified-overage-utilization", share)
        channel.field("anthropic-ratelimit-unified-overage-surpassed-threshold", threshold)
        if notice.isShared { channel.field("anthropic-ratelimit-unified-overage-scope", "group_pool") }
        guard notice.window != .total else { return }
        let reset = "\(notice.resetsAt / 1_000_000_000)"
        channel.field("anthropic-ratelimit-unified-reset", reset)
        channel.field("anthropic-ratelimit-unified-overage-reset", reset)
    }
}
