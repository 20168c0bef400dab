import Configuration
import Governance
import HTTP
import Ledger
import Providers
import Transport
import Upstream
import Wire

extension LoopWorker {
    /// route: the model's name becomes an account and its name there. Pure, on the snapshot.
    func route(_ exchange: Exchange, _ scan: MessagesBody) throws(Refusal) {
        if let native = exchange.nativeRoute { return try route(exchange, native, scan) }
        guard let name = scan.model, let value = scan.modelValue else {
            throw .invalidMember("model", "Field required")
        }
        switch exchange.setting.routes.find(name.bytes) {
        case .plain(let known)?: return try take(known, splice: value, scan.isStreamed, exchange)
        case .virtual(let known)?: return try set(out: known, exchange, scan)
        case nil: break
        }
        guard name.bytes.count <= KnownRoutes.longestName else { throw .longModelName }
        let requested: String
        do throws(JSONError) {
            requested = try name.decoded()
        } catch {
            throw .invalidMember("model", "\(error.sentence)")
        }
        guard !requested.isEmpty else { throw .invalidMember("model", "must not be empty") }
        // By bytes, as the catalog has it: a dictionary takes other spellings for the same name.
        if let known = exchange.setting.virtualRoutes[requested], known.name.isExactly(requested) {
            exchange.setting.routes.keep(.virtual(known), as: name.bytes)
            return try set(out: known, exchange, scan)
        }
        guard let resolved = exchange.setting.snapshot.catalog.resolve(requested) else {
            throw .unroutedModel(requested)
        }
        let route = knownRoute(exchange, requested, resolved)
        exchange.setting.routes.keep(.plain(route), as: name.bytes)
        try take(route, splice: value, scan.isStreamed, exchange)
    }

    private func knownRoute(
        _ exchange: Exchange, _ requested: String, _ resolved: ResolvedModel
    ) -> KnownRoutes.Route {
        let setting = exchange.setting.accounts[resolved.provider].setting
        return KnownRoutes.Route(
            requested: requested,
            isNamed: exchange.setting.snapshot.catalog.names(requested) || setting.model(resolved.upstream) != nil,
            account: resolved.provider, upstream: resolved.upstream,
            replacement: resolved.upstream == requested ? nil : JSONWriter.quoted(resolved.upstream),
            door: ProviderDoor(setting, model: resolved.upstream), setting)
    }

    /// A request in a provider's own form goes to an account of that kind: the one its model is routed to, else the first.
    private func route(_ exchange: Exchange, _ native: NativeRoute, _ scan: MessagesBody) throws(Refusal) {
        let kind: ProviderKind = native.platform == .bedrock ? .bedrock : .vertex
        var requested = PercentEncoding.decode(String(decoding: exchange.text(native.model), as: UTF8.self))
        if requested.isEmpty { requested = (try? scan.model?.decoded()) ?? "" }
        guard !requested.isEmpty else { throw .invalidMember("model", "Field required") }
        let routes = kind == .bedrock ? exchange.setting.bedrockRoutes : exchange.setting.vertexRoutes
        if case .plain(let known)? = requested.withUTF8({ routes.find(UnsafeRawBufferPointer($0)) }) {
            return try take(known, splice: nil, native.isStreamed, exchange)
        }
        guard requested.utf8.count <= KnownRoutes.longestName else { throw .longModelName }
        let snapshot = exchange.setting.snapshot
        var resolved = snapshot.catalog.resolve(requested)
        if resolved.map({ snapshot.providers[$0.provider].kind != kind }) ?? true {
            resolved = snapshot.providers.firstIndex { $0.kind == kind }
                .map { ResolvedModel(provider: $0, upstream: requested) }
        }
        guard let resolved else { throw .unroutedModel(requested) }
        let route = knownRoute(exchange, requested, resolved)
        guard !route.door.isTranslated else { throw .unroutedModel(requested) }
        requested.withUTF8 { routes.keep(.plain(route), as: UnsafeRawBufferPointer($0)) }
        try take(route, splice: nil, native.isStreamed, exchange)
    }

    private func take(
        _ route: KnownRoutes.Route, splice: Range<Int>?, _ isStreamed: Bool, _ exchange: Exchange
    ) throws(Refusal) {
        let account = exchange.setting.accounts[route.account]
        // A claude.ai login goes to Anthropic and nowhere else.
        if account.kind != .anthropic { exchange.passesThrough = false }
        if account.kind == .anthropic, !account.hasCredential, !exchange.passesThrough { throw .needsLogin }
        exchange.routed = RoutedModel(
            route, splice: splice, isStreamed: isStreamed,
            price: route.price(in: exchange.setting.snapshot.prices, at: exchange.startedWall))
        try authorize(exchange)
    }

    // MARK: Virtual models

    /// Plans the way through a virtual model's targets and takes the first one.
    private func set(out model: VirtualRoute, _ exchange: Exchange, _ scan: MessagesBody) throws(Refusal) {
        let (key, isSticky) = routeKey(exchange, model)
        exchange.hasLogin = exchange.passesThrough
        let excluded = model.excluded(exchange.principal, exchange.metadata)
        guard excluded.count < model.targets.count else { throw .noTargetForCaller(model.name) }
        let way = RouteWay(
            model, board, key: key, isSticky: isSticky, excluded: excluded, scan: scan, at: monotonicNanoseconds())
        exchange.way = way
        try takeNext(exchange, way)
    }

    /// What keeps the conversation at its target; where there is nothing, each request is on its own.
    private func routeKey(_ exchange: Exchange, _ model: VirtualRoute) -> (RouteKey, isSticky: Bool) {
        switch model.routing.sticky {
        case .session:
            let session = exchange.text(exchange.facts.sessionID)
            if session.count > 0 { return (RouteKey(session, model: model.hash), true) }
        case .user:
            if let user = exchange.principal?.user, !user.isEmpty { return (RouteKey(user, model: model.hash), true) }
        case .key:
            if let key = exchange.principal?.keyID, !key.isEmpty { return (RouteKey(key, model: model.hash), true) }
        case .none: break
        }
        return (RouteKey(exchange.id.description, model: model.hash), false)
    }

    /// Makes the present target of `way` that of the request, or the first after it that can take the request at all. Throws what
    /// the last one had against it.
    func takeNext(_ exchange: Exchange, _ way: RouteWay) throws(Refusal) {
        while true {
            do throws(Refusal) {
                return try takeTarget(exchange, way)
            } catch {
                guard way.advance(because: "\(error.type)") else { throw error }
            }
        }
    }

    private func takeTarget(_ exchange: Exchange, _ way: RouteWay) throws(Refusal) {
        let target = way.target, account = exchange.setting.accounts[target.route.account]
        // A claude.ai login goes to Anthropic and nowhere else.
        exchange.passesThrough = exchange.hasLogin && account.kind == .anthropic
        if account.kind == .anthropic, !account.hasCredential, !exchange.passesThrough { throw .needsLogin }
        exchange.routed = RoutedModel(
            target.route, splice: way.scan.modelValue, isStreamed: way.scan.isStreamed,
            price: target.route.price(in: exchange.setting.snapshot.prices, at: exchange.startedWall),
            edits: target.edits)
        // What was held was held for another target.
        exchange.dropHold()
        try authorize(exchange)
        try prepare(exchange, way.scan)
    }
}

extension Refusal {
    fileprivate static let longModelName = Refusal.invalidMember(
        "model", "must have at most \(KnownRoutes.longestName) bytes")
}
