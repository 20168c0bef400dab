extension SnapshotReader {
    // MARK: Models

    func readModels(_ section: inout Section, accounts: [SettingText]) -> [ModelSetting] {
        var models: [ModelSetting] = []
        let groups = section.sections("models")
        if section.elements("models").isEmpty {
            let account = accounts.first?.raw ?? "anthropic"
            reader.note(
                section.mark, "models",
                "is missing; write for example `models: [{name: \"claude-*\", target: \"\(account)/claude-*\"}]`")
        }
        for group in groups {
            guard let (model, name) = readModel(group, accounts: accounts) else { continue }
            if models.contains(where: { $0.name == model.name }) {
                reader.note(name.mark, group.pathOf("name"), "\(name.shown) is routed twice")
            }
            models.append(model)
        }
        return models
    }

    private func readModel(_ section: Section, accounts: [SettingText]) -> (model: ModelSetting, name: SettingText)? {
        var section = section
        defer { section.finish() }
        let name = section.required("name", "\"claude-*\"")
        let target = section.required("target", "\"anthropic/claude-*\"")
        let displayName = section.string("display_name")
        guard let name, let target else { return nil }
        guard !name.text.dropLast().contains("*") else {
            reader.note(name.mark, section.pathOf("name"), "\(name.shown) may have one `*`, at its end")
            return nil
        }
        if name.text.hasSuffix("*") {
            section.refuse(["display_name"], "has no effect: the name stands for many models")
        }
        guard let (account, upstream) = readTarget(target, name, section.pathOf("target"), accounts) else { return nil }
        return (ModelSetting(name: name.text, account: account, upstream: upstream, displayName: displayName), name)
    }

    private func readTarget(
        _ target: SettingText, _ name: SettingText, _ path: String, _ accounts: [SettingText]
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
        guard !upstream.dropLast().contains("*"), !upstream.hasSuffix("*") || name.text.hasSuffix("*") else {
            reader.note(target.mark, path, "\(target.shown) may have one `*`, at its end, and only if the name has one")
            return nil
        }
        return (account, upstream)
    }
}
