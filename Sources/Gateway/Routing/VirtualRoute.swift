import Configuration
import Governance
import Providers
import Upstream
import Wire

/// A virtual model on one loop: its targets, ready to be sent to, and what is known of them.
final class VirtualRoute {
    /// One target.
    struct Target {
        let route: KnownRoutes.Route
        let edits: TargetEdits?
        let health: HealthBoard.Entry
    }

    let name: String
    let hash: UInt64
    let routing: RoutingSetting
    /// For plans.
    let known: [RouteTarget]
    /// In the same order.
    let targets: [Target]
    /// Some targets are for some callers only.
    private let isConditional: Bool

    /// `nil` if one of its targets has no account, which the configuration does not let through.
    init?(_ setting: VirtualModelSetting, _ accounts: [UpstreamAccount], _ board: HealthBoard) {
        name = setting.name
        hash = RouteHash.of(setting.name)
        routing = setting.routing
        known = RouteTarget.all(of: setting.routing)
        var targets: [Target] = []
        for target in known {
            guard let index = accounts.firstIndex(where: { $0.name == target.setting.account }) else { return nil }
            let upstream = target.setting.upstream, account = accounts[index].setting
            targets.append(
                Target(
                    route: KnownRoutes.Route(
                        requested: setting.name, account: index, upstream: upstream,
                        replacement: upstream == setting.name ? nil : JSONWriter.quoted(upstream),
                        door: ProviderDoor(account, model: upstream), account),
                    edits: TargetEdits(target.setting),
                    health: board.entry(target, model: setting.name, setting.routing.breaker)))
        }
        guard !targets.isEmpty else { return nil }
        self.targets = targets
        isConditional = known.contains { $0.setting.when != RuleMatch() }
    }

    /// The targets that are for other callers than this one.
    func excluded(_ principal: Principal?, _ metadata: Metadata) -> Set<Int> {
        guard isConditional, let principal else { return [] }
        return routing.excluded(for: principal, metadata)
    }

    /// The order in which the targets are tried for a caller.
    func plan(for caller: RoutePlan.Caller, at now: Int64) -> RoutePlan {
        RoutePlan(routing, known, health: targets.map { $0.health.health(at: now) }, for: caller, at: now)
    }
}

extension JSONWriter {
    /// A text with its quotes.
    static func quoted(_ text: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.value(string: text)
        return writer.array
    }
}
