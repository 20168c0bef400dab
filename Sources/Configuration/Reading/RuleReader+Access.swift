extension RuleReader {
    func readAccess(_ section: inout Section, _ id: String) -> AccessRule? {
        var rule = AccessRule(id: id)
        rule.when = readMatch(&section, hasTarget: false)
        rule.allow = readSet(&section, "allow")
        rule.deny = readSet(&section, "deny")
        guard section.has("allow") || section.has("deny") else {
            reader.note(
                section.mark, section.path, "says nothing: set allow or deny, such as `deny: {models: [\"*opus*\"]}`")
            return nil
        }
        return rule
    }

    private func readSet(_ section: inout Section, _ name: String) -> ModelSet? {
        guard var group = section.section(name) else { return nil }
        defer { group.finish() }
        var set = ModelSet()
        set.models = readModels(&group)
        set.providers = readProviders(&group)
        if group.names.isEmpty {
            reader.note(
                group.mark, group.path,
                "names neither models nor providers; write for example `{models: [\"*\"]}` for all")
        }
        return set
    }

    /// What one rule allows and a rule about the same people denies altogether.
    func checkAccess(_ rules: [Placed<AccessRule>]) {
        for allowing in rules {
            guard let allow = allowing.rule.allow else { continue }
            for denying in rules where denying.rule.when.key == allowing.rule.when.key {
                guard let deny = denying.rule.deny, deny.covers(allow) else { continue }
                let who = denying.path == allowing.path ? "its own `deny`" : "the `deny` of `\(denying.rule.id)`"
                reader.note(
                    allowing.mark, "\(allowing.path).allow", "has no effect: \(who) covers all of it, and deny wins")
                break
            }
        }
    }
}

extension ModelSet {
    /// Nothing of the other is outside.
    func covers(_ other: ModelSet) -> Bool {
        func covers(_ mine: [Glob], _ theirs: [Glob]) -> Bool {
            if mine.isEmpty || mine.contains(where: \.matchesAll) { return true }
            return !theirs.isEmpty && theirs.allSatisfy { their in mine.contains { $0.covers(their) } }
        }
        return covers(models, other.models) && covers(providers, other.providers)
    }
}
