import Configuration
import Governance
import HTTP
import Providers
import Transport
import Upstream

/// What one configuration means on one loop: the limits and the pools of its provider accounts. Immutable; a request keeps the
/// one it began with.
final class LoopSetting {
    let snapshot: Snapshot
    let book: RuleBook
    let accounts: [UpstreamAccount]
    /// One for each account, in the same order.
    let pools: [ProviderPool]
    /// For those accounts whose credential is fetched.
    let credentials: [CredentialSource?]
    /// Some speak Messages and are not Anthropic.
    let hasMessagesServers: Bool
    let limits: HTTPLimits
    let connectionsPerLoop: Int
    let routes = KnownRoutes()
    /// Of requests in a provider's own form.
    let bedrockRoutes = KnownRoutes()
    let vertexRoutes = KnownRoutes()
    let places: KnownPlaces
    let tags = KnownTags()
    /// By their names.
    let virtualRoutes: [String: VirtualRoute]

    /// Pools of accounts that did not change are taken over, with their connections.
    init(
        snapshot: Snapshot, book: RuleBook, accounts: [UpstreamAccount], board: HealthBoard, loop: EventLoop,
        resolver: Resolver, previous: LoopSetting?,
        whenCredentialFails: @escaping @Sendable (_ account: String, _ fault: CredentialFault) -> Void
    ) {
        self.snapshot = snapshot
        self.book = book
        places = KnownPlaces(book)
        self.accounts = accounts
        pools = accounts.map { account in
            if let previous, let index = previous.accounts.firstIndex(where: { $0 === account }) {
                return previous.pools[index]
            }
            return ProviderPool(
                endpoint: account.endpoint, maximumIdle: account.setting.maximumIdleConnections, loop: loop,
                resolver: resolver)
        }
        credentials = accounts.map { account in
            if let previous, let index = previous.accounts.firstIndex(where: { $0 === account }) {
                return previous.credentials[index]
            }
            return account.network.map { network in
                CredentialSource(
                    account.setting.credential, keyField: account.setting.keyField, network: network, loop: loop,
                    whenFailed: { whenCredentialFails(account.name, $0) })
            }
        }
        var routes: [String: VirtualRoute] = [:]
        for model in snapshot.virtualModels { routes[model.name] = VirtualRoute(model, accounts, board) }
        virtualRoutes = routes
        board.keep(Set(routes.values.flatMap { $0.targets.map(\.health.id) }))
        hasMessagesServers = accounts.contains { account in
            account.kind == .openAICompatible && !ProviderDoor(account.setting, model: "").isTranslated
        }
        limits = HTTPLimits(snapshot.limits)
        connectionsPerLoop = snapshot.limits.connections
    }

    /// Closes the idle connections of accounts that the new setting does not use.
    func closeReplaced(by next: LoopSetting) {
        for pool in pools where !next.pools.contains(where: { $0 === pool }) {
            pool.assumeIsolated { $0.close() }
        }
    }
}
