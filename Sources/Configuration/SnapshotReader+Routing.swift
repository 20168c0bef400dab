extension SnapshotReader {
    // MARK: Models

    /// The entries without mistakes, in the file's order, and the names of all.
    struct Models {
        var entries: [ModelEntry] = []
        var names: [SettingText] = []

        var plain: [ModelSetting] {
            entries.compactMap { if case .plain(let model) = $0 { model } else { nil } }
        }
        var virtual: [VirtualModelSetting] {
            entries.compactMap { if case .virtual(let model) = $0 { model } else { nil } }
        }
    }

    func readModels(_ section: inout Section, accounts: [SettingText]) -> Models {
        var models = Models()
        let groups = section.sections("models")
        if section.elements("models").isEmpty {
            let account = accounts.first?.raw ?? "anthropic"
            reader.note(
                section.mark, "models",
                "is missing; write for example `models: [{name: \"claude-*\", target: \"\(account)/claude-*\"}]`")
        }
        // Of all entries, as targets must not be virtual whatever the order.
        let virtual = groups.compactMap { group -> String? in
            var group = group
            return group.has("routing_config") ? group.string("name") : nil
        }
        for group in groups {
            var group = group
            defer { group.finish() }
            guard let name = group.required("name", "\"claude-*\"") else {
                _ = readModel(&group, nil, accounts, virtual)
                continue
            }
            if models.names.contains(where: { $0.text == name.text }) {
                reader.note(name.mark, group.pathOf("name"), "\(name.shown) is routed twice")
            }
            models.names.append(name)
            if let entry = readModel(&group, name, accounts, virtual) { models.entries.append(entry) }
        }
        return models
    }

    private func readModel(
        _ section: inout Section, _ name: SettingText?, _ accounts: [SettingText], _ virtual: [String]
    ) -> ModelEntry? {
        let displayName = section.string("display_name")
        if section.has("routing_config") {
            return readVirtualModel(&section, name, displayName, accounts, virtual).map(ModelEntry.virtual)
        }
        let target = section.required("target", "\"anthropic/claude-*\"")
        guard let name, let target else { return nil }
        guard !name.text.dropLast().contains("*") else {
            reader.note(name.mark, section.pathOf("name"), "\(name.shown) may have one `*`, at its end")
            return nil
        }
        if name.text.hasSuffix("*") {
            section.refuse(["display_name"], "has no effect: the name stands for many models")
        }
        let path = section.pathOf("target")
        guard let (account, upstream) = readTarget(target, path, accounts) else { return nil }
        guard !upstream.dropLast().contains("*"), !upstream.hasSuffix("*") || name.text.hasSuffix("*") else {
            reader.note(target.mark, path, "\(target.shown) may have one `*`, at its end, and only if the name has one")
            return nil
        }
        return .plain(ModelSetting(name: name.text, account: account, upstream: upstream, displayName: displayName))
    }

    /// `PROVIDER/MODEL` taken apart.
    func readTarget(
        _ target: SettingText, _ path: String, _ accounts: [SettingText]
    ) -> (account: String, upstream: String)? {
        let text = target.text
        guard let slash = text.firstIndex(of: "/"), slash != text.startIndex, text.last != "/" else {
            reader.note(target.mark, path, "\(target.shown) is not PROVIDER/MODEL")
            return nil
        }
        let account = String(text[..<slash]), upstream = String(text[text.index(after: slash)...])
        guard accounts.contains(where: { $0.text == account }) else {
            // Of names that stand in the file as they are.
            let plain = accounts.filter { $0.raw == $0.text }.map(\.text)
            let hint = Suggestion.nearest(to: account, in: plain).map { "; did you mean \($0)?" } ?? ""
            reader.note(target.mark, path, "there is no provider named \(target.shown(part: account))\(hint)")
            return nil
        }
        return (account, upstream)
    }
}
