import Configuration
import HTTP
import Ledger
import Providers
import Transport
import Upstream

/// One request's way through the targets of a virtual model: where it stands, and what may follow. Loop-confined.
final class RouteWay {
    /// What follows an attempt.
    enum Step {
        case done
        /// The same target again, after so many nanoseconds.
        case again(after: Int64)
        case next
    }

    let model: VirtualRoute
    let plan: RoutePlan
    let key: RouteKey
    let isSticky: Bool
    /// What the request is made from, for each target anew.
    let scan: MessagesBody
    private let board: HealthBoard
    private var position = 0
    /// Attempts at the present target.
    private var attempts = 0
    /// Why the next attempt goes where it goes.
    private(set) var reason: String
    /// The last error that an upstream told, kept to be told to the client.
    var kept: KeptAnswer?
    /// The same, in our words.
    var refusal: Refusal?
    /// The first target that was full and lets requests wait.
    private var queue: Int?
    /// There was an attempt somewhere.
    private var wasAnywhere = false
    /// It came back to wait where it has been: nothing follows.
    private var isAtLast = false
    /// From here to there, and why, for the figures.
    private(set) var fallbacks: [(from: String, to: String, reason: String)] = []
    private(set) var retries = 0

    init(
        _ model: VirtualRoute, _ board: HealthBoard, key: RouteKey, isSticky: Bool, excluded: Set<Int>,
        scan: MessagesBody, at now: Int64
    ) {
        self.model = model
        self.board = board
        self.key = key
        self.isSticky = isSticky
        self.scan = scan
        let standing = isSticky ? board.standing(of: key, at: now) : nil
        plan = model.plan(
            for: RoutePlan.Caller(
                key, isSticky: isSticky,
                standing: standing.flatMap { hash in model.known.firstIndex { $0.hash == hash } },
                excluded: excluded),
            at: now)
        reason = "\(plan.reason.text)"
    }

    // MARK: Where it stands

    private var index: Int { plan.candidates[position].target }
    var target: VirtualRoute.Target { model.targets[index] }
    var setting: TargetSetting { model.known[index].setting }
    /// `account/model`, to be shown.
    var targetName: String { model.known[index].name }

    /// From the request's end to the first byte of the answer's body, nanoseconds.
    func patience(_ account: UpstreamAccount) -> Int64 { setting.firstByteTimeout ?? account.timeouts.firstByte }

    private var hasFurther: Bool { !isAtLast && position + 1 < plan.candidates.count }
    private func hasRoom(_ attempts: Int) -> Bool { attempts < JournalLimits.attempts }

    /// The same target once more: only where that does not take a further target's turn away, as attempts are bounded.
    private func hasRetry(after all: Int) -> Bool {
        let further = hasFurther ? plan.candidates.count - position - 1 : 0
        return attempts < setting.retry.attempts && hasRoom(all + further)
    }

    /// Another target may be tried: nothing goes to the client before it is clear that this one answers.
    func mayMoveOn(after attempts: Int) -> Bool { hasFurther && hasRoom(attempts) }

    /// The same target may be tried again.
    func mayRepeat(after all: Int) -> Bool { hasRetry(after: all) }

    /// What the upstream says with this status goes no further than here, as another attempt follows.
    func wouldContinue(upon status: Int, _ exchange: Exchange) -> Bool {
        let attempts = exchange.attempts.count
        guard hasRoom(attempts), !concernsLogin(status, exchange) else { return false }
        if hasFurther, setting.fallbackStatusCodes.contains(status) { return true }
        return hasRetry(after: attempts) && setting.retry.statusCodes.contains(status)
    }

    /// What Anthropic thinks of a developer's own login is for its owner, whose client then signs in anew: behind another target's
    /// answer nobody would see that it serves no more.
    private func concernsLogin(_ status: Int?, _ exchange: Exchange) -> Bool {
        exchange.passesThrough && (status == 401 || status == 403)
    }

    // MARK: Events

    /// An attempt at the present target begins.
    func attemptBegan(at now: Int64) {
        attempts += 1
        wasAnywhere = true
        board.attempted(target.health, measures: model.routing.strategy == .latency, at: now)
    }

    /// An attempt has ended: what is known of its target is noted.
    func attemptEnded(_ attempt: Attempt, _ exchange: Exchange, at now: Int64) {
        // What is left of a developer's own plan says nothing of what others would be told.
        let isOwnLimit = exchange.passesThrough && (attempt.errorStatus ?? attempt.status) == 429
        board.ended(target.health, isOwnLimit ? .unknown : attempt.verdict, at: now)
        if let failure = attempt.failure { (refusal, kept) = (failure, nil) }
        if let answer = attempt.kept { (kept, refusal) = (answer, nil) }
        guard attempt.outcome == .ok, exchange.operation == .messages else { return }
        if model.routing.strategy == .latency, let first = attempt.firstByteAt, let sent = attempt.sentAt {
            board.measured(
                target.health, firstByteTime: first - sent,
                writingTime: attempt.endedAt - (exchange.isStreamed ? first : sent), tokens: attempt.bill.usage.output,
                at: now)
        }
    }

    /// The present target's answer is about to go to the client: the session is here, and all loops know it before its client can
    /// send another request.
    func answerBegins(at now: Int64) {
        guard isSticky else { return }
        let isElsewhere = index != plan.ownChoice || model.routing.strategy == .latency
        board.served(
            key, at: isElsewhere ? model.known[index].hash : nil, for: model.routing.stickyTime, at: now)
    }

    /// A rule of ours is against the present target.
    func refused(_ error: Refusal) {
        if kept == nil, refusal == nil { refusal = error }
    }

    /// What follows an attempt that told the client nothing.
    func step(after attempt: Attempt, _ exchange: Exchange) -> Step {
        let all = exchange.attempts.count
        guard hasRoom(all), attempt.mayBeRepeated, !concernsLogin(attempt.errorStatus, exchange) else { return .done }
        let retry = setting.retry, status = attempt.errorStatus
        if hasRetry(after: all), status.map(retry.statusCodes.contains) ?? attempt.wasUnreachable {
            let delay = retry.delay << Int64(min(attempts - 1, 16)), wished = attempt.retryAfter ?? 0
            // Nobody waits for longer than it takes to go elsewhere.
            if wished <= Self.shortRetryAfter {
                retries += 1
                reason = "retry \(attempts) after \(attempt.shortError)"
                return .again(after: max(delay, wished))
            }
        }
        guard status.map(setting.fallbackStatusCodes.contains) ?? true else { return .done }
        return hasFurther ? .next : .done
    }

    private static let shortRetryAfter: Int64 = 5_000_000_000

    /// Goes on to the next target. False: there is none.
    func advance(because why: String) -> Bool {
        guard hasFurther else { return false }
        let from = targetName
        position += 1
        attempts = 0
        // Somebody probes it, or it opened meanwhile: the plan's order stands, as nothing better is left.
        reason =
            target.health.health(at: monotonicNanoseconds()).state == .probeDue
            ? "probe, fallback after \(why) of \(from)" : "fallback after \(why) of \(from)"
        fallbacks.append((from, targetName, why))
        return true
    }

    /// The present target's account is full: what to do.
    func isFull(_ account: UpstreamAccount) -> WhenFull {
        if queue == nil, account.places?.hasQueue == true { queue = position }
        guard !hasFurther else { return .goOn }
        guard let queue, queue == position || attempts == 0 && !wasAnywhere else {
            if kept == nil, refusal == nil { refusal = .accountIsFull(account.name) }
            return .goOn
        }
        let isHere = queue == position
        position = queue
        isAtLast = true
        reason = "waited for a place"
        return isHere ? .wait : .waitElsewhere
    }
}

/// Where a request goes that finds its target's account full.
enum WhenFull {
    /// To the next target, if there is one.
    case goOn
    case wait
    /// At the target that is now the present one.
    case waitElsewhere
}

extension Attempt {
    /// The status that says whether another attempt may follow; `nil`: there was no answer.
    var errorStatus: Int? {
        if let kept { return kept.status }
        if let failure, fault == nil, status != 0 { return status == 200 ? failure.status : status }
        return nil
    }

    /// It ended before the client could learn of it, and not by the client's doing.
    var mayBeRepeated: Bool {
        switch fault {
        case .cancelled, .stopping: return false
        default: return outcome != .ok
        }
    }

    /// No answer, but not for want of patience: the next attempt may have one.
    var wasUnreachable: Bool {
        switch fault {
        case .transport, .cut, .malformed, .http2: true
        case .tooLarge, .timedOut, .cancelled, .stopping, nil: false
        }
    }

    /// For reasons: `529`, `timeout`, `unreachable`.
    var shortError: String {
        if let errorStatus { return "\(errorStatus)" }
        return status == 0 && fault == nil ? "no credential" : "\(outcome.name)"
    }

    var verdict: HealthBoard.Verdict {
        if outcome == .ok { return .well }
        if let status = errorStatus ?? (status > 0 && status != 200 ? status : nil) {
            return status >= 500 || status == 429 || status == 408 ? .failed(retryAfter: retryAfter) : .well
        }
        // What breaks in the middle says little; nor does a client that went away, our own end, or a pooled connection that had ended.
        switch fault {
        case .cancelled, .stopping: return .unknown
        default: break
        }
        if firstByteAt != nil || diedAtReuse { return .unknown }
        return .failed(retryAfter: nil)
    }
}
