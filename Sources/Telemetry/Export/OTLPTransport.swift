import HTTP
import Transport

/// What carries an export to its collector.
package protocol OTLPTransport: Sendable {
    /// Sends one request and reads its whole, bounded answer. `timeout`: nanoseconds for each step of it.
    func post(
        path: String, fields: [(String, String)], body: [UInt8], timeout: Int64
    ) async throws(ClientFault) -> HTTPAnswer

    /// Closes what is kept open.
    func close() async
}

extension HTTPClient: OTLPTransport {}

/// The time between two attempts; confined to a loop.
package protocol ExportPause: AnyObject {
    /// Returns after so many nanoseconds, or at once when `end` was called.
    func pause(nanoseconds: Int64) async

    /// Cuts the pause of this moment short, or the next one.
    func end()
}

/// A pause by the loop's timers.
package final class LoopPause: ExportPause {
    private let wakeup: Wakeup

    package init(loop: EventLoop) { wakeup = Wakeup(loop: loop) }

    package func pause(nanoseconds: Int64) async {
        wakeup.setDeadline(after: nanoseconds)
        _ = await wakeup.wait(for: [.deadline, .notice])
        wakeup.clearDeadline()
    }

    package func end() { wakeup.signal(.notice) }
}
