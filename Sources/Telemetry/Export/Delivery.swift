import HTTP
import Transport
import Wire

/// What is exported, as named in the labels of the drop counter and in the log.
package enum Signal: String, Sendable, CaseIterable {
    case spans, metrics, logs

    package func labels(_ reason: String) -> Labels { .dropped(rawValue, reason) }
}

/// The way of one signal to its collector, attempt by attempt; confined to the exporter's loop.
final class Delivery {
    let signal: Signal
    let transport: any OTLPTransport
    let pause: any ExportPause
    let name: String
    private let endpoint: SignalEndpoint
    private let version: String
    private let level: LogSeverity
    private let log: LogWriter
    /// What it was sent to be let in does not come into the log with its words.
    private let mask: EchoMask
    private var isFailing = false
    private var rejectedLine = RepeatedLine()
    private var saidLine = RepeatedLine()
    /// Why the last attempt failed; empty after one that did not.
    private(set) var fault = ""

    /// `log` says what goes wrong, from `level` on; `name` is the destination's.
    init(
        _ endpoint: SignalEndpoint, _ transport: any OTLPTransport, _ signal: Signal, name: String, version: String,
        level: LogSeverity, log: LogWriter, pause: any ExportPause
    ) {
        self.endpoint = endpoint
        mask = endpoint.echoMask
        self.transport = transport
        self.signal = signal
        self.name = name
        self.version = version
        self.level = level
        self.log = log
        self.pause = pause
    }

    var compression: SignalEndpoint.Compression { endpoint.compression }
    var isGRPC: Bool { endpoint.isGRPC }

    private func fields(_ payload: Payload) -> [(String, String)] {
        var fields = endpoint.headers.map { ($0.name, $0.value) }
        fields.append(("content-type", "application/x-protobuf"))
        fields.append(("user-agent", "tollgate/\(version)"))
        if payload.isCompressed { fields.append(("content-encoding", "gzip")) }
        return fields
    }

    /// Makes one attempt, which ends about `deadline` (monotonic nanoseconds) if there is one. Also says how many items of
    /// an export that was taken were refused.
    func post(_ payload: Payload, until deadline: Int64?) async -> (reply: ExportStateMachine.Reply, rejected: Int64) {
        var timeout = endpoint.timeout
        if let deadline { timeout = min(timeout, max(1_000_000, deadline - monotonicNanoseconds())) }
        do throws(ClientFault) {
            let answer = try await transport.export(
                path: endpoint.url.path, fields: fields(payload), body: payload.body, timeout: timeout)
            guard case .status(200..<300, _) = answer.reply else {
                // A single answer of a busy collector is nothing to tell of; the next one is.
                let isSecond = !fault.isEmpty
                fault = mask.masked(Self.sentence(answer))
                if !isFailing, isSecond || !answer.words.isEmpty {
                    note(.warning, "the collector refused an export") {
                        $0.member("error", answer.words.isEmpty ? fault : mask.masked(answer.words))
                    }
                    isFailing = true
                }
                return (answer.reply, 0)
            }
            recovered()
            return (answer.reply, rejected(answer.body))
        } catch {
            fault = error.sentence
            if !isFailing { note(.warning, "the collector cannot be reached") { $0.member("error", error.sentence) } }
            isFailing = true
            return (.none, 0)
        }
    }

    private func recovered() {
        if isFailing { note(.info, "the collector takes exports again") { _ in } }
        isFailing = false
        fault = ""
    }

    private static func sentence(_ answer: CollectorReply) -> String {
        switch answer.reply {
        case .status(let status, _): "status \(status)"
        case .refused(let reason), .tooLarge(let reason), .busy(let reason, _): reason
        case .none: answer.words
        }
    }

    /// Part of an export may be refused; it must not be sent again (OTLP specification, partial success).
    private func rejected(_ body: [UInt8]) -> Int64 {
        let answer = CollectorAnswer(body)
        if answer.rejected > 0 {
            note(.warning, "the collector rejected part of an export", &rejectedLine) { fields in
                fields.member("rejected", answer.rejected)
                fields.member("answer", mask.masked(answer.message))
            }
        } else if !answer.message.isEmpty {
            note(.warning, "the collector has something to say", &saidLine) {
                $0.member("answer", mask.masked(answer.message))
            }
        }
        return max(0, answer.rejected)
    }

    /// What may be said of every export is said once a minute; what is counted is counted each time.
    private func note(
        _ severity: LogSeverity, _ message: String, _ line: inout RepeatedLine, _ fields: (inout JSONWriter) -> Void
    ) {
        guard let leftOut = line.due(at: monotonicNanoseconds()) else { return }
        note(severity, message) { writer in
            fields(&writer)
            if leftOut > 0 { writer.member("not_said_before", leftOut) }
        }
    }

    private func note(_ severity: LogSeverity, _ message: String, _ fields: (inout JSONWriter) -> Void) {
        guard severity >= level else { return }
        log.write(severity, message, isMirrored: false) { line in
            line.member("signal", signal.rawValue)
            line.member("destination", name)
            fields(&line)
        }
    }
}
