import CLinux
import Glibc

/// The signals a server answers to.
package enum ProcessSignal: Int32, CaseIterable, Sendable {
    case hangup = 1
    case interrupt = 2
    case terminate = 15
}

/// Signals as events of a loop. Create it before any other thread starts, so that all threads block them.
package final class Signals: EventSource {
    private let descriptor: Int32
    private var whenReceived: (ProcessSignal) -> Void = { _ in }

    package init() throws(TransportError) {
        signal(SIGPIPE, SIG_IGN)
        let numbers = ProcessSignal.allCases.map(\.rawValue)
        descriptor = try EventLoop.checked(tg_signals_open(numbers, Int32(numbers.count)), "signalfd")
    }

    /// Begins to deliver, on the loop's thread.
    package func start(on loop: EventLoop, whenReceived: @escaping (ProcessSignal) -> Void) throws(TransportError) {
        self.whenReceived = whenReceived
        _ = try loop.register(descriptor, self)
    }

    func ready(readable: Bool, writable: Bool, hangup: Bool) {
        while let received = ProcessSignal(rawValue: tg_signals_read(descriptor)) { whenReceived(received) }
    }
}
