@testable import HTTP
import Synchronization
import Transport

@testable import Telemetry

/// A collector that answers from a script, 200 when it has run out, and remembers what it got.
final class FakeCollector: OTLPTransport {
    struct Request: Sendable {
        let path: String
        let fields: [String: String]
        let body: [UInt8]
        let timeout: Int64
    }

    enum Reply: Sendable {
        case answer(Int, retryAfter: String? = nil, body: [UInt8] = [])
        case fault(ClientFault)
    }

    private struct State {
        var script: [Reply] = []
        var requests: [Request] = []
        var isClosed = false
    }
    private let state = Mutex(State())

    init(_ script: [Reply] = []) { state.withLock { $0.script = script } }

    var requests: [Request] { state.withLock { $0.requests } }
    var isClosed: Bool { state.withLock { $0.isClosed } }

    func export(
        path: String, fields: [(String, String)], body: [UInt8], timeout: Int64
    ) async throws(ClientFault) -> CollectorReply {
        let reply = state.withLock { state in
            let fields = Dictionary(fields) { first, _ in first }
            state.requests.append(Request(path: path, fields: fields, body: body, timeout: timeout))
            return state.script.isEmpty ? Reply.answer(200) : state.script.removeFirst()
        }
        switch reply {
        case .answer(let status, let retryAfter, let body):
            return CollectorReply(HTTPAnswer(status: status, retryAfter: retryAfter, body: body))
        case .fault(let fault): throw fault
        }
    }

    func close() async { state.withLock { $0.isClosed = true } }
}

/// A pause that takes no time and remembers how long it should have been.
final class FakePause: ExportPause, Sendable {
    private let pauses = Mutex<[Int64]>([])

    var seconds: [Int64] { pauses.withLock { $0.map { $0 / 1_000_000_000 } } }

    func pause(nanoseconds: Int64) async { pauses.withLock { $0.append(nanoseconds) } }
    func end() {}
}
