import HTTP
import Transport
import Wire

/// What carries an export to its collector.
protocol OTLPTransport: Sendable {
    /// Sends one request and reads its whole, bounded answer. `timeout`: nanoseconds for all of it.
    func export(
        path: String, fields: [(String, String)], body: [UInt8], timeout: Int64
    ) async throws(ClientFault) -> CollectorReply

    /// Closes what is kept open.
    func close() async
}

/// What a collector said to one export, whatever carried it.
struct CollectorReply: Sendable {
    let reply: ExportStateMachine.Reply
    /// An `Export…ServiceResponse`, if the export was taken.
    let body: [UInt8]
    /// Why it was not, if the collector says so.
    let words: String

    init(_ reply: ExportStateMachine.Reply, body: [UInt8] = [], words: String = "") {
        self.reply = reply
        self.body = body
        self.words = words
    }

    /// A page of whoever else stands at the address, such as a proxy that asks to sign in: nothing was taken, whatever the status says.
    static let webPage = "web_page"

    init(_ answer: HTTPAnswer) {
        // `<` begins no protobuf message and no JSON.
        if 200..<300 ~= answer.status, answer.body.first(where: { $0 > 0x20 }) == UInt8(ascii: "<") {
            self.init(.busy(Self.webPage, retryAfter: nil), words: "a web page came, not a collector's answer")
            return
        }
        let wait = answer.retryAfter.flatMap { RetryAfter.nanoseconds($0, at: wallClockNanoseconds()) }
        self.init(.status(answer.status, retryAfter: wait), body: answer.body)
    }
}

extension HTTPClient: OTLPTransport {
    func export(
        path: String, fields: [(String, String)], body: [UInt8], timeout: Int64
    ) async throws(ClientFault) -> CollectorReply {
        CollectorReply(try await post(path: path, fields: fields, body: body, timeout: timeout))
    }
}

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
        _ = await wakeup.wait(for: .deadline | .notice)
        wakeup.clearDeadline()
    }

    package func end() { wakeup.signal(.notice) }
}
