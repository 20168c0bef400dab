import Configuration
import Providers
import Wire

extension LoopWorker {
    /// route: the model's name becomes an account and its name there. Pure, on the snapshot.
    func route(_ exchange: Exchange, _ scan: MessagesBody) throws(Refusal) {
        if let native = exchange.nativeRoute { return try route(exchange, native, scan) }
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
        let route = knownRoute(exchange, requested, resolved)
        exchange.setting.routes.keep(route, as: name.bytes)
        try take(route, splice: value, scan.isStreamed, exchange)
    }

    private func knownRoute(
        _ exchange: Exchange, _ requested: String, _ resolved: ResolvedModel
    ) -> KnownRoutes.Route {
        let setting = exchange.setting.accounts[resolved.provider].setting
        return KnownRoutes.Route(
            requested: requested, account: resolved.provider, upstream: resolved.upstream,
            replacement: resolved.upstream == requested ? nil : quoted(resolved.upstream),
            door: ProviderDoor(setting, model: resolved.upstream), setting)
    }

    /// A request in a provider's own form goes to an account of that kind: the one its model is routed to, else the first.
    private func route(_ exchange: Exchange, _ native: NativeRoute, _ scan: MessagesBody) throws(Refusal) {
        let kind: ProviderKind = native.platform == .bedrock ? .bedrock : .vertex
        var requested = PercentEncoding.decode(String(decoding: exchange.text(native.model), as: UTF8.self))
        if requested.isEmpty { requested = (try? scan.model?.decoded()) ?? "" }
        guard !requested.isEmpty else { throw .invalidMember("model", "Field required") }
        let snapshot = exchange.setting.snapshot
        var resolved = snapshot.catalog.resolve(requested)
        if resolved.map({ snapshot.providers[$0.provider].kind != kind }) ?? true {
            resolved = snapshot.providers.firstIndex { $0.kind == kind }
                .map { ResolvedModel(provider: $0, upstream: requested) }
        }
        guard let resolved else { throw .unroutedModel(requested) }
        let route = knownRoute(exchange, requested, resolved)
        guard !route.door.isTranslated else { throw .unroutedModel(requested) }
        try take(route, splice: 0..<0, native.isStreamed, exchange)
        exchange.routed?.splice = nil
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
            price: route.price(in: exchange.setting.snapshot.prices, at: exchange.startedWall), door: route.door,
            target: route.target, answerPath: route.answerPath)
    }

    private func quoted(_ text: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.value(string: text)
        return writer.array
    }
}
