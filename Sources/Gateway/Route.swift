import Configuration
import Providers
import Wire

extension LoopWorker {
    /// route: the model's name becomes an account and its name there. Pure, on the snapshot.
    func route(_ exchange: Exchange, _ scan: MessagesBody) throws(Refusal) {
        guard let name = scan.model, let value = scan.modelValue else { throw .invalidMember("model", "Field required") }
        let requested: String
        do throws(JSONError) {
            requested = try name.decoded()
        } catch {
            throw .invalidMember("model", "\(error.sentence)")
        }
        guard !requested.isEmpty else { throw .invalidMember("model", "must not be empty") }
        guard let resolved = exchange.setting.snapshot.catalog.resolve(requested) else { throw .unroutedModel(requested) }
        let account = exchange.setting.accounts[resolved.provider]
        // A claude.ai login goes to Anthropic and nowhere else.
        if account.kind != .anthropic { exchange.passesThrough = false }
        if account.kind == .anthropic, account.apiKey == nil, !exchange.passesThrough { throw .needsLogin }
        exchange.routed = RoutedModel(
            requested: requested, account: resolved.provider, upstream: resolved.upstream,
            splice: resolved.upstream == requested ? nil : (value, quoted(resolved.upstream)),
            isStreamed: scan.isStreamed,
            price: exchange.setting.snapshot.prices.price(of: resolved.upstream, at: exchange.startedWall))
    }

    private func quoted(_ text: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.value(string: text)
        return writer.array
    }
}
