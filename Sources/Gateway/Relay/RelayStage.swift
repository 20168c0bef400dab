import Configuration
import Governance
import HTTP
import Ledger
import Providers
import Telemetry
import Transport
import Upstream
import Wire

extension LoopWorker {
    /// relay: target by target, attempt by attempt, send and stream the answer back. Most requests have one target and one attempt;
    /// another follows where a pooled connection had died, or where a virtual model says so, and only before the client was told
    /// anything. Throws what the client is told if no answer could be begun.
    func relay(_ exchange: Exchange, _ row: borrowing JournalSlot) async throws(Refusal) {
        while exchange.routed != nil {
            if exchange.isPrewarm { return answerPrewarm(exchange) }
            if let tokens = exchange.counted { return answerCount(exchange, tokens) }
            var next: String? = "full"
            if let account = try await enterUnlessTold(exchange), let routed = exchange.routed {
                defer { account.leave() }
                do throws(Refusal) {
                    next = try await attempt(at: routed, exchange, account, row)
                } catch {
                    // A rule is against this target; of another it may be none.
                    guard exchange.way != nil, error.status != 499 else { throw error }
                    next = error.rule
                    exchange.way?.refused(error)
                }
            }
            guard let next, try takeNext(exchange, because: next) else { break }
        }
        try await conclude(exchange)
    }

    /// Attempts at one target, until one has told the client something, or it has to be the next target's turn: then why.
    private func attempt(
        at routed: RoutedModel, _ exchange: Exchange, _ account: UpstreamAccount, _ row: borrowing JournalSlot
    ) async throws(Refusal) -> String? {
        var fresh = false
        while true {
            let hold = exchange.isHeld ? exchange.takeHold() : try await reserve(exchange, routed)
            guard let attempt = begin(routed, exchange, account, row, hold.admission) else { return nil }
            await perform(attempt, exchange, routed, account, fresh: fresh)
            end(attempt, exchange)
            attempt.settlement = await settle(hold, attempt, exchange)
            close(attempt, row)
            exchange.way?.attemptEnded(attempt, exchange, at: attempt.endedAt)
            if attempt.diedAtReuse, !exchange.channel.clientIsGone {
                fresh = true
                continue
            }
            fresh = false
            // Once the body is let go, nothing can be sent again.
            guard let way = exchange.way, exchange.body != nil, !exchange.channel.answerHasBegun,
                !exchange.channel.clientIsGone
            else { return nil }
            switch way.step(after: attempt, exchange) {
            case .done: return nil
            case .next: return attempt.shortError
            case .again(let delay): guard await pause(delay, exchange) else { return nil }
            }
        }
    }

    /// Opens the attempt's part of the row: from here on it is accounted for. `nil`: the row has room for no more.
    private func begin(
        _ routed: RoutedModel, _ exchange: Exchange, _ account: UpstreamAccount, _ row: borrowing JournalSlot,
        _ admission: Admission?
    ) -> Attempt? {
        // The moment of its admission says which window it is charged to.
        let attempt = Attempt(
            ordinal: exchange.attempts.count, routed, span: telemetry.nextSpanID(), startedAt: monotonicNanoseconds(),
            startedWall: admission?.at ?? wallClockNanoseconds())
        var facts = AttemptFacts(startedAt: attempt.startedWall)
        facts.spanID = attempt.span.value
        facts.provider = .string(account.name)
        facts.providerKind = .string(account.kind.rawValue)
        facts.model = .string(routed.upstream)
        facts.priceVersion = FactText(routed.price?.version)
        attempt.admission = admission
        if let admission {
            facts.admission = admission.sequence
            if !admission.record.isEmpty {
                // What does not fit the row is not there in part: the checker says that it cannot be read.
                let fits = admission.record.count <= JournalLimits.holdsBytes
                facts.holds = .string(fits ? String(decoding: admission.record, as: UTF8.self) : "-")
            }
        }
        guard row.beginAttempt(facts) else { return nil }
        exchange.attempts.append(attempt)
        attempt.receipt = exchange.call?.receipt
        if let way = exchange.way {
            exchange.firstByteAt = nil
            attempt.reason = way.reason
            way.attemptBegan(at: attempt.startedAt)
        }
        return attempt
    }

    /// Waits before the next attempt. False: the client went away.
    private func pause(_ delay: Int64, _ exchange: Exchange) async -> Bool {
        let wakeup = exchange.channel.wakeup
        wakeup.setDeadline(after: delay)
        defer { wakeup.clearDeadline() }
        let events = await wakeup.wait(for: .deadline | .downstreamHangup)
        guard events.contains(.downstreamHangup) else { return true }
        wakeup.signal(.downstreamHangup)
        return false
    }

    // MARK: Targets

    /// The same as `enter`; but where an upstream has told an error, that is what the client is told.
    private func enterUnlessTold(_ exchange: Exchange) async throws(Refusal) -> UpstreamAccount? {
        do throws(Refusal) {
            return try await enter(exchange)
        } catch {
            guard let way = exchange.way, error.status != 499, way.kept != nil || way.refusal != nil else {
                throw error
            }
            return nil
        }
    }

    /// Takes a place at the present target's account. `nil`: it is full, and perhaps there is another target.
    private func enter(_ exchange: Exchange) async throws(Refusal) -> UpstreamAccount? {
        guard let routed = exchange.routed else { return nil }
        let account = exchange.setting.accounts[routed.account]
        if account.enter() { return account }
        guard let way = exchange.way else { return try await wait(account, exchange) }
        switch way.isFull(account) {
        case .goOn: return nil
        case .wait: return try await wait(account, exchange)
        case .waitElsewhere:
            try takeNext(exchange, way)
            guard let routed = exchange.routed else { return nil }
            return try await wait(exchange.setting.accounts[routed.account], exchange)
        }
    }

    private func wait(_ account: UpstreamAccount, _ exchange: Exchange) async throws(Refusal) -> UpstreamAccount {
        guard let places = account.places, places.hasQueue else { throw .accountIsFull(account.name) }
        let answer = await places.wait(
            exchange.channel.wakeup, loop: loop, timeout: account.setting.queueTimeout, abort: .downstreamHangup)
        switch answer {
        case .entered: return account
        case .cancelled: throw .clientGone
        case .timedOut, .queueIsFull: throw .accountIsFull(account.name)
        }
    }

    /// Goes on to the next target of a virtual model. False: there is none.
    private func takeNext(_ exchange: Exchange, because reason: String) throws(Refusal) -> Bool {
        let channel = exchange.channel
        guard let way = exchange.way, !channel.clientIsGone, !channel.isStopping, way.advance(because: reason) else {
            return false
        }
        do throws(Refusal) {
            try takeNext(exchange, way)
            return true
        } catch {
            // What an upstream said of the request says more than why another could not be asked.
            if way.kept == nil, way.refusal == nil { throw error }
            return false
        }
    }

    // MARK: The end

    /// What the client is told when no answer was begun.
    private func conclude(_ exchange: Exchange) async throws(Refusal) {
        let channel = exchange.channel
        guard !channel.answerHasBegun else { return }
        if case .cancelled? = exchange.lastAttempt?.fault { throw .clientGone }
        if channel.isStopping { throw .stopping }
        if let way = exchange.way {
            if channel.clientIsGone { throw .clientGone }
            if let kept = way.kept { return await tell(kept, exchange) }
            if let refusal = way.refusal { throw refusal }
        }
        guard let last = exchange.lastAttempt else { throw .ledgerBehind }
        if let kept = last.kept { return await tell(kept, exchange) }
        if let failure = last.failure { throw failure }
        guard let fault = last.fault else { return }
        if case .stopping = fault { throw .stopping }
        throw .unavailable(exchange.setting.accounts[last.routed.account].name, fault.sentence)
    }

    /// The upstream's own error, as it came.
    private func tell(_ kept: KeptAnswer, _ exchange: Exchange) async {
        let channel = exchange.channel
        channel.beginResponse(status: kept.status)
        for field in kept.fields {
            field.name.withUnsafeBytes { name in field.value.withUnsafeBytes { channel.field(name, $0) } }
        }
        addIdentity(exchange)
        kept.body.withUnsafeBytes { _ = channel.respond($0) }
        if channel.hasUnsent { _ = await channel.flush() }
    }
}
