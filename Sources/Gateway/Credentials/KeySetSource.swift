import Governance
import Transport

/// Keeps the key set of one issuer up to date, for all loops; pinned to one of them. One fetch at a time; while fetches fail, the keys
/// that were there stay in force.
actor KeySetSource {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    nonisolated let fetcher: KeySetFetcher
    private var machine: KeySetStateMachine
    private let timer: LoopTimer
    private var waiting: [Wakeup] = []
    private var isStopped = false
    /// The last fetch failed, so that nobody can say which keys the issuer publishes now.
    private(set) var isFailing = false
    private let whenFetched: @Sendable (KeySetSource, Result<JSONWebKeySet, KeySetFault>) -> Void

    /// So long somebody waits, nanoseconds.
    static let longestWait: Int64 = 5_000_000_000

    /// `whenFetched` is called on the loop's thread after each fetch; what it posts is done before those who wait go on.
    init(
        _ fetcher: KeySetFetcher, machine: KeySetStateMachine, loop: EventLoop,
        whenFetched: @escaping @Sendable (KeySetSource, Result<JSONWebKeySet, KeySetFault>) -> Void
    ) {
        self.loop = loop
        self.fetcher = fetcher
        self.machine = machine
        self.whenFetched = whenFetched
        timer = LoopTimer(loop: loop)
    }

    /// Fetches now, unless it is being fetched; from any thread.
    nonisolated func refresh() {
        loop.post { Task(executorPreference: self.loop) { await self.fetchIfDue() } }
    }

    /// Fetches no more; those who wait go on. From any thread.
    nonisolated func stop() {
        loop.post { Task(executorPreference: self.loop) { await self.end() } }
    }

    /// A token names a key that is not known. True when a fetch ended meanwhile; waits for that until `deadline` (monotonic
    /// nanoseconds). One that was on its way may have seen the old keys still: who finds nothing looks again.
    func look(until deadline: Int64) async -> Bool {
        guard !isStopped, monotonicNanoseconds() < deadline else { return false }
        switch machine.looked(at: loop.now) {
        case .tooSoon: return false
        case .fetch: Task(executorPreference: loop) { await self.fetch() }
        case .join: break
        }
        let wakeup = Wakeup(loop: loop)
        waiting.append(wakeup)
        wakeup.setDeadline(after: deadline - monotonicNanoseconds())
        let events = await wakeup.wait(for: .notice | .deadline)
        wakeup.clearDeadline()
        waiting.removeAll { $0 === wakeup }
        return events.contains(.notice)
    }

    private func fetchIfDue() async {
        guard !isStopped, machine.due() else { return }
        await fetch()
    }

    private func fetch() async {
        let result: Result<JSONWebKeySet, KeySetFault>
        do throws(KeySetFault) {
            result = .success(try await fetcher.fetch(on: loop))
        } catch {
            result = .failure(error)
        }
        guard !isStopped else { return }
        whenFetched(self, result)
        var isGood = false
        if case .success = result { isGood = true }
        isFailing = !isGood
        if let pause = machine.fetched(isGood: isGood) {
            timer.whenFired = { [weak self] in self?.refresh() }
            timer.schedule(after: pause)
        } else {
            timer.cancel()
        }
        release()
    }

    private func end() {
        isStopped = true
        timer.cancel()
        release()
    }

    private func release() {
        let woken = waiting
        waiting = []
        for wakeup in woken { wakeup.signal(.notice) }
    }
}
