import Configuration
import Governance
import Ledger
import Providers
import Transport
import Upstream
import Wire

extension Explanation {
    /// - Parameters:
    ///   - accounts: budget accounts of the present windows, from wherever they are known; one that is missing has spent nothing.
    ///   - raises: those in force.
    ///   - now: Unix nanoseconds.
    package init(
        _ question: Question, _ snapshot: Snapshot, accounts: [BudgetAccountRow], raises: [BudgetRaise], at now: Int64
    ) {
        let maker = ExplanationMaker(question, snapshot, accounts, raises, now)
        self.question = question
        let all: [Candidate]
        if let model = snapshot.virtualModel(named: question.model) {
            let plan = maker.plan(model)
            strategy = model.routing.strategy.rawValue
            reason = plan.reason
            isOpen = plan.isOpen
            all = plan.candidates
        } else {
            strategy = nil
            reason = nil
            isOpen = false
            all = maker.plain.map { [$0] } ?? []
        }
        candidates = all.filter { question.provider == nil || $0.provider == question.provider }
    }
}

/// Asks the rules of a configuration about one question.
private struct ExplanationMaker {
    private let question: Explanation.Question
    private let snapshot: Snapshot
    private let book: RuleBook
    private let principal: Principal
    private let metadata: Metadata
    private let accounts: [BudgetAccountRow.Key: BudgetAccountRow]
    private let raises: [LimitRaise]
    private let now: Int64

    init(
        _ question: Explanation.Question, _ snapshot: Snapshot, _ accounts: [BudgetAccountRow], _ raises: [BudgetRaise],
        _ now: Int64
    ) {
        self.question = question
        self.snapshot = snapshot
        book = RuleBook(snapshot.rules)
        principal = Principal(
            user: question.user, team: question.team, keyID: question.keyID, metadata: question.keyMetadata,
            groups: question.groups, virtualAccount: question.virtualAccount)
        metadata = Metadata(question.keyMetadata.merging(question.metadata) { $1 })
        self.accounts = Dictionary(accounts.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        self.raises = raises.map(LimitRaise.init)
        self.now = now
    }

    // MARK: Routes

    /// Where a name leads that is no virtual model's.
    var plain: Explanation.Candidate? {
        guard let resolved = snapshot.catalog.resolve(question.model) else { return nil }
        let provider = snapshot.providers[resolved.provider]
        return candidate("\(provider.name)/\(resolved.upstream)", provider, resolved.upstream, weight: nil, score: nil)
    }

    /// The targets of a virtual model in the order of the plan of a session that nobody has seen, all of them well.
    func plan(_ model: VirtualModelSetting) -> (reason: String, isOpen: Bool, candidates: [Explanation.Candidate]) {
        let targets = RouteTarget.all(of: model.routing), byWeight = model.routing.strategy == .weight
        let excluded = model.routing.excluded(for: principal, metadata)
        // All targets are for others.
        guard excluded.count < targets.count else { return ("no target is for this caller", false, []) }
        let plan = RoutePlan.expected(model, for: stickyName(model.routing.sticky) ?? "", excluded: excluded)
        // Without what it is sticky by each request would be a throw of the dice.
        let isOpen = byWeight && stickyName(model.routing.sticky) == nil
        let places = isOpen ? targets.indices.filter { !excluded.contains($0) } : plan.candidates.map(\.target)
        let scores = Dictionary(plan.candidates.map { ($0.target, $0.score) }, uniquingKeysWith: { first, _ in first })
        let candidates = places.map { place in
            let target = targets[place]
            return candidate(
                target.name, snapshot.providers[target.setting.provider], target.setting.upstream,
                weight: byWeight ? target.setting.weight : nil, score: isOpen ? nil : scores[place])
        }
        return (isOpen ? openReason(model.routing.sticky) : "\(plan.reason.text)", isOpen, candidates)
    }

    private func openReason(_ sticky: StickyKey) -> String {
        sticky == .none ? "by weight, each request anew" : "by weight, the same for a \(sticky.rawValue); none is given"
    }

    private func stickyName(_ sticky: StickyKey) -> String? {
        let name =
            switch sticky {
            case .session: question.session
            case .user: question.user
            case .key: question.keyID
            case .none: ""
            }
        return name.isEmpty ? nil : name
    }

    // MARK: Rules

    private func candidate(
        _ name: String, _ provider: ProviderSetting, _ model: String, weight: Int?, score: Double?
    ) -> Explanation.Candidate {
        let subject = RuleSubject(
            principal: principal, metadata: metadata,
            target: TargetNames(requested: question.model, provider: provider.name, model: model),
            session: question.session)
        let price = price(provider, model), places = book.places(of: subject)
        let needsLogin = if provider.kind == .anthropic, case .none = provider.credential { true } else { false }
        return Explanation.Candidate(
            name: name, provider: provider.name, model: model, weight: weight, score: score,
            obstacle: book.access(of: principal, metadata).obstacle(subject.target),
            needsLogin: needsLogin, price: price?.version,
            budgets: places.budgets.map { budget(book.rules.budgets[$0.rule], $0.scope, isPriced: price != nil) },
            limits: places.rates.map { limit(book.rules.rates[$0.rule], $0.scope) },
            runaways: book.runaways(about: subject).map(\.summary), asides: asides(subject))
    }

    private func price(_ provider: ProviderSetting, _ model: String) -> Price? {
        KnownRoutes.Route(
            requested: question.model, account: 0, upstream: model, replacement: nil,
            door: ProviderDoor(provider, model: model), provider
        ).price(in: snapshot.prices, at: now)
    }

    private func budget(_ rule: BudgetRule, _ scope: String, isPriced: Bool) -> Explanation.Budget {
        let window = book.rules.zone.window(rule.window, containing: now)
        let id = BudgetAccountID(rule: rule.id, unit: rule.unit, scope: scope, window: window)
        let row = accounts[id.row].flatMap { $0.unit == rule.unit ? $0 : nil }
        let limit = raises.of(rule: rule.id, scope: scope).raising(rule.limit, at: now)
        let settled = row?.settled ?? 0, reserved = row?.reserved ?? 0
        let isSpent = settled.addingSaturated(reserved) >= limit
        let isUncountable = rule.measure == .cost && !isPriced && rule.unpricedReserve == nil
        return Explanation.Budget(
            rule: rule.id, scope: scope, unit: rule.unit, limit: limit, settled: settled, reserved: reserved,
            resets: rule.window == .total ? nil : window.upperBound, onExceed: rule.onExceed.rawValue,
            refuses: rule.onExceed == .block && (isSpent || isUncountable))
    }

    private func limit(_ rule: RateRule, _ scope: String) -> Explanation.Limit {
        Explanation.Limit(
            rule: rule.id, scope: scope, unit: rule.unit, limit: rule.limit, onLimit: rule.onLimit.rawValue)
    }

    private func asides(_ subject: RuleSubject) -> [Explanation.Aside] {
        let rules = book.rules
        let about =
            rules.budgets.map { ($0.id, $0.when) } + rules.rates.map { ($0.id, $0.when) }
            + rules.runaways.map { ($0.id, $0.when) }
        let access = rules.access.compactMap { rule in
            rule.when.firstObstacle(for: principal, metadata).map { Explanation.Aside(rule: rule.id, condition: $0) }
        }
        return access
            + about.compactMap { id, when in
                when.firstObstacle(for: subject).map { Explanation.Aside(rule: id, condition: $0) }
            }
    }
}
