/// Where a requested model leads.
package struct ResolvedModel: Sendable, Equatable {
    /// The account's place in `Snapshot.providers`.
    package let provider: Int
    /// The model's name as the upstream knows it.
    package let upstream: String
}

/// From the names that clients use to accounts and their models. An exact name beats a pattern, a longer pattern a shorter one;
/// `account/model` always works.
package struct ModelCatalog: Sendable {
    private struct Pattern {
        let prefix: String
        let provider: Int
        /// Before what the `*` stood for; with `takesRest` false it is the whole name.
        let upstream: String
        let takesRest: Bool
    }

    private var exact: [String: ResolvedModel] = [:]
    private var patterns: [Pattern] = []
    private let accounts: [String: Int]
    /// What `GET /v1/models` shows: each name with how it is shown.
    package let listed: [(id: String, displayName: String)]

    /// `known`: models of the price table, which patterns are listed by.
    init(_ models: [ModelSetting], accounts names: [String], known: [String]) {
        accounts = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        var listed: [(id: String, displayName: String)] = []
        for model in models {
            guard let provider = accounts[model.account] else { continue }
            if model.name.hasSuffix("*") {
                let prefix = String(model.name.dropLast())
                let takesRest = model.upstream.hasSuffix("*")
                patterns.append(
                    Pattern(
                        prefix: prefix, provider: provider,
                        upstream: takesRest ? String(model.upstream.dropLast()) : model.upstream, takesRest: takesRest))
                for name in known where name.hasPrefix(prefix) && !listed.contains(where: { $0.id == name }) {
                    listed.append((name, name))
                }
            } else {
                exact[model.name] = ResolvedModel(provider: provider, upstream: model.upstream)
                // Its own name for it is better than the one a pattern gave.
                listed.removeAll { $0.id == model.name }
                listed.append((model.name, model.displayName ?? model.name))
            }
        }
        patterns.sort { $0.prefix.utf8.count > $1.prefix.utf8.count }
        self.listed = listed
    }

    /// `nil`: nothing is routed there.
    package func resolve(_ name: String) -> ResolvedModel? {
        if let found = exact[name] { return found }
        for pattern in patterns where name.hasPrefix(pattern.prefix) && name.utf8.count > pattern.prefix.utf8.count {
            let rest = pattern.takesRest ? name.dropFirst(pattern.prefix.count) : ""
            return ResolvedModel(provider: pattern.provider, upstream: pattern.upstream + rest)
        }
        guard let slash = name.firstIndex(of: "/"), let provider = accounts[String(name[..<slash])] else { return nil }
        let model = name[name.index(after: slash)...]
        return model.isEmpty ? nil : ResolvedModel(provider: provider, upstream: String(model))
    }
}
