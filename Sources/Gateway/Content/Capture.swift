import Configuration
import Governance
import HTTP
import Ledger
import Providers
import Telemetry
import Transport
import Upstream
import Wire

extension LoopWorker {
    /// Begins to keep prompt and answer where a rule of `content_capture` is about the request.
    func beginCapture(_ exchange: Exchange) {
        let rules = exchange.setting.book.rules.contents
        guard !rules.isEmpty, telemetry.recordsEvents, exchange.operation == .messages,
            let principal = exchange.principal,
            let routed = exchange.routed, let body = exchange.body
        else { return }
        let subject = subject(exchange, principal, routed)
        guard let rule = rules.first(where: { $0.when.matches(subject) }), consents(exchange, rule),
            isDrawn(exchange, rule)
        else { return }
        guard let capture = ContentCapture(rule, request: body.bytes) else {
            return telemetry.figures.add(.telemetryDropped, 1, Signal.logs.labels("capture_full"))
        }
        exchange.capture = capture
        exchange.channel.tap = { capture.take(response: $0) }
    }

    private func consents(_ exchange: Exchange, _ rule: ContentRule) -> Bool {
        let said = exchange.facts.loggingConfig.map { LoggingConfig.isEnabled(exchange.text($0)) } ?? nil
        switch rule.client {
        case .ignored: return true
        // What cannot be understood was meant to say something: then nothing is recorded.
        case .mayDecline: return exchange.facts.loggingConfig == nil || said == true
        case .mustConsent: return said == true
        }
    }

    /// By the trace, so that a prompt's requests are recorded together.
    private func isDrawn(_ exchange: Exchange, _ rule: ContentRule) -> Bool {
        rule.sample >= 1
            || Sampler(ratio: rule.sample, followsParent: false).isSampled(parent: nil, traceID: exchange.trace.traceID)
    }

    /// Tells what was kept; it is taken apart on the exporter's loop.
    func emitContent(_ exchange: Exchange) {
        exchange.channel.tap = nil
        // What no upstream saw is no content of a model's.
        guard let capture = exchange.capture, let attempt = exchange.lastAttempt else { return }
        let content = capture.finish()
        var event = TelemetryEvent(
            "gen_ai.client.inference.operation.details", .info, "prompt and answer",
            at: wall(exchange.endedAt, exchange),
            trace: exchange.trace.traceID, span: attempt.span)
        event.longestText = capture.rule.maximumBytes
        event.add("tollgate.request.id", exchange.id.description)
        event.add("gen_ai.operation.name", "chat")
        event.add("gen_ai.conversation.id", String(decoding: exchange.text(exchange.facts.sessionID), as: UTF8.self))
        event.add("gen_ai.provider.name", "\(exchange.setting.accounts[attempt.routed.account].providerName)")
        event.add("gen_ai.request.model", attempt.routed.upstream)
        event.add("gen_ai.response.model", attempt.facts.model)
        telemetry.emit(event, size: content.size) { content.add(to: &$0) }
    }
}
