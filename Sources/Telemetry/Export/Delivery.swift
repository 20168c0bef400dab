import HTTP
import Transport
import Wire

/// What is exported, as named in the labels of the drop counter and in the log.
package enum Signal: String, Sendable, CaseIterable {
    case spans, metrics, logs

    func labels(_ reason: String) -> Labels {
        Labels().adding("reason", reason).adding("signal", rawValue)
    }
}

/// A request's body and what says how it is packed; the same for each attempt.
struct Export {
    var body: [UInt8] = []
    var fields: [(String, String)] = []
}

/// The way of one signal to its collector, attempt by attempt; confined to the exporter's loop.
final class Delivery {
    let signal: Signal
    let transport: any OTLPTransport
    let pause: any ExportPause
    private let endpoint: SignalEndpoint
    private let version: String
    private let level: LogSeverity
    private let log: LogWriter
    private var isFailing = false

    /// Nil when the signal is not exported.
    init?(
        _ endpoint: SignalEndpoint?, _ transport: (any OTLPTransport)?, _ signal: Signal, _ version: String,
        _ level: LogSeverity, _ log: LogWriter, _ pause: () -> any ExportPause
    ) {
        guard let endpoint, let transport else { return nil }
        self.endpoint = endpoint
        self.transport = transport
        self.signal = signal
        self.version = version
        self.level = level
        self.log = log
        self.pause = pause()
    }

    /// Compresses, if that is set, and adds the header fields.
    func export(_ bytes: [UInt8]) -> Export {
        var export = Export(body: bytes, fields: endpoint.headers.map { ($0.name, $0.value) })
        export.fields.append(("content-type", "application/x-protobuf"))
        export.fields.append(("user-agent", "tollgate/\(version)"))
        if endpoint.isCompressed, let packed = gzip(bytes, level: 1) {
            export.body = packed
            export.fields.append(("content-encoding", "gzip"))
        }
        return export
    }

    /// Makes one attempt, which ends about `deadline` (monotonic nanoseconds) if there is one. Also says how many items of
    /// an export that was taken were refused.
    func post(_ export: Export, until deadline: Int64?) async -> (reply: ExportStateMachine.Reply, rejected: Int64) {
        var timeout = endpoint.timeout
        if let deadline { timeout = min(timeout, max(1_000_000, deadline - monotonicNanoseconds())) }
        do throws(ClientFault) {
            let answer = try await transport.export(
                path: endpoint.url.path, fields: export.fields, body: export.body, timeout: timeout)
            guard case .status(200..<300, _) = answer.reply else {
                if !answer.words.isEmpty, !isFailing {
                    note(.warning, "the collector refused an export") { $0.member("error", answer.words) }
                    isFailing = true
                }
                return (answer.reply, 0)
            }
            recovered()
            return (answer.reply, rejected(answer.body))
        } catch {
            if !isFailing { note(.warning, "the collector cannot be reached") { $0.member("error", error.sentence) } }
            isFailing = true
            return (.none, 0)
        }
    }

    private func recovered() {
        if isFailing { note(.info, "the collector takes exports again") { _ in } }
        isFailing = false
    }

    /// Part of an export may be refused; it must not be sent again (OTLP specification, partial success).
    private func rejected(_ body: [UInt8]) -> Int64 {
        let answer = CollectorAnswer(body)
        if answer.rejected > 0 {
            note(.warning, "the collector rejected part of an export") { fields in
                fields.member("rejected", answer.rejected)
                fields.member("answer", answer.message)
            }
        } else if !answer.message.isEmpty {
            note(.warning, "the collector has something to say") { $0.member("answer", answer.message) }
        }
        return max(0, answer.rejected)
    }

    private func note(_ severity: LogSeverity, _ message: String, _ fields: (inout JSONWriter) -> Void) {
        guard severity >= level else { return }
        log.write(severity, message) { line in
            line.member("signal", signal.rawValue)
            fields(&line)
        }
    }
}
