import Configuration
import Governance
import Ledger
import Synchronization
import Telemetry
import Transport
import Wire

/// The governor and what surrounds it: the ledger that it begins with and that keeps its accounts, raises, alerts, figures.
final class GovernanceHost: Sendable {
    let governor: Governor
    private let writer: LedgerWriter
    private let directory: DataDirectory
    private let log: LogWriter
    /// For the next start; `nil`: this one has read little.
    private let kept: KeptOpenings?
    /// The place of this process' beginning in the order of decisions.
    private let start: Int64
    /// Rows that the process before left as they were when it ended.
    private let corrections: [BudgetAccountRow]

    /// On the controlling thread, before the loops run: reads what was spent in the windows that are open now.
    init(
        _ book: RuleBook, home: LoopTelemetry, ledger: Ledger, directory: DataDirectory, telemetry: TelemetryHost
    ) throws {
        writer = ledger.writer
        self.directory = directory
        let now = wallClockNanoseconds()
        // Numbers of this process are higher than any before, and in the order of time over restarts.
        let sequence = max(ledger.newestOrder, now)
        let openings = try Openings(book, directory, at: now)
        kept = openings.isWorthKeeping ? openings.kept(before: ledger.firstID) : nil
        log = home.log
        let raises = ledger.initialRaises.map(LimitRaise.init)
        let store = try BudgetStore(directory: directory, actor: "tollgate", now: { wallClockNanoseconds() })
        corrections = try book.corrections(of: store.accounts(), openings.budgets, raises, at: now)
        governor = Governor(
            book, loop: home.loop, sequence: sequence, openings: openings.budgets,
            reported: try Self.reported(book, store, at: now), raises: raises,
            events: Self.events(home, ledger.writer, directory, telemetry))
        start = sequence
        restore(openings.rates)
        governor.loop.post { [governor] in governor.assumeIsolated { $0.tellOpenings() } }
    }

    /// Notes that a process begins, and waits until it is written: everything before was another one's.
    func begin() throws(LedgerError) {
        audit("start", subject: Version.current, order: start)
        if !corrections.isEmpty { writer.save(accounts: corrections) }
        try flush()
        if let kept { Task { await keep(kept) } }
    }

    /// So that the next start need not read what this process has written; for after the drain.
    func keepOpenings(_ book: RuleBook) async {
        do {
            let end = try await writer.end()
            let openings = try Openings(book, directory, at: wallClockNanoseconds())
            if openings.isWorthKeeping { await keep(openings.kept(before: end)) }
        } catch {
            tellUnkept(error)
        }
    }

    private func keep(_ openings: KeptOpenings) async {
        do throws(LedgerError) { try await writer.keep(openings) } catch { tellUnkept(error) }
    }

    private func tellUnkept(_ error: any Error) {
        log.write(.warning, "what budgets begin with could not be kept; the next start reads all rows of their windows")
        { fields in
            fields.member("error", "\(error)")
        }
    }

    /// Waits until everything that was handed to the ledger is written. The controlling thread must not suspend: it would go on
    /// elsewhere, and signals would find a thread that does not wait for them.
    private func flush() throws(LedgerError) {
        let done = Latch(1), fault = Mutex<LedgerError?>(nil)
        Task { [writer] in
            do throws(LedgerError) { try await writer.flush() } catch { fault.withLock { $0 = error } }
            done.countDown()
        }
        done.wait()
        if let fault = fault.withLock({ $0 }) { throw fault }
    }

    // MARK: What was before

    /// Thresholds that were told before, so that a restart does not tell them again.
    private static func reported(
        _ book: RuleBook, _ store: BudgetStore, at now: Int64
    ) throws -> [BudgetAccountID: Int] {
        guard let first = book.windowBounds(at: now).first else { return [:] }
        var reported: [BudgetAccountID: Int] = [:]
        for alert in try store.alerts(since: first) {
            guard let rule = book.rules.budgets.first(where: { $0.id == alert.account.rule }) else { continue }
            let window = book.rules.zone.window(rule.window, containing: now)
            guard window.lowerBound == alert.account.windowStart else { continue }
            // Of before models were in small letters, too.
            let scope = rule.appliesPer.account(named: alert.account.scope) ?? alert.account.scope
            let id = BudgetAccountID(rule: rule.id, unit: rule.unit, scope: scope, window: window)
            reported[id] = max(reported[id] ?? 0, alert.threshold)
        }
        return reported
    }

    private func restore(_ used: [Openings.Used]) {
        governor.loop.post { [governor] in
            governor.assumeIsolated { governor in
                for each in used { governor.restore(each.rule, scope: each.scope, amount: each.amount, at: each.start) }
            }
        }
    }

    // MARK: Changes

    /// What the accounts of rules begin with that are about to be in force after those of `old`.
    func openings(for book: RuleBook, after old: RuleBook) throws -> [BudgetAccountID: Int64] {
        // The rows of a month are many, and most changes are about something else.
        let changed = RuleBook(book.rules(changedSince: old))
        guard !changed.rules.isEmpty else { return [:] }
        // What is closed has to be there before it is read.
        try flush()
        return try Openings(changed, directory, at: wallClockNanoseconds()).budgets
    }

    func replace(_ book: RuleBook, openings: [BudgetAccountID: Int64]) {
        governor.loop.post { [governor] in
            governor.assumeIsolated { $0.replace(book, openings: openings) }
        }
    }

    func replace(raises: [BudgetRaise]) {
        let raises = raises.map(LimitRaise.init)
        governor.loop.post { [governor] in governor.assumeIsolated { $0.replace(raises: raises) } }
    }

    /// Writes a line of the audit that has a place in the order of decisions.
    private func audit(_ action: String, subject: String, order: Int64, details: String = "{}") {
        writer.audit([
            AuditEntry(
                at: wallClockNanoseconds(), actor: "tollgate", action: action, subject: subject, details: details,
                order: order)
        ])
    }

    /// Writes such a line; its place is behind what was handed to the governor before.
    func audit(_ action: String, subject: String, details: String) {
        governor.loop.post { [self] in
            let order = governor.assumeIsolated { $0.nextSequence() }
            audit(action, subject: subject, order: order, details: details)
        }
    }

    // MARK: Events

    private static func events(
        _ home: LoopTelemetry, _ writer: LedgerWriter, _ directory: DataDirectory, _ telemetry: TelemetryHost
    ) -> GovernorEvents {
        var events = GovernorEvents()
        events.thresholdPassed = { crossing in
            let alert = BudgetAlert(crossing)
            home.emit(.budgetAlert(alert))
            home.log.write(.warning, alert.sentence) { line in
                line.member("rule", alert.rule)
                line.member("scope", alert.scope)
                line.member("threshold_percent", Int64(alert.threshold))
            }
            writer.save(alerts: [
                BudgetAlertRow(account: crossing.status.id.row, threshold: crossing.threshold, at: crossing.at)
            ])
            telemetry.alerts.send(alert, to: crossing.rule.alerts)
        }
        events.released = { admission, sequence in
            writer.audit([AuditEntry(release: admission, sequence: sequence)])
        }
        events.accountsChanged = { statuses in
            let now = wallClockNanoseconds()
            writer.save(accounts: statuses.map { BudgetAccountRow($0, at: now) })
        }
        events.accountsStand = { statuses in for status in statuses { home.measure(status) } }
        events.accountsOver = { series in for series in series { home.end(series) } }
        let log = home.log
        events.windowsUnread = { governor, book, place in
            audit("clock_set", at: place, writer)
            Task { await reopen(book, governor, writer, directory, log) }
        }
        return events
    }

    private static func audit(_ action: String, at place: Int64, _ writer: LedgerWriter) {
        writer.audit([
            AuditEntry(
                at: wallClockNanoseconds(), actor: "tollgate", action: action, subject: Version.current, details: "{}",
                order: place)
        ])
    }

    /// The clock was set: what was read at the start is of other windows.
    private static func reopen(
        _ book: RuleBook, _ governor: Governor, _ writer: LedgerWriter, _ directory: DataDirectory, _ log: LogWriter
    ) async {
        do {
            let before = await governor.settledSums()
            // What is closed has to be there before it is read.
            try await writer.flush()
            let now = wallClockNanoseconds()
            let spent = try Openings(book, directory, at: now).budgets
            let store = try BudgetStore(directory: directory, actor: "tollgate", now: { now })
            let reported = try reported(book, store, at: now)
            guard let place = await governor.reopen(spent, before: before, reported: reported, of: book) else { return }
            audit("reopen", at: place, writer)
            log.write(.warning, "the clock was set: budgets know what was spent in the windows of now") { _ in }
        } catch {
            log.write(.error, "the clock was set: budgets do not know what was spent in the windows of now; start anew")
            { fields in
                fields.member("error", "\(error)")
            }
        }
    }
}

extension LoopTelemetry {
    fileprivate func measure(_ status: BudgetStatus) {
        let labels = BudgetSeries(status.id).labels
        figures.set(.budgetSettled, status.settled, labels)
        figures.set(.budgetReserved, status.reserved, labels)
        figures.set(.budgetLimit, status.limit, labels)
        figures.set(.budgetExposure, status.exposure, labels)
    }

    fileprivate func end(_ series: BudgetSeries) {
        for gauge in [Instrument.budgetSettled, .budgetReserved, .budgetLimit, .budgetExposure] {
            figures.remove(gauge, series.labels)
        }
    }
}

extension BudgetSeries {
    fileprivate var labels: Labels {
        .budget(rule: rule, scope: scope, unit: isMoney ? .nanoUSD : .token)
    }
}

/// Brings raises from the ledger's thread to the governor, also those that come before it is there.
final class RaiseDistribution: Sendable {
    private struct State {
        var host: GovernanceHost?
        var waiting: [BudgetRaise]?
    }
    private let state = Mutex(State())

    func changed(_ raises: [BudgetRaise]) {
        let host = state.withLock { state in
            if state.host == nil { state.waiting = raises }
            return state.host
        }
        host?.replace(raises: raises)
    }

    func start(_ host: GovernanceHost) {
        let waiting = state.withLock { state in
            state.host = host
            return state.waiting
        }
        if let waiting { host.replace(raises: waiting) }
    }
}
