import Glibc
import Synchronization

/// How loops and callers wake the writer's thread: a flag that says whether it sleeps, and a condition to end that.
///
/// While the writer is busy it looks at the rings every 20 ms by itself and the loops pay nothing but reading the
/// flag. Only the first row after a silence costs a system call.
///
/// Unchecked Sendable because the flag is atomic, `signalled` is only touched under the mutex, and mutex and condition
/// are made for several threads and stay at their addresses until the last owner is gone.
final class WriterWake: @unchecked Sendable {
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var signalled = false
    private let sleeps = Atomic<Bool>(false)

    init() {
        mutex = .allocate(capacity: 1)
        mutex.initialize(to: pthread_mutex_t())
        pthread_mutex_init(mutex, nil)
        condition = .allocate(capacity: 1)
        condition.initialize(to: pthread_cond_t())
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        condition.deallocate()
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// Called by a loop after it has put a row into its ring. HOT.
    func afterPush() {
        // Pairs with the store in `sleep`: either this thread sees the flag, or the writer sees the row. Without the
        // full fence the load could pass the ring's store.
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        if sleeps.load(ordering: .relaxed), sleeps.exchange(false, ordering: .acquiringAndReleasing) { signal() }
    }

    /// Ends the writer's wait, or its next one.
    func signal() {
        pthread_mutex_lock(mutex)
        signalled = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
    }

    /// Waits for a signal, at most so many milliseconds. Writer's thread only.
    func pause(milliseconds: Int64) {
        var deadline = timespec()
        clock_gettime(CLOCK_MONOTONIC, &deadline)
        let nanoseconds = Int64(deadline.tv_nsec) + milliseconds % 1000 * 1_000_000
        deadline.tv_sec += Int(milliseconds / 1000 + nanoseconds / 1_000_000_000)
        deadline.tv_nsec = Int(nanoseconds % 1_000_000_000)
        pthread_mutex_lock(mutex)
        while !signalled, pthread_cond_timedwait(condition, mutex, &deadline) == 0 {}
        signalled = false
        pthread_mutex_unlock(mutex)
    }

    /// Waits like `pause`, and lets the loops end it, unless `hasWork` finds something that was pushed before they
    /// could see that. Writer's thread only.
    func sleep(milliseconds: Int64, unless hasWork: () -> Bool) {
        sleeps.store(true, ordering: .sequentiallyConsistent)
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        if !hasWork() { pause(milliseconds: milliseconds) }
        sleeps.store(false, ordering: .sequentiallyConsistent)
    }
}
