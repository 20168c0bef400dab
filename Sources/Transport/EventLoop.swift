import CLinux
import Synchronization

/// One thread that waits for its sockets and timers and runs the jobs of its actors and tasks.
///
/// It is both `SerialExecutor` (actors pinned to it never leave it) and `TaskExecutor` (a task that prefers it resumes
/// on it, not on the global pool); jobs are run announcing both, so that a call between actors of one loop does not
/// enqueue. Loops live as long as the process.
///
/// `@unchecked Sendable`: what other threads may touch is `shared` (a mutex), `sleeping` and the counters (atomics); all other
/// state is touched on the loop's own thread only, which `precondition`s check where it is cheap.
package final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
    package let index: Int
    private let pollDescriptor: Int32
    private let wakeDescriptor: Int32

    // Touched by any thread.
    private struct Shared {
        var jobs: [UnownedJob] = []
        var calls: [@Sendable () -> Void] = []
    }
    private let shared = Mutex(Shared())
    private let hasInbox = Atomic<Bool>(false)
    private let sleeping = Atomic<Bool>(false)
    private let foreign = Atomic<Int>(0)
    private let stopped = Atomic<Bool>(false)

    // Touched by the loop's thread only.
    private var jobs = JobQueue()
    private var timers = TimerHeap()
    private var sources = SourceTable()
    private var outbox = Outbox()
    /// More than one thing happened in this turn: small writes are sent together.
    private(set) var isBusy = false
    /// The monotonic clock as of the present turn, in nanoseconds.
    package private(set) var now: Int64
    /// Runs at the end of every turn in which something happened; for what is batched per turn.
    package var endOfTurn: (() -> Void)?
    /// One buffer for reading that nobody keeps across a suspension.
    package let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: EventLoop.bulkBytes, alignment: 64)

    /// Tasks that move much and wait for the next turn, the longest first.
    private var waitingForTurn: [UnsafeContinuation<Void, Never>] = []
    private var bulkLeft = EventLoop.turnBytes
    /// When the turn had moved its first; 0: it has moved nothing.
    private var bulkSince: Int64 = 0
    /// What is large moves so many bytes in a turn, of all connections together, or for so many nanoseconds: bytes that the processor has at
    /// hand are moved four times as fast as those whose memory is new. Then it is the turn of what is small. Less would make more turns of
    /// it, each with its waits and wakes.
    package static let turnBytes = 512 * 1024
    private static let turnTime: Int64 = 100_000
    /// The most that is read of a connection at a time.
    package static let bulkBytes = 128 * 1024
    /// What is less than so many bytes is not large.
    package static let littleBytes = 16 * 1024

    /// What was large and goes back to the system.
    var unmapping = Unmapping()

    private var freeBlocks: [UnsafeMutableRawBufferPointer] = []
    /// The size of the blocks that connections read into, in bytes.
    package static let blockBytes = 16 * 1024

    private static let wakeToken = UInt64.max

    /// Prepares the process for loops: request bodies come and go, and their memory is kept between them (measured with
    /// 100 KB bodies: the page faults cost as much as the rest of the request). Every descriptor is a connection, so it takes as many
    /// as it may (`RLIMIT_NOFILE`, up to the hard limit). The kernel's table of descriptors is made as large
    /// as it may become: each time it grows under threads that run, whoever opens a connection waits 15 ms for all of them.
    /// Once, before any loop starts.
    package static func prepareProcess() {
        tg_keep_freed_memory()
        tg_raise_descriptor_limit()
        tg_grow_descriptor_table(65_536)
    }

    /// One for each processor that this process may use.
    package static var defaultCount: Int { Int(max(1, min(64, tg_processors()))) }

    /// Throws `.system` when the kernel gives no descriptors.
    package init(index: Int) throws(TransportError) {
        self.index = index
        now = monotonicNanoseconds()
        pollDescriptor = try Self.checked(tg_poll_create(), "epoll_create1")
        wakeDescriptor = try Self.checked(tg_wake_create(), "eventfd")
        _ = try Self.checked(-tg_poll_add_level(pollDescriptor, wakeDescriptor, Self.wakeToken), "epoll_ctl")
    }

    static func checked(_ result: Int32, _ call: @autoclosure () -> String) throws(TransportError) -> Int32 {
        guard result >= 0 else { throw .system(call: call(), errno: -result) }
        return result
    }

    /// The loop whose thread this is.
    package static var current: EventLoop? {
        tg_thread_loop().map { Unmanaged<EventLoop>.fromOpaque($0).takeUnretainedValue() }
    }

    package var isCurrent: Bool { tg_thread_loop() == Unmanaged.passUnretained(self).toOpaque() }

    /// Jobs that came from other threads since the start: zero in the steady state of a request (the guard test).
    package var foreignEnqueues: Int { foreign.load(ordering: .relaxed) }

    // MARK: Executor

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isCurrent {
            jobs.append(job)
        } else {
            foreign.add(1, ordering: .relaxed)
            shared.withLock { $0.jobs.append(job) }
            announce()
        }
    }

    package func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
    package func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }
    package func isIsolatingCurrentContext() -> Bool? { isCurrent }
    package func checkIsolated() { precondition(isCurrent, "not on the loop that owns this actor") }

    /// Runs `call` on the loop's thread, in order of posting; from any thread.
    package func post(_ call: @escaping @Sendable () -> Void) {
        shared.withLock { $0.calls.append(call) }
        announce()
    }

    private func announce() {
        hasInbox.store(true, ordering: .sequentiallyConsistent)
        if sleeping.load(ordering: .sequentiallyConsistent) { tg_wake_signal(wakeDescriptor) }
    }

    // MARK: Running

    /// Starts the loop's thread. A background loop gives way to the others when there is not enough processor for all.
    package func start(isBackground: Bool = false) throws(TransportError) {
        post { isBackground ? tg_thread_background() : tg_thread_short_turns() }
        let context = Unmanaged.passRetained(self).toOpaque()
        let result = tg_thread_start(
            "loop-\(index)",
            { context in
                guard let context else { return }
                Unmanaged<EventLoop>.fromOpaque(context).takeUnretainedValue().run()
            }, context)
        guard result == 0 else { throw .system(call: "pthread_create", errno: result) }
    }

    /// Ends the loop's thread after its present turn; sockets stay as they are.
    package func stop() {
        stopped.store(true, ordering: .relaxed)
        post {}
    }

    private func run() {
        tg_set_thread_loop(Unmanaged.passUnretained(self).toOpaque())
        var events = [tg_event](repeating: tg_event(), count: 256)
        while !stopped.load(ordering: .relaxed) {
            let count = wait(&events)
            now = monotonicNanoseconds()
            isBusy = count > 1
            bulkLeft = Self.turnBytes
            bulkSince = 0
            // Before the sockets: who posted may have answered a client since, whose next request is among the events.
            if hasInbox.load(ordering: .acquiring) { takeInbox() }
            for event in events.prefix(count) {
                if event.token == Self.wakeToken {
                    tg_wake_drain(wakeDescriptor)
                } else {
                    sources.dispatch(token: event.token, bits: event.bits)
                    runJobs()
                    if outbox.isDue { outbox.flush() }
                }
            }
            fireTimers()
            takeInbox()
            runJobs()
            goOnWithBulk()
            unmapping.goOn()
            outbox.flush()
            endOfTurn?()
        }
        tg_set_thread_loop(nil)
    }

    private func wait(_ events: inout [tg_event]) -> Int {
        sleeping.store(true, ordering: .sequentiallyConsistent)
        let timeout =
            hasInbox.load(ordering: .sequentiallyConsistent) || jobs.count > 0 || !waitingForTurn.isEmpty
                || !unmapping.isEmpty
            ? 0 : untilNextTimer()
        let count = events.withUnsafeMutableBufferPointer {
            tg_poll_wait(pollDescriptor, $0.baseAddress, Int32($0.count), timeout)
        }
        sleeping.store(false, ordering: .sequentiallyConsistent)
        precondition(count >= 0, "epoll_wait failed with errno \(-count)")
        return Int(count)
    }

    private func untilNextTimer() -> Int32 {
        guard let earliest = timers.earliest else { return -1 }
        let left = earliest - monotonicNanoseconds()
        return left <= 0 ? 0 : Int32(min((left + 999_999) / 1_000_000, 60_000))
    }

    /// Drained after each socket's event, so that what it brought is handled while it is in the cache.
    private func runJobs() {
        let serial = asUnownedSerialExecutor(), task = asUnownedTaskExecutor()
        while let job = jobs.popFirst() { job.runSynchronously(isolatedTo: serial, taskExecutor: task) }
    }

    private func takeInbox() {
        guard hasInbox.exchange(false, ordering: .sequentiallyConsistent) else { return }
        let taken = shared.withLock { shared in
            defer { shared = Shared() }
            return shared
        }
        // Calls first: a job that came after a call sees what it did.
        for call in taken.calls { call() }
        for job in taken.jobs { jobs.append(job) }
        runJobs()
    }

    private func fireTimers() {
        while let timer = timers.popDue(at: now) {
            timer.due(now: now)
            runJobs()
        }
    }

    // MARK: What is large

    /// Notes that `count` bytes of something large were moved.
    package func moved(_ count: Int) {
        bulkLeft -= count
        guard bulkLeft > 0 else { return }
        let time = monotonicNanoseconds()
        if bulkSince == 0 { bulkSince = time } else if time - bulkSince >= Self.turnTime { bulkLeft = 0 }
    }

    /// Whether this turn has moved enough of what is large: wait for `nextTurn`.
    package var hasMovedEnough: Bool { bulkLeft <= 0 }

    /// So much is read of one connection at a time, at most what `scratch` holds: while others wait for their turn, less, so that it comes
    /// sooner; in a turn that has moved enough no more than shows whether there is much.
    package var readBytes: Int {
        hasMovedEnough ? Self.littleBytes : waitingForTurn.isEmpty ? Self.bulkBytes : 4 * Self.littleBytes
    }

    /// Lets the other sockets have their turn.
    package func nextTurn() async {
        assert(isCurrent)
        await withUnsafeContinuation { waitingForTurn.append($0) }
    }

    /// At least one goes on in each turn, so that none waits for ever.
    private func goOnWithBulk() {
        guard !waitingForTurn.isEmpty else { return }
        var resumed = 0
        let waiting = waitingForTurn
        repeat {
            waiting[resumed].resume()
            resumed += 1
            runJobs()
        } while resumed < waiting.count && bulkLeft > 0
        // Those that wait anew stand behind.
        waitingForTurn.removeFirst(resumed)
    }

    /// Looks at a timer at `deadline`, or earlier.
    func enter(_ timer: LoopTimer, at deadline: Int64) {
        assert(isCurrent)
        if timer.place < 0 {
            timers.insert(timer, at: deadline)
        } else if deadline < timers.deadline(of: timer) {
            timers.move(timer, earlier: deadline)
        }
    }

    func remove(_ timer: LoopTimer) { timers.remove(timer) }

    /// How many timers it looks at.
    var timerCount: Int { timers.count }

    // MARK: Sockets

    /// Watches a descriptor, edge-triggered, until `unregister`.
    func register(_ descriptor: Int32, _ source: any EventSource) throws(TransportError) -> UInt64 {
        try register(source) { tg_poll_add(pollDescriptor, descriptor, $0) }
    }

    /// Watches a descriptor for connections to accept, level-triggered, until `unregister`.
    func registerListener(_ descriptor: Int32, _ source: any EventSource) throws(TransportError) -> UInt64 {
        try register(source) { tg_poll_add_level(pollDescriptor, descriptor, $0) }
    }

    private func register(_ source: any EventSource, _ add: (UInt64) -> Int32) throws(TransportError) -> UInt64 {
        assert(isCurrent)
        let token = sources.insert(source)
        let result = add(token)
        guard result == 0 else {
            sources.remove(token)
            throw .system(call: "epoll_ctl", errno: result)
        }
        return token
    }

    func unregister(_ descriptor: Int32, token: UInt64) {
        assert(isCurrent)
        sources.remove(token)
        _ = tg_poll_remove(pollDescriptor, descriptor)
    }

    /// Keeps a small write until some more have come, or the turn ends.
    func putOff(_ pieces: Pieces, for socket: Socket) {
        assert(isCurrent)
        if outbox.put(pieces, for: socket) { return }
        outbox.flush()
        _ = outbox.put(pieces, for: socket)
    }

    /// Sends what was put off, as before something that must not overtake it.
    func flush() {
        if !outbox.isEmpty { outbox.flush() }
    }

    // MARK: Blocks

    /// A block of `blockBytes`, its content undefined; give it back on this loop.
    package func takeBlock() -> UnsafeMutableRawBufferPointer {
        assert(isCurrent)
        return freeBlocks.popLast() ?? .allocate(byteCount: Self.blockBytes, alignment: 64)
    }

    package func giveBack(_ block: UnsafeMutableRawBufferPointer) {
        assert(isCurrent)
        // Enough for a burst; the rest goes back to the system.
        if freeBlocks.count < 64 { freeBlocks.append(block) } else { block.deallocate() }
    }
}
