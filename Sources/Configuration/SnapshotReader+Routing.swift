extension SnapshotReader {
    // MARK: Providers

    /// The providers, and the names of all that are configured, also of those with mistakes.
    func readProviders(_ section: inout Section) -> (providers: [ProviderSetting], names: [SettingText]) {
        var providers: [ProviderSetting] = [], names: [SettingText] = []
        let groups = section.sections("providers")
        if section.elements("providers").isEmpty {
            reader.note(
                section.mark, "providers", "is missing; write for example `providers: [{name: anthropic, kind: mock}]`")
        }
        for group in groups {
            var group = group
            defer { group.finish() }
            let name = readProviderName(&group, names)
            let provider = readProvider(&group, name?.text ?? "")
            guard let name else { continue }
            names.append(name)
            if let provider { providers.append(provider) }
        }
        return (providers, names)
    }

    private func readProviderName(_ section: inout Section, _ others: [SettingText]) -> SettingText? {
        guard let name = section.required("name", "anthropic-main") else { return nil }
        if name.text.contains(where: { $0 == "/" || $0 == "*" || $0.isWhitespace }) {
            reader.note(name.mark, section.pathOf("name"), "\(name.shown) must not contain `/`, `*` or blanks")
        }
        if others.contains(where: { $0.text == name.text }) {
            reader.note(name.mark, section.pathOf("name"), "\(name.shown) is the name of another provider too")
        }
        return name
    }

    private func readProvider(_ section: inout Section, _ name: String) -> ProviderSetting? {
        let kind = section.choice("kind", default: ProviderKind.anthropic)
        if !section.has("kind") {
            reader.note(section.mark, section.pathOf("kind"), "is missing; write for example `kind: anthropic`")
        }
        let apiKey = section.text("api_key")
        let url = section.text("base_url")
        let authority = section.file("ca_file")
        let idle = section.integer("max_idle_connections", default: 256, range: 0...65_536)
        let timeouts = readTimeouts(&section)
        if kind == .mock {
            section.refuse(
                ["api_key", "base_url", "ca_file", "max_idle_connections", "timeouts"],
                "has no effect: a mock answers by itself")
        }
        if let apiKey { _ = isToken(apiKey, section.pathOf("api_key")) }
        guard let base = BaseURL(url?.text ?? "https://api.anthropic.com") else {
            if let url { noteURL(url, section.pathOf("base_url")) }
            return nil
        }
        if kind == .anthropic, !base.isEncrypted {
            section.refuse(["ca_file"], "has no effect: base_url does not begin with https://")
        }
        return ProviderSetting(
            name: name, kind: kind, apiKey: apiKey.flatMap { $0.text.isEmpty ? nil : Secret($0.text) }, baseURL: base,
            authorityFile: authority, timeouts: timeouts, maximumIdleConnections: idle)
    }

    private func readTimeouts(_ section: inout Section) -> UpstreamTimeouts {
        var timeouts = UpstreamTimeouts()
        guard var group = section.section("timeouts") else { return timeouts }
        timeouts.connect = group.duration("connect", default: timeouts.connect)
        timeouts.firstByte = group.duration("first_byte", default: timeouts.firstByte)
        timeouts.idle = group.duration("idle", default: timeouts.idle)
        group.finish()
        return timeouts
    }

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
