import Configuration
import HTTP
import Ledger
import Providers
import Telemetry
import Transport
import Upstream
import Wire

extension LoopWorker {
    /// One attempt: connection, request, answer. What happened stands in `attempt` afterwards.
    func perform(
        _ attempt: Attempt, _ exchange: Exchange, _ routed: RoutedModel, _ account: UpstreamAccount, fresh: Bool
    ) async {
        let channel = exchange.channel
        attemptBegan(account)
        defer {
            attemptEnded(account)
            // It was woken as if the client had gone.
            if channel.isStopping, case .cancelled? = attempt.fault { attempt.fault = .stopping }
        }
        guard let credential = await credential(attempt, exchange, routed, account) else {
            attempt.endedAt = monotonicNanoseconds()
            return
        }
        attempt.credential = credential
        do throws(ClientFault) {
            let lease = try await Lease.take(
                from: exchange.setting.pools[routed.account], fresh: fresh, wakeup: channel.wakeup,
                connectTimeout: account.timeouts.connect, abort: .downstreamHangup)
            attempt.isReused = lease.isReused
            attempt.connectedAt = monotonicNanoseconds()
            let request = UpstreamRequest(
                exchange: exchange, account: account, credential: credential,
                trace: exchange.trace.context(span: attempt.span))
            try await send(request, attempt, routed, lease.connection)
            try await lease.connection.receiveHead(
                timeout: exchange.way?.patience(account) ?? account.timeouts.firstByte, abort: .downstreamHangup)
            attempt.headAt = monotonicNanoseconds()
            // The limits of a client's own login are none of ours.
            if !exchange.passesThrough { account.quota.read(lease.connection) }
            if let call = exchange.call, call.isTransformed {
                await answerTransformed(attempt, exchange, account, call, lease.connection)
            } else {
                await answer(attempt, exchange, account, lease.connection)
            }
            await lease.finish()
            if !exchange.passesThrough, attempt.credentialIsRefused {
                await exchange.setting.credentials[routed.account]?.refused(since: attempt.startedWall)
            }
        } catch {
            attempt.fault = error
        }
        attempt.endedAt = monotonicNanoseconds()
    }

    /// What authenticates at the account; `nil` when the attempt has failed for want of it.
    private func credential(
        _ attempt: Attempt, _ exchange: Exchange, _ routed: RoutedModel, _ account: UpstreamAccount
    ) async -> UpstreamCredential? {
        if let standing = account.standingCredential { return standing }
        guard let source = exchange.setting.credentials[routed.account] else { return UpstreamCredential.none }
        do throws(CredentialFault) {
            return try await source.current(exchange.channel.wakeup, abort: .downstreamHangup)
        } catch .cancelled {
            attempt.fault = .cancelled
        } catch {
            attempt.upstreamError = error.sentence
            attempt.failure = .noCredential(account.name)
        }
        return nil
    }

    private func send(
        _ request: UpstreamRequest, _ attempt: Attempt, _ routed: RoutedModel, _ connection: ClientConnection
    ) async throws(ClientFault) {
        let exchange = request.exchange, idle = request.account.timeouts.idle
        guard let call = exchange.call, let body = exchange.body else {
            preconditionFailure("an attempt without what it sends")
        }
        // Everything stays in place until the attempt has ended.
        let pieces: Pieces
        switch call.form {
        case .client:
            let bytes = body.bytes
            let growth = routed.splice.map { $0.replacement.count - $0.range.count } ?? 0
            request.writeForwarded(
                path: call.path, betas: nil, contentLength: bytes.count + growth, into: &attempt.requestHead)
            guard let splice = routed.splice else {
                pieces = Pieces(attempt.requestHead.bytes, bytes)
                break
            }
            attempt.modelName.append(splice.replacement)
            pieces = Pieces(
                attempt.requestHead.bytes, bytes.slice(0..<splice.range.lowerBound), attempt.modelName.bytes,
                bytes.slice(splice.range.upperBound..<bytes.count))
        case .edited(let betas):
            request.writeForwarded(
                path: call.path, betas: betas, contentLength: call.body.count, into: &attempt.requestHead)
            pieces = Pieces(attempt.requestHead.bytes, call.body)
        case .own(let accept):
            request.writeOwn(
                path: call.path ?? "", accept: accept, body: call.body, into: &attempt.requestHead)
            pieces = Pieces(attempt.requestHead.bytes, call.body)
        }
        try await connection.send(pieces, timeout: idle, abort: .downstreamHangup)
        attempt.sentAt = monotonicNanoseconds()
    }

    /// The answer's head and body, as they come.
    private func answer(
        _ attempt: Attempt, _ exchange: Exchange, _ account: UpstreamAccount, _ connection: ClientConnection
    ) async {
        attempt.requestHead.reset(keepingAtMost: 0)
        attempt.status = connection.head.status
        if attempt.status != 200, tellsErrorsAnew(attempt.status, exchange, account) {
            return await readError(attempt, exchange, account, connection)
        }
        let form = AnswerForm(connection), mask = attempt.status == 200 ? EchoMask() : exchange.echoMask()
        if attempt.status != 200, let way = exchange.way {
            attempt.retryAfter = Self.retryAfter(connection).map(Self.nanoseconds)
            if way.wouldContinue(upon: attempt.status, exchange) {
                return await keepError(attempt, exchange, account, connection)
            }
        }
        // What nobody asked to be compressed can only be looked through as a whole.
        if !mask.isEmpty, form.isCompressed { return await keepError(attempt, exchange, account, connection) }
        let withheld = withheldAnswer(attempt, exchange, account)
        if withheld == nil { exchange.answerBegins(attempt) }
        let meter = AnswerMeter(form.meter, isCompressed: form.isCompressed)
        attempt.meter = meter
        noteTrace(attempt, connection)
        if let id = connection.head.value(.requestID) {
            attempt.upstreamRequestID = exchange.upstreamID(connection.headBytes(id))
        }
        beginAnswer(exchange, connection, mask)
        connection.headIsUsed()
        let relay = PlainRelay(
            exchange, connection, meter, isEventStream: form.isEventStream && !form.isCompressed,
            idleTimeout: account.timeouts.idle, withheld: withheld, mask: mask)
        let end = await relay.run()
        attempt.firstByteAt = relay.firstByteAt
        exchange.firstByteAt = relay.firstByteAt
        switch end {
        case .complete: break
        case .clientGone: attempt.fault = .cancelled
        case .fault(let fault): attempt.fault = fault
        case .failedFirst(let type):
            exchange.channel.withdrawAnswer()
            keep(eventOf: type, withheld, attempt, exchange, account)
        }
        await finishBroken(attempt, exchange, relay, account)
    }

    /// Anthropic's errors, those of a request in a platform's own form and those of a server that speaks Messages are told in the
    /// words in which they came; but what a provider thinks of our credential is not for the client, who would log in, and would
    /// read whose account it is.
    private func tellsErrorsAnew(_ status: Int, _ exchange: Exchange, _ account: UpstreamAccount) -> Bool {
        if exchange.routed?.door.platform != .anthropic, !exchange.isNative { return true }
        return account.kind != .anthropic && (401...403).contains(status)
    }

    /// The upstream's status and fields, with our request id; nothing goes out yet.
    private func beginAnswer(_ exchange: Exchange, _ connection: ClientConnection, _ mask: EchoMask) {
        let channel = exchange.channel
        channel.beginResponse(status: connection.head.status)
        for field in connection.head.fields
        where AnthropicEndpoint.returns(responseField: field.name, passesThrough: exchange.passesThrough) {
            let name = connection.headBytes(field.nameRange)
            if connection.isHopByHop(field) { continue }
            let value = connection.headBytes(field.valueRange)
            guard !mask.isEmpty else {
                channel.field(name, value)
                continue
            }
            mask.masked(value).withUnsafeBytes { channel.field(name, $0) }
        }
        addIdentity(exchange)
        var length: Int64?
        switch connection.head.framing {
        case .length(let bytes): length = bytes
        case .none: length = 0
        case .chunked, .untilClose: break
        }
        channel.beginBody(length: length)
    }

    /// What the upstream says of its own trace.
    func noteTrace(_ attempt: Attempt, _ connection: ClientConnection) {
        guard let range = connection.head.value(.traceresponse) else { return }
        attempt.upstreamTrace = TraceContext(parsing: connection.headBytes(range))
    }

    /// Where the upstream did not bring its answer to an end, we do: by an event between two events, or by closing.
    private func finishBroken(
        _ attempt: Attempt, _ exchange: Exchange, _ relay: PlainRelay, _ account: UpstreamAccount
    ) async {
        let channel = exchange.channel
        if case .cancelled? = attempt.fault { return channel.abandonAnswer() }
        let isUnfinished = attempt.fault == nil && relay.isEventStream && attempt.status == 200 && !relay.meter.isWhole
        guard attempt.fault != nil || isUnfinished else { return }
        // It broke behind the stream's last event: nothing is missing.
        if relay.canSendEvent, attempt.hasWholeAnswer, channel.answerHasBegun, !channel.answerIsComplete {
            attempt.fault = nil
            if channel.send(UnsafeRawBufferPointer(start: nil, count: 0), isLast: true) == .pending {
                _ = await channel.flush()
            }
            return
        }
        if isUnfinished { attempt.fault = .cut }
        // Nothing has gone out: the client gets an error with a status of its own.
        if !channel.answerHasBegun { return channel.withdrawAnswer() }
        guard relay.canSendEvent, !channel.answerIsComplete else { return channel.abandonAnswer() }
        let event = broken(attempt, account).event(requestID: exchange.id.description)
        let state = event.withUnsafeBytes { channel.send($0, isLast: true) }
        if state == .pending { _ = await channel.flush() }
    }
}

private func broken(_ attempt: Attempt, _ account: UpstreamAccount) -> Refusal {
    if case .stopping? = attempt.fault { return .stopping }
    return .streamBroken(account.name, attempt.fault?.sentence ?? "it ended too early")
}

/// What an answer's head says about its body.
private struct AnswerForm {
    let isEventStream: Bool
    /// AWS's frames.
    private let isFramed: Bool
    let isCompressed: Bool

    var meter: AnswerMeter.Form { isEventStream ? .stream : isFramed ? .framed : .whole }

    init(_ connection: ClientConnection) {
        let head = connection.head
        isEventStream =
            head.value(.contentType).map { connection.headBytes($0).startsIgnoringCase("text/event-stream") } ?? false
        isFramed =
            head.value(.contentType).map {
                connection.headBytes($0).startsIgnoringCase("application/vnd.amazon.eventstream")
            } ?? false
        isCompressed = connection.isCompressed
    }
}

extension ClientConnection {
    /// The body of the answer is encoded, as its head says.
    var isCompressed: Bool {
        head.value(.contentEncoding).map { !headBytes($0).equalsIgnoringCase("identity") } ?? false
    }
}
