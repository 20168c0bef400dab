import Wire

/// Where a requested model leads.
package struct ResolvedModel: Sendable, Equatable {
    /// The account's place in `Snapshot.providers`.
    package let provider: Int
    /// The model's name as the upstream knows it.
    package let upstream: String

    package init(provider: Int, upstream: String) {
        self.provider = provider
        self.upstream = upstream
    }
}

/// An entry of `models`.
enum ModelEntry {
    case plain(ModelSetting)
    case virtual(VirtualModelSetting)

    var name: String {
        switch self {
        case .plain(let model): model.name
        case .virtual(let model): model.name
        }
    }

    var displayName: String? {
        switch self {
        case .plain(let model): model.displayName
        case .virtual(let model): model.displayName
        }
    }
}

/// From the names that clients use to accounts and their models. An exact name beats a pattern, a longer pattern a shorter one;
/// `account/model` works as a pattern `account/*` does.
package struct ModelCatalog: Sendable {
    fileprivate struct Pattern {
        let prefix: String
        let provider: Int
        /// Before what the `*` stood for; with `takesRest` false it is the whole name.
        let upstream: String
        let takesRest: Bool
    }

    private var exact: [String: ResolvedModel] = [:]
    private var patterns: [Pattern] = []
    private var virtual: Set<String> = []
    /// What `GET /v1/models` shows: each name with how it is shown.
    package let listed: [(id: String, displayName: String)]

    init(_ models: [ModelSetting], accounts names: [String], known: [String]) {
        self.init(models.map(ModelEntry.plain), accounts: names, known: known)
    }

    /// `known`: models of the price table, which patterns are listed by.
    init(_ entries: [ModelEntry], accounts names: [String], known: [String]) {
        let accounts = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        var listed: [(id: String, displayName: String)] = []
        let named = Set(entries.map(\.name))
        for entry in entries {
            guard case .plain(let model) = entry else {
                virtual.insert(entry.name)
                listed.append((entry.name, entry.displayName ?? entry.name))
                continue
            }
            guard let provider = accounts[model.account] else { continue }
            guard model.name.hasSuffix("*") else {
                exact[model.name] = ResolvedModel(provider: provider, upstream: model.upstream)
                // Its own name for it is better than the one a pattern gave.
                listed.removeAll { $0.id == model.name }
                listed.append((model.name, model.displayName ?? model.name))
                continue
            }
            let pattern = Pattern(model, provider: provider)
            patterns.append(pattern)
            // A name of its own is listed where it stands.
            for name in known.compactMap(pattern.name(for:))
            where !named.contains(name) && !listed.contains(where: { $0.id == name }) {
                listed.append((name, name))
            }
        }
        for (index, name) in names.enumerated() {
            patterns.append(Pattern(prefix: "\(name)/", provider: index, upstream: "", takesRest: true))
        }
        // Stable: of two patterns alike the configured one comes before that of the account's name.
        patterns.sort { $0.prefix.utf8.count > $1.prefix.utf8.count }
        self.listed = listed
    }

    /// The configuration has an entry of this very name.
    package func names(_ name: String) -> Bool { configured(name) != nil || isVirtual(name) }

    /// `nil`: nothing is routed there, or to several targets, as `Snapshot.virtualModel(named:)` tells.
    package func resolve(_ name: String) -> ResolvedModel? {
        if isVirtual(name) { return nil }
        if let found = configured(name) { return found }
        for pattern in patterns {
            let prefix = pattern.prefix.utf8
            guard name.utf8.count > prefix.count, name.utf8.starts(with: prefix) else { continue }
            let rest = pattern.takesRest ? Substring(name.utf8.dropFirst(prefix.count)) : ""
            return ResolvedModel(provider: pattern.provider, upstream: pattern.upstream + rest)
        }
        return nil
    }

    // By bytes, as rules compare: by another spelling of a name nobody comes past a rule about it.

    private func configured(_ name: String) -> ResolvedModel? {
        guard let place = exact.index(forKey: name), exact[place].key.isExactly(name) else { return nil }
        return exact[place].value
    }

    private func isVirtual(_ name: String) -> Bool {
        guard !virtual.isEmpty, let place = virtual.firstIndex(of: name) else { return false }
        return virtual[place].isExactly(name)
    }
}

extension ModelCatalog.Pattern {
    fileprivate init(_ model: ModelSetting, provider: Int) {
        prefix = String(model.name.dropLast())
        self.provider = provider
        takesRest = model.upstream.hasSuffix("*")
        upstream = takesRest ? String(model.upstream.dropLast()) : model.upstream
    }

    /// The name under which clients reach a model of the upstream, if the pattern leads there.
    fileprivate func name(for model: String) -> String? {
        guard takesRest else { return model.hasPrefix(prefix) && model != prefix ? model : nil }
        return model.hasPrefix(upstream) && model != upstream ? prefix + model.dropFirst(upstream.count) : nil
    }
}
