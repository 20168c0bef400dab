import Configuration
import HTTP
import Ledger
import Providers
import Telemetry
import Transport
import Upstream
import Wire

extension LoopWorker {
    /// relay, of an answer in another dialect: its head and body as they come, told in the client's.
    func answerTransformed(
        _ attempt: Attempt, _ exchange: Exchange, _ account: UpstreamAccount, _ call: UpstreamCall,
        _ connection: ClientConnection
    ) async {
        attempt.status = connection.head.status
        noteRequestID(attempt, exchange, connection)
        if case .count = call.answer, attempt.status == 200 {
            return await answerCount(attempt, exchange, account, connection)
        }
        // No dialect streams JSON: it is a whole answer, or an error, whatever the status says.
        let isWhole = isJSON(connection)
        guard attempt.status == 200, !isWhole || mayBeWhole(call) else {
            return await readError(attempt, exchange, account, connection)
        }
        let transform = makeTransform(exchange, call, isWhole: isWhole)
        let meter = AnswerMeter(transform)
        attempt.meter = meter
        let withheld = withheldAnswer(attempt, exchange, account)
        if withheld == nil { exchange.answerBegins(attempt) }
        let isCompressed = connection.isCompressed
        if isWhole { attempt.retryAfter = Self.retryAfter(connection).map(Self.nanoseconds) }
        connection.headIsUsed()
        let isStreamed = exchange.isStreamed
        let relay = TransformedRelay(
            exchange, connection, transform, isStreamed: isStreamed, isCompressed: isCompressed,
            idleTimeout: account.timeouts.idle, withheld: withheld,
            beginAnswer: { length in
                if let withheld { _ = withheld.release() }
                self.beginTransformed(exchange, call, length: length)
            })
        let end = await relay.run()
        if case .complete = end { await relay.drain() }
        attempt.firstByteAt = relay.firstByteAt
        exchange.firstByteAt = relay.firstByteAt
        meter.bytes = relay.bytesReceived
        calibrate(exchange, account, call, meter)
        switch end {
        case .complete:
            let mask = transform.failure == nil ? EchoMask() : exchange.echoMask()
            attempt.failure = transform.failure.map {
                .failed(UpstreamFailure(type: $0.type, message: mask.masked($0.message)), account.name)
            }
            if isWhole, let failure = attempt.failure {
                attempt.upstreamError = failure.message
                // An error whatever its status says: nothing was answered that could cost something.
                if !meter.facts.reducer.hasReport { attempt.meter = nil }
            }
        case .clientGone:
            attempt.fault = .cancelled
            exchange.channel.abandonAnswer()
        case .fault(let fault): attempt.fault = fault
        case .failedFirst: preconditionFailure("a transform's failure stands in the transform")
        }
    }

    private func isJSON(_ connection: ClientConnection) -> Bool {
        connection.head.value(.contentType).map {
            connection.headBytes($0).startsIgnoringCase("application/json")
        } ?? false
    }

    private func mayBeWhole(_ call: UpstreamCall) -> Bool {
        if case .translated(let target, _) = call.answer { Translation.mayBeWhole(target) } else { false }
    }

    private func makeTransform(
        _ exchange: Exchange, _ call: UpstreamCall, isWhole: Bool
    ) -> any AnswerTransform {
        switch call.answer {
        case .translated(let target, let context):
            TranslatedAnswer(
                Translation.reader(target, context, isWhole: isWhole),
                MessageWriter(exchange.isStreamed ? .stream : .whole, context))
        case .framed: InvokeAnswer(requestID: exchange.id.description)
        case .same, .count: preconditionFailure("not an answer to be transformed")
        }
    }

    private func noteRequestID(_ attempt: Attempt, _ exchange: Exchange, _ connection: ClientConnection) {
        noteTrace(attempt, connection)
        for name in [FieldName.requestID, .xRequestID, .amznRequestID] {
            guard let id = connection.head.value(name) else { continue }
            attempt.upstreamRequestID = exchange.upstreamID(connection.headBytes(id))
            return
        }
    }

    private func beginTransformed(_ exchange: Exchange, _ call: UpstreamCall, length: Int64?) {
        let channel = exchange.channel, isStreamed = length == nil
        channel.beginResponse(status: 200)
        addIdentity(exchange)
        channel.field("content-type", isStreamed ? "text/event-stream; charset=utf-8" : "application/json")
        if isStreamed { channel.field("cache-control", "no-cache") }
        // The count at the stream's end is the provider's.
        if isStreamed { channel.field("x-tollgate-input-tokens", "estimated") }
        if let receipt = call.receipt, exchange.wantsReceipt { channel.field("x-tollgate-fidelity", receipt.text) }
        channel.beginBody(length: length)
    }

    // MARK: Counts

    private func calibrate(
        _ exchange: Exchange, _ account: UpstreamAccount, _ call: UpstreamCall, _ meter: AnswerMeter
    ) {
        guard account.setting.counting == .estimate, case .translated(let target, let context) = call.answer,
            meter.facts.reducer.hasReport
        else { return }
        let name = "\(account.name)/\(target.model)"
        var calibration = calibrations[name] ?? TokenCalibration()
        calibration.learn(estimated: context.estimatedInput, billed: meter.facts.reducer.usage.totalInput)
        calibrations.set(calibration, for: name)
    }

    private func answerCount(
        _ attempt: Attempt, _ exchange: Exchange, _ account: UpstreamAccount, _ connection: ClientConnection
    ) async {
        let isCompressed = connection.isCompressed
        connection.headIsUsed()
        do throws(ClientFault) {
            var bytes = try await connection.readAll(
                limit: Self.errorLimit, timeout: account.timeouts.idle, abort: .downstreamHangup)
            if isCompressed, let plain = Self.decompressed(bytes) { bytes = plain }
            attempt.firstByteAt = monotonicNanoseconds()
            exchange.firstByteAt = attempt.firstByteAt
            guard let tokens = bytes.withUnsafeBytes({ TokenCount.read($0) }) else {
                attempt.failure = .failed(.unreadable("no count of tokens"), account.name)
                return
            }
            let channel = exchange.channel
            channel.beginResponse(status: 200)
            addIdentity(exchange)
            channel.field("content-type", "application/json")
            _ = TokenCount.answer(tokens).withUnsafeBytes { channel.respond($0) }
        } catch {
            attempt.fault = error
        }
    }

    // MARK: Errors

    /// An error of the provider, whose text is small: what the client is told is made of it.
    func readError(
        _ attempt: Attempt, _ exchange: Exchange, _ account: UpstreamAccount, _ connection: ClientConnection
    ) async {
        let retryAfter = Self.retryAfter(connection)
        attempt.retryAfter = retryAfter.map(Self.nanoseconds)
        let mask = exchange.echoMask()
        let awsType = connection.head.value(.amznErrorType).map {
            mask.masked(String(decoding: connection.headBytes($0), as: UTF8.self))
        }
        let isCompressed = connection.isCompressed
        connection.headIsUsed()
        do throws(ClientFault) {
            var bytes = try await connection.readAll(
                limit: Self.errorLimit, timeout: account.timeouts.idle, abort: .downstreamHangup)
            if isCompressed { bytes = Self.decompressed(bytes) ?? [] }
            mask.mask(&bytes)
            let body = bytes.withUnsafeBytes { UpstreamErrorBody($0, awsType: awsType ?? "") }
            let answer = ErrorTranslation.Answer(
                status: attempt.status, body: body, retryAfter: retryAfter,
                hasStandingCredential: account.standingCredential != nil,
                // Of Claude's own form nobody has noted it.
                sent: exchange.call?.receipt.map { SentMedia($0) } ?? [.image, .document])
            let model = exchange.routed?.requested ?? ""
            // The client then estimates by itself.
            let cannotCount = exchange.operation == .countTokens && [404, 405, 501].contains(attempt.status)
            attempt.failure =
                cannotCount
                ? .countsNoTokens(model) : ErrorTranslation.refusal(answer, model: model, account: account.name)
            attempt.upstreamError = body.code.isEmpty ? body.message : "\(body.code): \(body.message)"
            attempt.facts.errorType = body.code
        } catch {
            attempt.fault = error
        }
    }

    static let errorLimit = 256 * 1024

    /// Of seconds that somebody else wrote; nobody waits for a day.
    static func nanoseconds(_ seconds: Int) -> Int64 { Int64(min(seconds, 86_400)) * 1_000_000_000 }
}
