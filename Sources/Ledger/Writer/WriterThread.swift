import Glibc
import Synchronization
import Transport

/// The thread that the ledger's writer lives on: runs the actor's jobs, and between them its turns.
///
/// SQLite blocks; therefore neither an event loop nor the shared pool may run it. Everything here is immutable or
/// under the mutex, so the class is safely Sendable.
final class WriterThread: SerialExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var ended = false
    }

    /// What the thread does between jobs; returns how it is to wait.
    typealias Turn = @Sendable () -> WriterWait

    private let state = Mutex(State())
    private let turn = Mutex<Turn?>(nil)
    private let wake: WriterWake
    /// Whether rows wait in a ring; asked on the thread only.
    private let hasWork: @Sendable () -> Bool
    /// The thread's identity, 0 until it runs.
    private let identity = Atomic<UInt>(0)

    init(wake: WriterWake, hasWork: @escaping @Sendable () -> Bool) {
        self.wake = wake
        self.hasWork = hasWork
    }

    /// Starts the thread. Jobs enqueued before are kept for it.
    func start(_ turn: @escaping Turn) throws(LedgerError) {
        self.turn.withLock { $0 = turn }
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { argument in
                guard let argument else { return nil }
                Unmanaged<WriterThread>.fromOpaque(argument).takeRetainedValue().run()
                return nil
            },
            Unmanaged.passRetained(self).toOpaque())
        guard code == 0 else {
            Unmanaged.passUnretained(self).release()
            throw .file(operation: "start", path: "the ledger's thread", code: code)
        }
    }

    private func run() {
        identity.store(UInt(pthread_self()), ordering: .releasing)
        takeShortTurns()
        // Taken out of the lock and dropped when the work is done: it holds the writer, which holds this thread.
        var turn = self.turn.withLock { current in
            defer { current = nil }
            return current
        }
        while runJobs() {
            guard let next = turn else {
                wake.pause(milliseconds: Self.longPause)
                continue
            }
            switch next() {
            case .again: continue
            case .pause(let milliseconds): wake.pause(milliseconds: milliseconds)
            case .sleep(let milliseconds): wake.sleep(milliseconds: milliseconds, unless: hasWork)
            case .ended: turn = nil
            }
        }
    }

    /// Between jobs that come after the work is done, such as a last look at the statistics.
    private static let longPause: Int64 = 60_000

    /// - Returns: `false` when the thread is to end.
    private func runJobs() -> Bool {
        while true {
            let (jobs, ended) = state.withLock { state in
                let jobs = state.jobs
                state.jobs.removeAll(keepingCapacity: true)
                return (jobs, state.ended)
            }
            if jobs.isEmpty { return !ended }
            for job in jobs { job.runSynchronously(on: asUnownedSerialExecutor()) }
        }
    }

    /// Ends the thread after the jobs it has. Called by the actor that lives on it when that goes: nobody is left
    /// who could enqueue another.
    func end() {
        state.withLock { $0.ended = true }
        wake.signal()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
        wake.signal()
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    func checkIsolated() {
        precondition(isOnThread, "not on the ledger's thread")
    }

    func isIsolatingCurrentContext() -> Bool? { isOnThread }

    private var isOnThread: Bool { identity.load(ordering: .acquiring) == UInt(pthread_self()) }
}

/// How the writer's thread waits after a turn.
enum WriterWait: Sendable {
    /// Not at all: there is more to do.
    case again
    /// So many milliseconds, or until a job comes.
    case pause(Int64)
    /// So many milliseconds, or until a job or a row comes.
    case sleep(Int64)
    /// The work is done; only jobs may come.
    case ended
}
