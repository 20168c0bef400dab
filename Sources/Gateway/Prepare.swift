import Configuration
import HTTP
import Ledger
import Providers
import Wire

extension LoopWorker {
    /// The end of route: what goes out is made from what came in. Throws what the client is told if it cannot be said there.
    func prepare(_ exchange: Exchange) throws(Refusal) {
        guard let routed = exchange.routed, let body = exchange.body else { return }
        let account = exchange.setting.accounts[routed.account]
        guard routed.door.isTranslated else {
            exchange.call = UpstreamCall()
            return
        }
        let counts = exchange.operation == .countTokens
        if counts, !Translation.counts(routed.door.dialect, account.kind) { throw .countsNoTokens(routed.requested) }
        let translated = try Translation.request(
            body.bytes, for: target(routed, account), sessionID: Array(exchange.text(exchange.facts.sessionID)),
            context(exchange, routed, account), counts: counts)
        guard let path = routed.door.path(account.setting, model: routed.upstream, isStreamed: true, counts: counts)
        else { return }
        let dialect = routed.door.dialect
        let answer: UpstreamCall.Answer = counts ? .count(dialect) : .translated(dialect, translated.context)
        exchange.call = UpstreamCall(path: path, answer: answer, translated)
    }

    private func target(_ routed: RoutedModel, _ account: UpstreamAccount) -> TranslationTarget {
        let model = account.setting.model(routed.upstream)
        return TranslationTarget(
            dialect: routed.door.dialect, kind: account.kind, account: account.name, model: routed.upstream,
            baseModel: model?.baseModel, maximumOutput: model?.maximumOutput,
            rejectsLosses: account.setting.fidelity == .reject)
    }

    private func context(_ exchange: Exchange, _ routed: RoutedModel, _ account: UpstreamAccount) -> AnswerContext {
        let id = exchange.id.description
        return AnswerContext(
            messageID: "msg_\(id.dropFirst(4))", requestID: id, requestedModel: routed.requested,
            reasoningState: ReasoningState(account: account.name, model: routed.upstream))
    }
}
