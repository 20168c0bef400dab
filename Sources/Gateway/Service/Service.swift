import Configuration
import Governance
import HTTP
import Ledger
import Synchronization
import Telemetry
import Transport
import Wire

/// The running gateway: loops, listeners, ledger and telemetry put together from one configuration file. Started, reloaded and
/// drained by the thread that calls `run`, which alone blocks.
package final class Service {
    private let path: String
    private var snapshot: Snapshot
    /// What cannot be changed while it runs.
    private let started: RestartSettings
    private var accounts: [UpstreamAccount]
    private var stamp: FileStamp
    private let signals: Signals
    private let ledger: Ledger
    private let telemetry: TelemetryHost
    private let mock: MockServer
    private let resolver: Resolver
    private let workers: [LoopWorker]
    private let keys: KeyDistribution
    private let governance: GovernanceHost
    private let sessions: SessionTracker
    private let tokens: TokenDistribution
    private let clientTelemetry: ClientTelemetryHost
    private let log: LogWriter
    /// What the listeners show; `nil`: they speak no TLS, since the start.
    private var tls: ListenerTLS?
    /// The files whose change is a reason to read everything anew.
    private var watched: [String]
    private var freed = FreedMemory()

    /// Takes the data directory and the addresses; nothing is served before `run`. `loops`: 0 is one for each core.
    package init(configuration path: String, loops: Int) throws {
        // Before any other thread, so that all of them leave the signals to this one.
        signals = try Signals()
        EventLoop.prepareProcess()
        self.path = path
        let before = FileStamp([path])
        let snapshot = try Snapshot.load(path: path)
        self.snapshot = snapshot
        started = RestartSettings(snapshot)
        watched = snapshot.watchedFiles
        stamp = FileStamp(watched, before: before)
        let count = loops > 0 ? loops : EventLoop.defaultCount
        let eventLoops = try (0..<count).map { try EventLoop(index: $0) }
        let tls = try snapshot.tls.map { try ListenerTLS($0) }
        self.tls = tls
        let listeners = try Self.bind(snapshot, tls?.context, eventLoops)
        telemetry = try TelemetryHost(snapshot, loops: eventLoops)
        log = telemetry.processLog
        let keys = KeyDistribution(configured: snapshot.keys)
        self.keys = keys
        let raises = RaiseDistribution()
        let directory = try DataDirectory(path: snapshot.dataPath)
        ledger = try Self.openLedger(directory, loops: count, keys: keys, raises: raises, telemetry)
        mock = try MockServer(loop: eventLoops[0])
        resolver = Resolver()
        tokens = try TokenDistribution(
            snapshot.tokenIssuers, proxies: snapshot.proxies, loop: eventLoops[0], resolver: resolver, log: log)
        accounts = try [UpstreamAccount].make(snapshot, previous: [], mockPort: mock.port, resolver: resolver)
        let book = RuleBook(snapshot.rules)
        governance = try GovernanceHost(
            book, home: telemetry.loops[0], ledger: ledger, directory: directory, telemetry: telemetry)
        clientTelemetry = try telemetry.makeClientHost(index: count + 1, ledger.writer)
        sessions = SessionTracker(
            telemetry.ofSessions, writer: ledger.writer, loops: count, watchesCaches: snapshot.telemetry.cacheForensics)
        var workers: [LoopWorker] = []
        for (index, loop) in eventLoops.enumerated() {
            workers.append(
                LoopWorker(
                    loop: loop, loops: count, snapshot: snapshot, book: book, governor: governance.governor,
                    writer: ledger.writer, standings: ledger.standings,
                    keys: KeyRing(ledger.initialKeys, snapshot.keys),
                    tokens: tokens.directory, journal: ledger.journals[index], ids: ledger.makeIDSource(loop: index),
                    telemetry: telemetry.loops[index], sessions: SessionGatherer(loop: loop, sessions),
                    resolver: resolver, upstreams: accounts, listeners: listeners[index],
                    keyLookout: KeyLookout(ledger.writer), exposition: telemetry.exposition,
                    clientTelemetry: clientTelemetry))
        }
        telemetry.watchProcess(ledger)
        if let tls { telemetry.tell(tls.context) }
        for worker in workers { worker.tell(workers.filter { $0 !== worker }) }
        self.workers = workers
        keys.start(ledger.initialKeys, workers)
        raises.start(governance)
        tokens.start(workers)
    }

    private static func bind(_ snapshot: Snapshot, _ tls: TLSContext?, _ loops: [EventLoop]) throws -> [[Listener]] {
        var listeners = [[Listener]](repeating: [], count: loops.count)
        // Before there are any of ours: two of them may overlap.
        for setting in snapshot.listen {
            guard let address = SocketAddress(literal: setting.host, port: setting.port) else { continue }
            try Listener.expectFree(address)
        }
        for setting in snapshot.listen {
            guard var address = SocketAddress(literal: setting.host, port: setting.port) else {
                throw TransportError.unresolved(host: setting.host, reason: "listen needs an address, not a name")
            }
            for (index, loop) in loops.enumerated() {
                let listener = try Listener(address, tls: tls, loop: loop)
                // With port 0 the first loop's choice is everybody's.
                address = listener.address
                listeners[index].append(listener)
            }
        }
        return listeners
    }

    private static func openLedger(
        _ directory: DataDirectory, loops: Int, keys: KeyDistribution, raises: RaiseDistribution,
        _ telemetry: TelemetryHost
    ) throws -> Ledger {
        var options = Ledger.Options()
        options.loops = loops
        options.onKeyChange = { keys.changed($0) }
        options.onRaiseChange = { raises.changed($0) }
        options.onAudit = { entries in for entry in entries { telemetry.emit(.change(entry)) } }
        options.onAuditLoss = telemetry.auditLoss()
        options.onRowLoss = telemetry.rowLoss()
        options.onFault = { telemetry.tell($0) }
        let log = telemetry.processLog
        options.onUpgrade = { step in
            log.write(.info, "the ledger is brought up to date; nothing is served before") { fields in
                fields.member("step", "\(step)")
            }
        }
        return try Ledger(directory, options)
    }

    // MARK: Running

    /// Serves until a signal ends it, then drains. Returns the exit code.
    package func run() async -> Int32 {
        do {
            try governance.begin()
            try startLoops()
        } catch {
            log.write(.error, "cannot serve") { $0.member("error", "\(error)") }
            return 1
        }
        announce()
        loop: while true {
            switch signals.next(milliseconds: Self.watchInterval) {
            case .hangup: reload(reason: "signal")
            case .interrupt, .terminate: break loop
            case nil:
                if FileStamp(watched) != stamp { reload(reason: "the file changed") }
                tokens.checkFiles()
                freed.trim()
            }
        }
        await drain()
        return 0
    }

    private static let watchInterval: Int32 = 1_000

    private func startLoops() throws {
        let problem = Mutex<TransportError?>(nil)
        for (index, worker) in workers.enumerated() {
            worker.loop.post { [mock, telemetry] in
                do throws(TransportError) {
                    telemetry.start(loop: index)
                    if index == 0 { try mock.start() }
                    try worker.listen()
                } catch {
                    problem.withLock { $0 = error }
                }
            }
        }
        try telemetry.start()
        try clientTelemetry.start()
        sessions.start()
        for worker in workers { try worker.loop.start() }
        barrier()
        if let problem = problem.withLock({ $0 }) { throw problem }
    }

    /// Waits until every loop has done what was posted before.
    private func barrier() {
        let done = Latch(workers.count)
        for worker in workers { worker.loop.post { done.countDown() } }
        done.wait()
    }

    private func announce() {
        if ledger.wasEmptied {
            log.write(.warning, "the ledger was empty (0 bytes): no keys, and nothing spent from budgets") { fields in
                fields.member("cure", "if it held rows once, stop the gateway and restore it from a backup")
            }
        }
        if ledger.recovered.finished + ledger.recovered.interrupted > 0 {
            log.write(.warning, "rows of a process that was killed were brought in") { fields in
                fields.member("finished", Int64(ledger.recovered.finished))
                fields.member("interrupted", Int64(ledger.recovered.interrupted))
            }
        }
        for warning in snapshot.warnings { log.write(.warning, warning) { _ in } }
        if let tls { complain(of: tls.context) }
        for address in workers[0].addresses {
            log.write(.info, "listening") { fields in
                fields.member("address", "\(address)")
                fields.member("tls", snapshot.tls == nil ? "off" : "on")
                fields.member("loops", Int64(workers.count))
                fields.member("version", Version.current)
            }
        }
    }

    // MARK: Reload

    private func reload(reason: String) {
        stamp = FileStamp(watched)
        do {
            let old = snapshot
            try takeOver(Snapshot.load(path: path))
            let report = ReloadReport(reason: reason, from: old, to: snapshot)
            tell(report)
            log.write(.info, "configuration reloaded") { fields in
                fields.member("reason", reason)
                fields.member("added", Int64(report.added.count))
                fields.member("removed", Int64(report.removed.count))
            }
        } catch {
            if let named = (error as? ConfigurationErrors)?.files {
                watched = snapshot.watchedFiles + named
                stamp = FileStamp(watched, before: stamp)
            }
            let report = ReloadReport(reason: reason, failure: error)
            tell(report)
            for problem in report.problems {
                log.write(.error, "configuration not reloaded; the old one stays in force") { fields in
                    fields.member("problem", problem)
                }
            }
        }
        // Budgets' openings were read from the ledger, which may be long.
        freed.giveBack()
    }

    /// All that can fail comes before anything is changed.
    private func takeOver(_ next: Snapshot) throws {
        // Also if it is refused: the file that is missing may come.
        watched = next.watchedFiles
        stamp = FileStamp(watched, before: stamp)
        let accounts = try [UpstreamAccount].make(
            next, previous: self.accounts, mockPort: mock.port, resolver: resolver)
        let renewed = try renewedTLS(next)
        let book = RuleBook(next.rules)
        let openings = try governance.openings(for: book, after: RuleBook(snapshot.rules))
        try tokens.replace(next.tokenIssuers)
        warnOfRestart(next)
        snapshot = next
        self.accounts = accounts
        governance.replace(book, openings: openings)
        for worker in workers {
            worker.loop.post { worker.replace(snapshot: next, book: book, accounts: accounts) }
        }
        if let renewed { show(renewed) }
        keys.replace(configured: next.keys)
        telemetry.replace(next)
    }

    /// The TLS that the listeners are to show from now on; `nil`: nothing has changed, or they speak none.
    private func renewedTLS(_ next: Snapshot) throws -> ListenerTLS? {
        guard let setting = next.tls, tls?.isCurrent(setting) != true else { return nil }
        let renewed = try ListenerTLS(setting)
        return tls == nil ? nil : renewed
    }

    private func show(_ renewed: ListenerTLS) {
        let endsOthers = tls.map { renewed.asksOtherwise(than: $0) } ?? false
        tls = renewed
        for worker in workers { worker.loop.post { worker.show(renewed.context, endsOthers: endsOthers) } }
        telemetry.tell(renewed.context)
        log.write(.info, "the certificate was loaded") { fields in
            guard let end = renewed.context.certificateEnd else { return }
            fields.member("not_after", RFC3339.text(end, fraction: .none))
        }
        complain(of: renewed.context)
    }

    /// What is wrong with the time of the certificate that is shown: it is shown nevertheless, as the clock may be what is wrong.
    private func complain(of context: TLSContext) {
        let found = MachineChecks.certificate(
            from: context.certificateBegin, until: context.certificateEnd, now: wallClockNanoseconds())
        guard found.state == .fail else { return }
        log.write(.error, "the certificate \(found.detail)") { $0.member("cure", found.cure) }
    }

    /// Brings it into the audit, the figures, the events and `/readyz`. When this returns all loops have what was posted to them.
    private func tell(_ report: ReloadReport) {
        governance.audit(report.action, subject: path, details: report.details)
        telemetry.tell(report, subject: path)
        let notice = report.notice(at: wallClockNanoseconds())
        for worker in workers { worker.loop.post { worker.configurationNotice = notice } }
        // Said when it is so on every loop.
        barrier()
    }

    private func warnOfRestart(_ next: Snapshot) {
        let others = started.differing(in: RestartSettings(next))
        if !others.isEmpty {
            log.write(.warning, "reload: these settings change only with a restart") { fields in
                fields.member("settings", others.joined(separator: ", "))
            }
        }
        if (next.tls == nil) != (tls == nil) {
            log.write(.warning, "reload: TLS goes on or off only with a restart") { _ in }
        }
    }

    // MARK: Drain

    private func drain() async {
        let limits = snapshot.limits
        log.write(.info, "draining") { fields in
            fields.member("drain_delay_ms", limits.drainDelay / 1_000_000)
            fields.member("drain_timeout_ms", limits.drainTimeout / 1_000_000)
        }
        for worker in workers { worker.loop.post { worker.announceEnd() } }
        var isHurried = waits(limits.drainDelay) { true }
        for worker in workers { worker.loop.post { worker.drain() } }
        if !isHurried { isHurried = waits(limits.drainTimeout) { openConnections() > 0 } }
        if openConnections() > 0 {
            let reason = isHurried ? "a second signal came" : "the drain time is over"
            log.write(.warning, "\(reason); open requests are broken off") { fields in
                fields.member("connections", Int64(openConnections()))
            }
            for worker in workers { worker.loop.post { worker.connections.stop() } }
            _ = waits(Self.stopTime) { openConnections() > 0 }
            for worker in workers { worker.loop.post { worker.connections.abort() } }
            _ = waits(Self.abortTime) { openConnections() > 0 }
        }
        await clientTelemetry.shutdown()
        for worker in workers { worker.loop.post { worker.sessions.handOver() } }
        governance.audit("stop", subject: Version.current, details: "{}")
        barrier()
        await sessions.shutdown()
        await telemetry.shutdown()
        await governance.keepOpenings(RuleBook(snapshot.rules))
        do {
            try await ledger.close()
        } catch {
            log.write(.error, "the ledger could not be closed; the next start brings its rows in") { fields in
                fields.member("error", "\(error)")
            }
        }
        log.write(.info, "stopped") { _ in }
    }

    /// Waits for so many nanoseconds, as long as there is reason to. True: a further signal says that it has taken too long.
    private func waits(_ nanoseconds: Int64, while reason: () -> Bool) -> Bool {
        let end = monotonicNanoseconds() + nanoseconds
        while monotonicNanoseconds() < end, reason() {
            switch signals.next(milliseconds: 20) {
            case .interrupt, .terminate: return true
            case .hangup, nil: break
            }
        }
        return false
    }

    /// For the last words of exchanges that are ended; then for their tasks to find their connections closed. Nanoseconds.
    private static let stopTime: Int64 = 1_000_000_000
    private static let abortTime: Int64 = 3_000_000_000

    private func openConnections() -> Int {
        let sum = Atomic<Int>(0)
        let done = Latch(workers.count)
        for worker in workers {
            worker.loop.post {
                sum.add(worker.connections.count, ordering: .relaxed)
                done.countDown()
            }
        }
        done.wait()
        return sum.load(ordering: .relaxed)
    }
}
