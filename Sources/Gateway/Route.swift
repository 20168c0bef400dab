import Configuration
import Providers
import Wire

extension LoopWorker {
    /// route: the model's name becomes an account and its name there. Pure, on the snapshot.
    func route(_ exchange: Exchange, _ scan: MessagesBody) throws(Refusal) {
        guard let name = scan.model, let value = scan.modelValue else {
            throw .invalidMember("model", "Field required")
        }
        if let known = exchange.setting.routes.find(name.bytes) {
            return try take(known, splice: value, scan.isStreamed, exchange)
        }
        let requested: String
        do throws(JSONError) {
            requested = try name.decoded()
        } catch {
            throw .invalidMember("model", "\(error.sentence)")
        }
        guard !requested.isEmpty else { throw .invalidMember("model", "must not be empty") }
        guard let resolved = exchange.setting.snapshot.catalog.resolve(requested) else {
            throw .unroutedModel(requested)
        }
        let setting = exchange.setting.accounts[resolved.provider].setting
        let route = KnownRoutes.Route(
            requested: requested, account: resolved.provider, upstream: resolved.upstream,
            replacement: resolved.upstream == requested ? nil : quoted(resolved.upstream),
            door: ProviderDoor(setting, model: resolved.upstream), setting)
        exchange.setting.routes.keep(route, as: name.bytes)
        try take(route, splice: value, scan.isStreamed, exchange)
    }

    private func take(
        _ route: KnownRoutes.Route, splice: Range<Int>, _ isStreamed: Bool, _ exchange: Exchange
    ) throws(Refusal) {
        let account = exchange.setting.accounts[route.account]
        // A claude.ai login goes to Anthropic and nowhere else.
        if account.kind != .anthropic { exchange.passesThrough = false }
        if account.kind == .anthropic, !account.hasCredential, !exchange.passesThrough { throw .needsLogin }
        exchange.routed = RoutedModel(
            requested: route.requested, account: route.account, upstream: route.upstream,
            splice: route.replacement.map { (splice, $0) }, isStreamed: isStreamed,
            price: route.price(in: exchange.setting.snapshot.prices, at: exchange.startedWall), door: route.door)
    }

    private func quoted(_ text: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.value(string: text)
        return writer.array
    }
}
