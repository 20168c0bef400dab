/// The names of models and providers that rules can speak of.
struct KnownNames {
    /// What can come of a name or pattern for models.
    enum Standing {
        case known
        /// A provider may have such a model.
        case doubtful
        case impossible
    }

    /// Of all provider accounts, also of those with mistakes.
    let accounts: [String]
    /// Those that stand in the file as they are.
    let plainAccounts: [String]
    /// Names of models as clients ask for them, as providers call them, and as PROVIDER/MODEL.
    let models: [String]
    /// Models that are named in the configuration, and where each leads.
    private let named: [(names: [String], target: Target)]
    private let patterns: [Glob]
    private let providers: [ProviderSetting]
    private let catalog: ModelCatalog
    private let prices: PriceTable
    /// The configuration has mistakes where names come from: what is unknown may be one of them.
    private let isIncomplete: Bool

    struct Target: Equatable {
        let provider: Int
        let upstream: String
    }

    init(
        accounts: [SettingText], providers: [ProviderSetting], models: SnapshotReader.Models, catalog: ModelCatalog,
        prices: PriceTable
    ) {
        self.accounts = accounts.map(\.text)
        plainAccounts = accounts.filter { $0.raw == $0.text }.map(\.text)
        self.providers = providers
        self.catalog = catalog
        self.prices = prices
        patterns = models.names.filter { $0.text.hasSuffix("*") }.map { Glob($0.text) }
        isIncomplete =
            providers.count != accounts.count || models.entries.count != models.names.count || providers.isEmpty
        var named: [(names: [String], target: Target)] = []
        func add(_ name: String?, _ account: String, _ upstream: String) {
            guard let provider = providers.firstIndex(where: { $0.name == account }) else { return }
            named.append(
                (
                    [upstream, "\(account)/\(upstream)"] + (name.map { [$0] } ?? []),
                    Target(provider: provider, upstream: upstream)
                ))
        }
        for entry in models.entries {
            switch entry {
            case .plain(let model) where !model.upstream.hasSuffix("*"):
                add(model.name.hasSuffix("*") ? nil : model.name, model.account, model.upstream)
            case .plain: break
            case .virtual(let model):
                for target in model.routing.targets { add(model.name, target.account, target.upstream) }
            }
        }
        for provider in providers {
            for model in provider.models where !model.name.hasSuffix("*") { add(nil, provider.name, model.name) }
            for model in prices.models(on: provider.pricePlatform) { add(nil, provider.name, model) }
        }
        self.named = named
        self.models = Array(
            Set(
                named.flatMap(\.names) + catalog.listed.map(\.id)
                    + models.names.map(\.text).filter { !$0.hasSuffix("*") }))
    }

    func standing(of glob: Glob) -> Standing {
        let text = glob.description
        if isIncomplete || models.contains(where: { glob.matches(ModelName($0)) }) { return .known }
        if glob.isExact, catalog.resolve(text) != nil { return .known }
        if let slash = text.firstIndex(of: "/") {
            let account = Glob(String(text[..<slash]))
            if accounts.contains(where: { account.matches($0) }) { return .known }
            // `*x/y` may be what a pattern stands for.
            return patterns.contains { glob.covers($0) || $0.covers(glob) } ? .known : .impossible
        }
        if glob.isExact { return .impossible }
        return patterns.contains { glob.covers($0) || $0.covers(glob) } ? .known : .doubtful
    }

    // MARK: Prices

    /// Whether all models that a name or pattern is known to stand for are without a price; `nil`: none is known.
    func isUnpriced(_ glob: Glob) -> Bool? {
        var targets = named.filter { $0.names.contains { glob.matches(ModelName($0)) } }.map(\.target)
        if glob.isExact, let resolved = catalog.resolve(glob.description) {
            targets.append(Target(provider: resolved.provider, upstream: resolved.upstream))
        }
        for id in catalog.listed.map(\.id) where glob.matches(ModelName(id)) {
            if let found = catalog.resolve(id) {
                targets.append(Target(provider: found.provider, upstream: found.upstream))
            }
        }
        if !targets.isEmpty { return targets.allSatisfy { !isPriced($0) } }
        // `local/*`: all that such a server has is unpriced where its platform has no prices.
        guard let slash = glob.description.firstIndex(of: "/") else { return nil }
        let account = Glob(String(glob.description[..<slash]))
        let found = providers.filter { account.matches($0.name) }
        return found.isEmpty ? nil : found.allSatisfy { prices.models(on: $0.pricePlatform).isEmpty }
    }

    /// Models that the configuration names, that a rule is about and that have no price, as PROVIDER/MODEL.
    func unpriced(matching match: RuleMatch) -> [String] {
        var found: [String] = []
        for (names, target) in named where target.provider < providers.count {
            let provider = providers[target.provider], name = "\(provider.name)/\(target.upstream)"
            guard match.providers.isEmpty || match.providers.match(provider.name) else { continue }
            guard match.models.isEmpty || names.contains(where: { match.models.match(ModelName($0)) }) else { continue }
            if !isPriced(target), !found.contains(name) { found.append(name) }
        }
        return found
    }

    private func isPriced(_ target: Target) -> Bool {
        guard target.provider < providers.count else { return true }
        let provider = providers[target.provider]
        let model = provider.model(target.upstream)?.baseModel ?? target.upstream
        return prices.hasPrice(of: model, on: provider.pricePlatform, region: provider.region)
    }
}

extension KnownNames {
    /// For what speaks of callers only.
    static var none: KnownNames {
        KnownNames(
            accounts: [], providers: [], models: SnapshotReader.Models(),
            catalog: ModelCatalog([ModelEntry](), accounts: [], known: []), prices: .builtIn)
    }
}
