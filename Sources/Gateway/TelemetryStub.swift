import Configuration
import Glibc
import HTTP
import Ledger
import Transport
import Wire

enum LogSeverity: String { case debug, info, warning, error }

final class LogWriter: Sendable {
    func write(_ level: LogSeverity, _ message: String, _ fields: (inout JSONWriter) -> Void) {
        var w = JSONWriter()
        w.beginObject()
        w.member("timestamp", RFC3339.text(wallClockNanoseconds()))
        w.member("severity", level.rawValue)
        w.member("message", message)
        fields(&w)
        w.endObject()
        var line = w.array
        line.append(10)
        line.withUnsafeBytes { _ = Glibc.write(2, $0.baseAddress, $0.count) }
    }
}

final class LoopTelemetry: @unchecked Sendable {
    private var state: UInt64 = UInt64(bitPattern: wallClockNanoseconds()) | 1
    private func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }
    func nextSpanID() -> SpanID { SpanID(next())! }
    func nextTraceID() -> TraceID { TraceID(high: next(), low: next())! }
    func isSampled(parent: TraceContext?, traceID: TraceID) -> Bool { parent?.isSampled ?? true }
    func requestBegan() {}
    func ledgerRefused() {}
    func acceptFailed(_ e: TransportError) {}
    func connectionRefused() {}
    func connectionFailed(_ e: TransportError) {}
    func start() {}
}

final class TelemetryHost: Sendable {
    let loops: [LoopTelemetry]
    let processLog = LogWriter()
    init(_ snapshot: Snapshot, loops: [EventLoop]) throws { self.loops = loops.map { _ in LoopTelemetry() } }
    func start() {}
    func replace(_ s: Snapshot) {}
    func shutdown() async {}
}

extension LoopWorker {
    func account(_ exchange: Exchange) {
        LogWriter().write(.info, "request") { w in
            w.member("request_id", exchange.id.description)
            w.member("trace_id", exchange.trace.traceID.text)
            w.member("status", Int64(exchange.channel.status))
        }
    }
}
