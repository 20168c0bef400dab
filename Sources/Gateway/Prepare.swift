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
        let counts = exchange.operation == .countTokens
        let path = routed.door.path(
            account.setting, model: routed.upstream, isStreamed: exchange.isStreamed, counts: counts)
        guard routed.door.isTranslated else {
            exchange.call = UpstreamCall(path: path)
            return
        }
        if counts, !Translation.counts(routed.door.dialect, account.kind) { throw .countsNoTokens(routed.requested) }
        var output = ByteWriter()
        let request = try Translation.request(
            body.bytes, for: target(routed, account), sessionID: Array(exchange.text(exchange.facts.sessionID)),
            context(exchange, routed, account), counts: counts, into: &output)
        exchange.call = UpstreamCall(
            .own(accept: counts ? "application/json" : routed.door.accept), path: path,
            answer: counts ? .count : .translated(routed.door.dialect, request.context), receipt: request.receipt,
            body: output)
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
