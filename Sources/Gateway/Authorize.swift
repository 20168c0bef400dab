import Configuration
import Governance
import Providers

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
        let provider = exchange.setting.accounts[routed.account].name
        guard let rule = grant.obstacle(requested: routed.requested, provider: provider, model: routed.upstream) else {
            return
        }
        let allowed = allowedModels(grant, exchange.setting.snapshot).map(\.id)
        throw .modelNotAllowed(routed.requested, rule: rule, allowed: allowed)
    }

    /// The listed models that a caller may use.
    func allowedModels(_ grant: AccessGrant, _ snapshot: Snapshot) -> [(id: String, displayName: String)] {
        if grant.isEverything { return snapshot.catalog.listed }
        return snapshot.catalog.listed.filter { entry in
            targets(of: entry.id, snapshot).contains { target in
                grant.obstacle(requested: entry.id, provider: target.provider, model: target.model) == nil
            }
        }
    }

    private func targets(of name: String, _ snapshot: Snapshot) -> [(provider: String, model: String)] {
        if let virtual = snapshot.virtualModel(named: name) {
            return virtual.routing.targets.map { ($0.account, $0.upstream) }
        }
        guard let resolved = snapshot.catalog.resolve(name) else { return [] }
        return [(snapshot.providers[resolved.provider].name, resolved.upstream)]
    }
}
