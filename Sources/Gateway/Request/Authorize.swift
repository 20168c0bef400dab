import Configuration
import Governance
import Ledger
import Providers
import Wire

extension LoopWorker {
    /// What the caller of an exchange may use.
    func grant(_ exchange: Exchange) -> AccessGrant {
        let book = exchange.setting.book
        guard !book.rules.access.isEmpty, let principal = exchange.principal else { return .everything }
        return book.access(of: principal, exchange.metadata)
    }

    /// The caller may use the present target. Throws 400 `policy_blocked` with the models that are left.
    func authorize(_ exchange: Exchange) throws(Refusal) {
        let grant = grant(exchange)
        guard !grant.isEverything, let routed = exchange.routed else { return }
        guard let rule = grant.obstacle(routed.route.names) else { return }
        let allowed = allowedModels(exchange).map(\.id)
        throw .modelNotAllowed(routed.requested, rule: rule, allowed: allowed)
    }

    /// The caller may use also the models that Anthropic is to call on behalf of the request; a count calls none.
    func authorizeConsulted(
        _ exchange: Exchange, _ body: UnsafeRawBufferPointer, _ members: [JSONMember]
    ) throws(Refusal) {
        guard !exchange.setting.book.rules.access.isEmpty, exchange.operation != .countTokens,
            let routed = exchange.routed
        else { return }
        let named = try consulted(exchange, body, members)
        if named.isEmpty { return }
        let grant = grant(exchange), provider = exchange.setting.accounts[routed.account].name
        for consulted in named {
            let names = TargetNames(requested: consulted.name, provider: provider, model: consulted.name)
            guard let rule = grant.obstacle(names) else { continue }
            throw .consultedModelNotAllowed(consulted, rule: rule, allowed: allowedModels(exchange).map(\.id))
        }
    }

    private func consulted(
        _ exchange: Exchange, _ body: UnsafeRawBufferPointer, _ members: [JSONMember]
    ) throws(Refusal) -> [ConsultedModel] {
        do throws(JSONError) {
            return try ConsultedModel.all(in: body, members, asksForAdvisor: exchange.asksFor(beta: "advisor-tool-"))
        } catch {
            throw .invalid("body", "\(error.sentence)")
        }
    }

    /// The listed models that a caller may use.
    func allowedModels(_ exchange: Exchange) -> [(id: String, displayName: String)] {
        let grant = grant(exchange), listed = exchange.setting.snapshot.catalog.listed
        return listed.filter { entry in targets(of: entry.id, exchange).contains { grant.obstacle($0) == nil } }
    }

    private func targets(of name: String, _ exchange: Exchange) -> [TargetNames] {
        let snapshot = exchange.setting.snapshot
        if let virtual = snapshot.virtualModel(named: name) {
            let routing = virtual.routing
            let excluded = exchange.principal.map { routing.excluded(for: $0, exchange.metadata) } ?? []
            return routing.targets.enumerated().filter { !excluded.contains($0.offset) }
                .map { TargetNames(requested: name, provider: $0.element.account, model: $0.element.upstream) }
        }
        guard let resolved = snapshot.catalog.resolve(name) else { return [] }
        let provider = snapshot.providers[resolved.provider].name
        return [TargetNames(requested: name, provider: provider, model: resolved.upstream)]
    }
}
