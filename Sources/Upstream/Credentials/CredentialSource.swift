import Configuration
import Transport

/// The credential of one provider account on one loop: kept, and fetched anew before it ends, one fetch at a time.
package actor CredentialSource {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let fetcher: CredentialFetcher
    private var machine: CredentialStateMachine
    private var waiting: [LoopBound<Wakeup>] = []
    private let clock: @Sendable () -> Int64
    private let whenFailed: @Sendable (CredentialFault) -> Void

    /// - Parameters:
    ///   - keyField: where an API key is sent.
    ///   - clock: Unix nanoseconds.
    ///   - whenFailed: called on the loop's thread after each fetch that failed, also while the old credential still serves.
    package init(
        _ setting: CredentialSetting, keyField: KeyField, network: CredentialNetwork, loop: EventLoop,
        clock: @escaping @Sendable () -> Int64 = wallClockNanoseconds,
        whenFailed: @escaping @Sendable (CredentialFault) -> Void = { _ in }
    ) {
        self.loop = loop
        self.clock = clock
        self.whenFailed = whenFailed
        fetcher = CredentialFetcher(setting: setting, network: network, loop: loop)
        machine = CredentialStateMachine(holding: UpstreamCredential(standing: setting, keyField: keyField))
    }

    /// The credential to send now. Waits only if there is none that is valid.
    ///
    /// Throws `.cancelled` when one of `abort` came first, else why there is none.
    package nonisolated func current(
        _ wakeup: Wakeup, abort: WakeEvents
    ) async throws(CredentialFault) -> UpstreamCredential {
        let waiter = LoopBound(wakeup, loop: loop)
        while true {
            switch await ask(waiter) {
            case .use(let credential): return credential
            case .fail(let fault): throw fault
            case .wait: break
            }
            let events = await wakeup.wait(for: abort.union(.notice))
            guard events.isDisjoint(with: abort) else {
                // An abort stays pending, for whoever asked for it.
                wakeup.signal(events.intersection(abort))
                await leave(waiter)
                throw .cancelled
            }
        }
    }

    /// The provider refused what a request that began at `start` (Unix nanoseconds) was sent with: the next one gets another, if
    /// there can be another.
    package func refused(since start: Int64) { machine.refused(since: start, at: clock()) }

    private func ask(_ waiter: LoopBound<Wakeup>) -> CredentialStateMachine.Answer {
        let (answer, mustRefresh) = machine.asked(at: clock())
        if case .wait = answer, !waiting.contains(where: { $0.value === waiter.value }) { waiting.append(waiter) }
        if mustRefresh { Task(executorPreference: loop) { await self.refresh() } }
        return answer
    }

    private func leave(_ waiter: LoopBound<Wakeup>) { waiting.removeAll { $0.value === waiter.value } }

    private func refresh() async {
        do throws(CredentialFault) {
            let credential = try await fetcher.fetch(clock)
            machine.refreshed(credential, at: clock())
        } catch {
            machine.refreshFailed(error, at: clock())
            whenFailed(error)
        }
        let woken = waiting
        waiting = []
        for waiter in woken { waiter.value.signal(.notice) }
    }
}
