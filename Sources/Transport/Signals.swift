import CLinux
import Glibc

/// The signals a server answers to.
package enum ProcessSignal: Int32, CaseIterable, Sendable {
    case hangup = 1
    case interrupt = 2
    case terminate = 15
}

/// Signals as values, for the one thread that controls the process. Create it before any other thread starts, so that all
/// threads leave them to that one.
package struct Signals {
    private let numbers = ProcessSignal.allCases.map(\.rawValue)

    package init() throws(TransportError) {
        // A peer that closed must be an error of the write, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        _ = try EventLoop.checked(-tg_signals_block(numbers, Int32(numbers.count)), "pthread_sigmask")
    }

    /// Blocks the calling thread until a signal comes, or for `milliseconds`.
    package func next(milliseconds: Int32) -> ProcessSignal? {
        ProcessSignal(rawValue: tg_signals_wait(numbers, Int32(numbers.count), milliseconds))
    }
}
