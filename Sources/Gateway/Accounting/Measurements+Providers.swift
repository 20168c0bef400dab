import Glibc
import HTTP
import Ledger
import Telemetry
import Transport
import Upstream

extension Measurements {
    /// Of one provider's account.
    struct AccountSeries {
        /// Kept alive: the key knows it by its address.
        let account: UpstreamAccount
        let active: Int
        let reused: Int
        let fresh: Int
        let connectionDuration: Int
    }
}

/// Connections upstream, and what belongs to the loop.
extension LoopWorker {
    func attemptBegan(_ account: UpstreamAccount) {
        telemetry.figures.add(.clientActive, 1, at: series(account).active)
    }

    func attemptEnded(_ account: UpstreamAccount) {
        telemetry.figures.add(.clientActive, -1, at: series(account).active)
    }

    func series(_ account: UpstreamAccount) -> Measurements.AccountSeries {
        if let known = measurements.accounts[ObjectIdentifier(account)] { return known }
        let place = place(account), lease = Labels().adding("tollgate.provider", account.name)
        let made = Measurements.AccountSeries(
            account: account,
            active: telemetry.figures.index(.clientActive, place),
            reused: telemetry.figures.index(.leases, lease.adding("tollgate.connection.reused", "true")),
            fresh: telemetry.figures.index(.leases, lease.adding("tollgate.connection.reused", "false")),
            connectionDuration: telemetry.figures.index(.clientConnectionDuration, place))
        measurements.accounts.keep(made, for: ObjectIdentifier(account), atMost: Measurements.capacity)
        return made
    }

    private func place(_ account: UpstreamAccount) -> Labels {
        Labels().adding("tollgate.provider", account.name).adding("server.address", account.endpoint.host)
            .adding("server.port", Int(account.endpoint.port))
    }

    /// Has the pools tell of connections that end.
    func watchPools() {
        for (account, pool) in zip(setting.accounts, setting.pools) {
            let index = series(account).connectionDuration
            // At the end connections may close after the worker is gone.
            let told: @Sendable (Int64) -> Void = { [weak self] nanoseconds in
                self?.telemetry.figures.record(.clientConnectionDuration, Double(nanoseconds) / 1e9, at: index)
            }
            pool.assumeIsolated { $0.watchConnections(told) }
        }
    }

    // MARK: Gauges

    /// What is only known at the moment: set when figures are gathered, and the lag measured in between.
    func watchLoop() {
        telemetry.beforeCollection = { [unowned self] figures in
            let index = Labels().adding("tollgate.loop", loop.index)
            figures.set(.connectionsOpen, Int64(connections.count), index)
            figures.set(.connectionsLimit, Int64(setting.connectionsPerLoop), index)
            figures.set(.bodyRoomUsed, Int64(rooms.small.used + rooms.large.used), index)
            figures.set(.bodyRoomLimit, Int64(rooms.small.capacity + rooms.large.capacity), index)
            figures.set(.bodyRoomWaiting, Int64(rooms.small.waitingCount + rooms.large.waitingCount), index)
            figures.set(.journalCapacity, Int64(journal.capacity), index)
            figures.set(.journalFree, Int64(journal.countFree()), index)
            let time = Self.threadTime()
            figures.add(.loopTime, time - measurements.threadTime, index)
            measurements.threadTime = time
            setConnections(&figures)
            // What all loops share is told by one.
            if loop.index == 0 { setAccounts(&figures) }
        }
        let lag = telemetry.figures.index(.loopLag, Labels().adding("tollgate.loop", loop.index))
        lagTimer.whenFired = { [unowned self] in
            telemetry.figures.record(.loopLag, Double(max(0, monotonicNanoseconds() - lagDue)) / 1e9, at: lag)
            armLagTimer()
        }
        armLagTimer()
    }

    private func armLagTimer() {
        lagDue = monotonicNanoseconds() + 500_000_000
        lagTimer.schedule(at: lagDue)
    }

    private static func threadTime() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    private func setConnections(_ figures: inout MetricShard) {
        figures.removeAll(.clientConnections)
        for (account, pool) in zip(setting.accounts, setting.pools) {
            let (open, idle) = pool.assumeIsolated { ($0.openCount, $0.idleCount) }
            let place = place(account)
            figures.set(.clientConnections, Int64(idle), place.adding("http.connection.state", "idle"))
            figures.set(.clientConnections, Int64(open - idle), place.adding("http.connection.state", "active"))
        }
    }

    private func setAccounts(_ figures: inout MetricShard) {
        for instrument in [Instrument.poolWaiting, .providerLimit, .providerRemaining] { figures.removeAll(instrument) }
        for account in setting.accounts {
            let labels = Labels().adding("tollgate.provider", account.name)
            if let places = account.places { figures.set(.poolWaiting, Int64(places.waiting), labels) }
            for kind in ProviderQuota.Kind.allCases {
                let kindLabels = labels.adding("tollgate.ratelimit.kind", kind.name)
                if let limit = account.quota.limit(kind) { figures.set(.providerLimit, limit, kindLabels) }
                if let left = account.quota.remaining(kind) { figures.set(.providerRemaining, left, kindLabels) }
            }
        }
    }
}
