import Configuration
import Synchronization
import Transport

@testable import Governance

/// A governor on a loop of its own, with a clock that the test moves; what it tells is kept.
struct GovernorBench: Sendable {
    final class Clock: Sendable {
        private let moment: Atomic<Int64>, passed: Atomic<Int64>
        init(_ start: Int64) {
            moment = Atomic(start)
            passed = Atomic(start)
        }
        var now: Int64 { moment.load(ordering: .sequentiallyConsistent) }
        var elapsed: Int64 { passed.load(ordering: .sequentiallyConsistent) }
        func advance(_ nanoseconds: Int64) {
            set(by: nanoseconds)
            passed.add(nanoseconds, ordering: .sequentiallyConsistent)
        }
        /// Somebody sets the clock; no time passes.
        func set(by nanoseconds: Int64) { moment.add(nanoseconds, ordering: .sequentiallyConsistent) }
    }

    final class Told: Sendable {
        struct Content {
            var alerts: [ThresholdCrossing] = []
            var verdicts: [(owner: String, verdict: AdmissionVerdict)] = []
            var reports: [[BudgetStatus]] = []
            var figures: [BudgetSeries: BudgetStatus] = [:]
            var unread = 0
            var whenReported: CheckedContinuation<Void, Never>?
        }
        let content = Mutex(Content())
        /// How often what was spent was asked for, as the clock was set.
        var unread: Int { content.withLock { $0.unread } }
        var alerts: [ThresholdCrossing] { content.withLock { $0.alerts } }
        var verdicts: [(owner: String, verdict: AdmissionVerdict)] { content.withLock { $0.verdicts } }
        /// `settled reserved limit` of what figures speak of, by rule and scope.
        var figures: [String: [Int64]] {
            content.withLock { content in
                Dictionary(
                    uniqueKeysWithValues: content.figures.map {
                        ("\($0.rule) \($0.scope)", [$1.settled, $1.reserved, $1.limit])
                    })
            }
        }
        /// Of those who were let in from the queue, in order.
        var served: [String] { verdicts.compactMap { if case .admitted = $0.verdict { $0.owner } else { nil } } }
    }

    static let second: Int64 = 1_000_000_000
    static let minute = 60 * second
    static let day = 86_400 * second
    /// 2026-11-21T00:00:00Z, a Saturday.
    static let midnight: Int64 = 1_795_219_200 * second

    let governor: Governor
    let clock: Clock
    let told: Told
    let book: RuleBook

    init(
        budgets: [BudgetRule] = [], rates: [RateRule] = [], openings: [BudgetAccountID: Int64] = [:],
        reported: [BudgetAccountID: Int] = [:], raises: [LimitRaise] = []
    ) throws {
        let loop = try EventLoop(index: 0)
        try loop.start()
        let clock = Clock(Self.midnight + 12 * 3_600 * Self.second), told = Told()
        var events = GovernorEvents()
        events.thresholdPassed = { alert in told.content.withLock { $0.alerts.append(alert) } }
        events.accountsChanged = { statuses in
            let waiting = told.content.withLock { content in
                content.reports.append(statuses)
                defer { content.whenReported = nil }
                return content.whenReported
            }
            waiting?.resume()
        }
        events.accountsStand = { statuses in
            told.content.withLock { for status in statuses { $0.figures[BudgetSeries(status.id)] = status } }
        }
        events.accountsOver = { over in told.content.withLock { for series in over { $0.figures[series] = nil } } }
        events.windowsUnread = { _, _, _ in told.content.withLock { $0.unread += 1 } }
        book = Sample.book(budgets: budgets, rates: rates)
        governor = Governor(
            book, loop: loop, sequence: 1_000, openings: openings, reported: reported, raises: raises, events: events,
            clock: { clock.now }, elapsed: { clock.elapsed })
        self.clock = clock
        self.told = told
    }

    func demand(
        _ subject: RuleSubject = Sample.subject(), cost: Int64? = 0, worst: Int64 = 0, tokens: Int64 = 0,
        owner: String = "alice", book: RuleBook? = nil
    ) -> Demand {
        let book = book ?? self.book
        return Demand(
            book: book, places: book.places(of: subject), owner: owner,
            cost: cost.map { BudgetBalance.Claim(amount: $0, worst: worst) },
            tokens: BudgetBalance.Claim(amount: tokens, worst: tokens))
    }

    /// A verdict from the queue is kept in `told`.
    func admit(_ demand: Demand) async -> AdmissionVerdict {
        let told = told, owner = demand.owner
        return await governor.admit(demand) { verdict in told.content.withLock { $0.verdicts.append((owner, verdict)) }
        }
    }

    func admit(
        _ subject: RuleSubject = Sample.subject(), cost: Int64? = 0, worst: Int64 = 0, tokens: Int64 = 0,
        owner: String = "alice", book: RuleBook? = nil
    ) async -> AdmissionVerdict {
        await admit(demand(subject, cost: cost, worst: worst, tokens: tokens, owner: owner, book: book))
    }

    /// Lets go of what is over: some minutes later somebody asks for something, and what has changed is told.
    func sweep(_ subject: RuleSubject) async {
        clock.advance(5 * Self.minute)
        let seen = told.content.withLock { $0.reports.count }
        if let admission = await admit(subject, cost: 1).admission { await governor.settle(admission, nil) }
        await withCheckedContinuation { continuation in
            let isTold = told.content.withLock { content in
                if content.reports.count == seen { content.whenReported = continuation }
                return content.reports.count > seen
            }
            if isTold { continuation.resume() }
        }
    }

    /// `settled reserved limit`, by rule and scope.
    func status(_ rule: String, _ scope: String = "", since start: Int64 = midnight) async -> [Int64]? {
        await governor.statuses().first { $0.id.rule == rule && $0.id.scope == scope && $0.id.windowStart == start }
            .map { [$0.settled, $0.reserved, $0.limit] }
    }

    static func account(_ rule: String, _ scope: String = "", start: Int64 = midnight) -> BudgetAccountID {
        BudgetAccountID(rule: rule, unit: "cost_per_day", scope: scope, window: start..<start + day)
    }
}

extension Governor {
    /// Runs on the governor's loop.
    func run<Value: Sendable>(_ body: @Sendable (isolated Governor) -> Value) -> Value { body(self) }
}

extension AdmissionVerdict {
    var admission: Admission? { if case .admitted(let admission) = self { admission } else { nil } }
    var refusal: AdmissionRefusal? { if case .refused(let refusal) = self { refusal } else { nil } }
    var ticket: UInt64? { if case .waiting(let ticket, _) = self { ticket } else { nil } }

    /// The rule that refused, and for what.
    var refusedBy: String? {
        switch refusal?.reason {
        case .budget(_, let rule)?: "budget \(rule.id)"
        case .unpriced(let rule)?: "unpriced \(rule.id)"
        case .rate(_, let rule, _)?: "rate \(rule.id)"
        case nil: nil
        }
    }
}

extension Spending {
    init(cost: Int64 = 0, tokens: Int64 = 0, isUnpriced: Bool = false, duration: Int64 = 0) {
        self.init()
        self.cost = cost
        self.tokens = tokens
        self.isUnpriced = isUnpriced
        self.duration = duration
    }
}
