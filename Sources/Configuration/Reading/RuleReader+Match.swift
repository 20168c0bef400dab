extension RuleReader {
    /// `when` of a rule; without it the rule is about everything.
    /// - Parameter hasTarget: the rule may be about models and providers.
    func readMatch(
        _ section: inout Section, hasTarget: Bool = true, instead: String = "name them in `allow` or `deny`"
    ) -> RuleMatch {
        guard var when = section.section("when") else { return RuleMatch() }
        defer { when.finish() }
        var match = readMembers(&when, hasTarget: hasTarget, instead)
        guard var group = when.section("not") else { return match }
        defer { group.finish() }
        group.refuse(["not"], "has no effect in another `not`; write what you mean without both")
        let not = readMembers(&group, hasTarget: hasTarget, instead)
        if not == RuleMatch() {
            if group.names.isEmpty {
                reader.note(group.mark, group.path, "is empty: it excludes everything; leave it out")
            }
        } else if not.isImplied(by: match) {
            reader.note(
                group.mark, group.path, "excludes everything that the rest of `when` is about; the rule can never match"
            )
        } else {
            match.not = [not]
        }
        return match
    }

    private func readMembers(_ section: inout Section, hasTarget: Bool, _ instead: String) -> RuleMatch {
        var match = RuleMatch()
        match.users = readGlobs(&section, "users").map(\.glob)
        match.teams = readGlobs(&section, "teams").map(\.glob)
        match.groups = readGlobs(&section, "groups").map(\.glob)
        match.keys = readGlobs(&section, "keys").map(\.glob)
        match.virtualAccounts = readGlobs(&section, "virtual_accounts").map(\.glob)
        readSubjects(&section, &match)
        if hasTarget {
            match.models = readModels(&section)
            match.providers = readProviders(&section)
        } else {
            section.refuse(["models", "providers"], "has no effect here; \(instead)")
        }
        if var group = section.section("metadata") {
            for name in group.names {
                if let node = group.nodeOrNull(name), node.isNull {
                    reader.note(node.mark, group.pathOf(name), "has no value; write `\"*\"` for any")
                }
                match.metadata[name] = readGlobs(&group, name).map(\.glob)
            }
            match.metadata = match.metadata.filter { !$0.value.isEmpty }
        }
        return match
    }

    /// Patterns; an empty list is a mistake, as it looks like nobody and would mean everybody.
    func readGlobs(_ section: inout Section, _ name: String) -> [(glob: Glob, value: SettingText)] {
        if let node = section.node(name), section.elements(name).isEmpty {
            reader.note(node.mark, section.pathOf(name), "is an empty list and can never match; leave it out for any")
        }
        return section.globs(name)
    }

    // MARK: Models and providers

    func readModels(_ section: inout Section) -> [Glob] {
        readGlobs(&section, "models").map { glob, value in
            switch names.standing(of: glob) {
            case .known: break
            case .doubtful:
                reader.warn(value.mark, section.pathOf("models"), "\(value.shown) matches no model that is known here")
            case .impossible:
                let near =
                    value.raw == value.text ? Suggestion.nearest(to: value.text, in: names.models) : nil
                let hint = near.map { "did you mean \($0)?" } ?? "write PROVIDER/MODEL for one that a provider has"
                reader.note(
                    value.mark, section.pathOf("models"),
                    "\(value.shown) is no known model and can never match; \(hint)")
            }
            return glob
        }
    }

    func readProviders(_ section: inout Section) -> [Glob] {
        readGlobs(&section, "providers").map { glob, value in
            if !names.accounts.isEmpty, !names.accounts.contains(where: { glob.matches($0) }) {
                let near =
                    value.raw == value.text ? Suggestion.nearest(to: value.text, in: names.plainAccounts) : nil
                let hint = near.map { "; did you mean \($0)?" } ?? ""
                reader.note(
                    value.mark, section.pathOf("providers"),
                    "\(value.shown) is the name of no provider and can never match\(hint)")
            }
            return glob
        }
    }

    // MARK: Subjects

    /// TrueFoundry's way to say who: `user:alice`, `team:eng`, `group:senior`, `virtualaccount:ci`, `*`.
    private func readSubjects(_ section: inout Section, _ match: inout RuleMatch) {
        let path = section.pathOf("subjects")
        var kinds: Set<String> = []
        for (_, value) in readGlobs(&section, "subjects") {
            let colon = value.text.firstIndex(of: ":") ?? value.text.startIndex
            let kind = String(value.text[..<colon]), name = value.text[colon...].dropFirst()
            let glob = Glob(String(name))
            switch kind {
            case "user" where !name.isEmpty: match.users.append(glob)
            case "team" where !name.isEmpty: match.teams.append(glob)
            case "group" where !name.isEmpty: match.groups.append(glob)
            case "virtualaccount" where !name.isEmpty, "virtual-account" where !name.isEmpty:
                match.virtualAccounts.append(glob)
            default:
                guard value.text == "*" else {
                    reader.note(
                        value.mark, path,
                        "\(value.shown) is not user:NAME, team:NAME, group:NAME, virtualaccount:NAME or *")
                    continue
                }
            }
            kinds.insert(kind == "virtual-account" ? "virtualaccount" : kind)
            if kinds.count > 1 {
                return reader.note(
                    value.mark, path,
                    "\(value.shown) is of another kind than those before it; write a rule for each kind")
            }
        }
        let fields = ["user": "users", "team": "teams", "group": "groups", "virtualaccount": "virtual_accounts"]
        if let kind = kinds.first, let field = fields[kind] {
            section.refuse([field], "stands beside `subjects` that say the same; leave one of the two out")
        }
    }
}

extension Glob {
    /// Whatever the other matches, this matches too. Of what cannot be told so simply it says no.
    func covers(_ other: Glob) -> Bool { matches(other.description) }
}

extension RuleMatch {
    /// Whether all that `when` is about is what this is about: nothing is left if it is excluded.
    func isImplied(by when: RuleMatch) -> Bool {
        func holds(_ mine: [Glob], _ theirs: [Glob], isAlwaysThere: Bool = false) -> Bool {
            if mine.isEmpty || isAlwaysThere && mine.contains(where: \.matchesAll) { return true }
            return !theirs.isEmpty && theirs.allSatisfy { their in mine.contains { $0.covers(their) } }
        }
        return holds(users, when.users) && holds(teams, when.teams) && holds(groups, when.groups)
            && holds(keys, when.keys) && holds(virtualAccounts, when.virtualAccounts)
            && holds(models, when.models, isAlwaysThere: true) && holds(providers, when.providers, isAlwaysThere: true)
            && metadata.allSatisfy { name, values in holds(values, when.metadata[name] ?? []) }
    }
}
