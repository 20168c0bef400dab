import Configuration
import Governance
import HTTP
import Providers
import Telemetry
import Transport
import Wire

extension LoopWorker {
    /// `GET /metrics`: made on the exporter's loop, so that a scrape takes no time of requests.
    func answerMetrics(_ exchange: Exchange) async throws(Refusal) {
        let setting = exchange.setting.snapshot.telemetry.metrics.prometheus
        guard setting.isEnabled else { throw .unknownPath("/metrics") }
        guard isFromHere(exchange) || showsToken(exchange, setting) else {
            throw setting.token == nil ? .metricsAreLocal : .metricsNeedToken
        }
        let channel = exchange.channel
        let format = exposition(wanted: channel), takesGzip = takesGzip(channel)
        let (body, isCompressed) = await exposition(format, takesGzip)
        channel.beginResponse(status: 200)
        addIdentity(exchange)
        channel.field("content-type", "\(format.contentType)")
        channel.field("vary", "accept, accept-encoding")
        if isCompressed { channel.field("content-encoding", "gzip") }
        body.withUnsafeBytes { _ = channel.respond($0) }
        if channel.hasUnsent { _ = await channel.flush() }
    }

    /// The peer is this host itself, and nobody whom a proxy on it speaks for.
    private func isFromHere(_ exchange: Exchange) -> Bool {
        guard exchange.channel.stream.peer.isLoopback else { return false }
        return !exchange.channel.head.fields.contains { field in
            switch field.name {
            case .forwarded, .xForwardedFor, .xForwardedHost, .xRealIP, .via: true
            default: false
            }
        }
    }

    private func showsToken(_ exchange: Exchange, _ setting: PrometheusSetting) -> Bool {
        let channel = exchange.channel
        guard let token = setting.token, let shown = CredentialFields(channel.head, channel.headBytes).bearer else {
            return false
        }
        return token.withBytes { $0.equalsInConstantTime(channel.headBytes(shown)) }
    }

    // MARK: Negotiation

    private func exposition(wanted channel: ServerChannel) -> ExpositionFormat {
        guard let range = channel.head.value(.accept) else { return .text }
        return ExpositionFormat(accepting: String(decoding: channel.headBytes(range), as: UTF8.self))
    }

    private func takesGzip(_ channel: ServerChannel) -> Bool {
        guard let range = channel.head.value(.acceptEncoding) else { return false }
        return AcceptList(String(decoding: channel.headBytes(range), as: UTF8.self)).quality(of: "gzip") > 0
    }
}
