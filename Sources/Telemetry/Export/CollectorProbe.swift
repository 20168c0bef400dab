import HTTP
import Transport
import Wire

/// Sends a collector an empty export, to see whether it would take one.
package enum CollectorProbe {
    package enum Outcome: Sendable, Equatable {
        /// After so many nanoseconds, connecting included.
        case took(Int64)
        /// It answered something else; a status, or its own words.
        case refused(String)
        /// It asks to be tried again.
        case busy(String)
        case unreachable(String)
    }

    /// On any loop; `timeout`: nanoseconds for all of it.
    package static func ask(
        _ endpoint: SignalEndpoint, loop: EventLoop, resolver: Resolver, version: String, timeout: Int64
    ) async -> Outcome {
        let began = monotonicNanoseconds()
        do throws(TransportError) {
            let transport = try endpoint.makeTransport(loop, resolver)
            let fields =
                endpoint.headers.map { ($0.name, $0.value) } + [
                    ("content-type", "application/x-protobuf"), ("user-agent", "tollgate/\(version)"),
                ]
            do throws(ClientFault) {
                let answer = try await transport.export(
                    path: endpoint.url.path, fields: fields, body: [], timeout: timeout)
                await transport.close()
                let words = endpoint.echoMask.masked(answer.words)
                return outcome(answer.reply, words, after: monotonicNanoseconds() - began)
            } catch {
                return .unreachable(error.sentence)
            }
        } catch {
            return .unreachable(error.sentence)
        }
    }

    private static func outcome(
        _ reply: ExportStateMachine.Reply, _ words: String, after nanoseconds: Int64
    ) -> Outcome {
        switch reply {
        case .status(200..<300, _): .took(nanoseconds)
        case .status(let status, _) where [429, 502, 503, 504].contains(status):
            .busy(words.isEmpty ? "status \(status)" : words)
        case .status(let status, _): .refused("status \(status)")
        case .busy(CollectorReply.webPage, _): .refused(words)
        case .busy(let reason, _): .busy(words.isEmpty ? reason : words)
        case .refused(let reason), .tooLarge(let reason): .refused(words.isEmpty ? reason : words)
        case .none: .unreachable("no answer")
        }
    }
}
