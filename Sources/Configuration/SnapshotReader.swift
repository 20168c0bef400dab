/// Makes a snapshot of a file's text. Every setting of Tollgate is read here, with its default; docs/configuration.md is the same
/// list for people.
struct SnapshotReader {
    private let reader: SettingReader
    private let directory: String
    private var warnings: [String] = []
    private var priceFiles: [String] = []

    /// `directory`: what relative paths are relative to.
    init(file: String, directory: String, sources: ValueSources) {
        reader = SettingReader(file: file, sources: sources)
        self.directory = directory
    }

    mutating func read(_ text: String) throws(ConfigurationErrors) -> Snapshot {
        let snapshot = parse(text)
        guard reader.problems.isEmpty, let snapshot else { throw ConfigurationErrors(problems: reader.problems) }
        return snapshot
    }

    private mutating func parse(_ text: String) -> Snapshot? {
        let root: YAMLNode
        do throws(YAMLParser.Fault) {
            root = try YAMLParser.parse(text) ?? YAMLNode(content: .mapping([]), mark: YAMLMark(line: 1, column: 1))
        } catch {
            reader.note(error.mark, "", error.sentence)
            return nil
        }
        guard var section = Section(root, "", reader) else { return nil }
        let listen = readListen(&section)
        let tls = readTLS(&section)
        let data = absolute(section.string("data") ?? "tollgate-data")
        let providers = readProviders(&section)
        if section.node("providers") == nil {
            reader.note(root.mark, "providers", "is missing; without a provider nothing can be answered")
        }
        let models = readModels(&section, accounts: providers.map(\.name))
        let keys = readKeys(&section)
        let telemetry = readTelemetry(&section)
        let prices = readPrices(&section)
        let limits = readLimits(&section)
        let logs = readLogs(&section)
        section.finish()
        warn(listen: listen, tls: tls)
        return Snapshot(
            listen: listen, tls: tls, dataPath: data, providers: providers, models: models,
            catalog: ModelCatalog(models, accounts: providers.map(\.name), known: prices.models), keys: keys,
            limits: limits, logs: logs, telemetry: telemetry, prices: prices, warnings: warnings, files: priceFiles)
    }

    func absolute(_ path: String) -> String { path.hasPrefix("/") ? path : "\(directory)/\(path)" }

    // MARK: Listening

    private func readListen(_ section: inout Section) -> [ListenSetting] {
        let texts = section.strings("listen")
        let addresses = texts.compactMap { text, mark -> ListenSetting? in
            if let address = ListenSetting(text) { return address }
            reader.note(mark, "listen", "`\(text)` is not ADDRESS:PORT, such as 127.0.0.1:4100 or [::1]:4100")
            return nil
        }
        return texts.isEmpty ? [ListenSetting("127.0.0.1:4100")].compactMap { $0 } : addresses
    }

    private func readTLS(_ section: inout Section) -> TLSSetting? {
        guard var tls = section.section("tls") else { return nil }
        defer { tls.finish() }
        guard let certificate = tls.required("certificate", "/etc/tollgate/server.pem"),
            let key = tls.required("key", "/etc/tollgate/server.key")
        else { return nil }
        return TLSSetting(certificate: absolute(certificate), key: absolute(key))
    }

    private mutating func warn(listen: [ListenSetting], tls: TLSSetting?) {
        for address in listen where tls == nil && !address.isLoopback {
            warnings.append(
                "listen: \(address.host):\(address.port) is reachable from other machines without TLS; keys and prompts go in the clear"
            )
        }
    }

    // MARK: Keys

    private func readKeys(_ section: inout Section) -> [ConfiguredKey] {
        guard var credentials = section.section("credentials") else { return [] }
        defer { credentials.finish() }
        return credentials.sections("keys").compactMap { key in
            var key = key
            defer { key.finish() }
            let user = key.string("user") ?? "", team = key.string("team") ?? ""
            let metadata = key.dictionary("metadata")
            guard let text = key.required("key", "${TOLLGATE_KEY}") else { return nil }
            guard text.utf8.count >= 8 else {
                reader.note(key.mark, key.pathOf("key"), "is shorter than 8 characters; use a long random one")
                return nil
            }
            return ConfiguredKey(key: Secret(text), user: user, team: team, metadata: metadata)
        }
    }

    // MARK: Limits, logs

    private func readLimits(_ section: inout Section) -> LimitSettings {
        var limits = LimitSettings()
        guard var group = section.section("limits") else { return limits }
        limits.headBytes = group.size("head_bytes", default: limits.headBytes, range: 1_024...65_535)
        limits.bodyBytes = group.size("body_bytes", default: limits.bodyBytes, range: 1_024...1_073_741_824)
        limits.connections = group.integer("connections", default: limits.connections, range: 1...1_000_000)
        limits.headerTimeout = group.duration("header_timeout", default: limits.headerTimeout)
        limits.bodyTimeout = group.duration("body_timeout", default: limits.bodyTimeout)
        limits.idleTimeout = group.duration("idle_timeout", default: limits.idleTimeout)
        limits.drainTimeout = group.duration("drain_timeout", default: limits.drainTimeout)
        limits.pingInterval = group.duration("ping_interval", default: limits.pingInterval)
        group.finish()
        return limits
    }

    private func readLogs(_ section: inout Section) -> LogSettings {
        var logs = LogSettings()
        guard var group = section.section("logs") else { return logs }
        logs.level = group.choice("level", default: logs.level)
        logs.access = group.choice("access", default: logs.access)
        group.finish()
        return logs
    }

    // MARK: Telemetry, prices

    private enum Content: String, CaseIterable { case off }

    private func readTelemetry(_ section: inout Section) -> TelemetrySetting {
        var setting = TelemetrySetting()
        guard var group = section.section("telemetry") else { return setting }
        setting.serviceName = group.string("service_name")
        if group.node("sampling_ratio") != nil {
            setting.samplingRatio = group.value("sampling_ratio", default: 1.0, expected: "a number from 0 to 1") {
                Double($0).flatMap { (0...1).contains($0) ? $0 : nil }
            }
        }
        _ = group.choice("content", default: Content.off)
        setting.collectors = group.sections("otlp").compactMap { collector in
            var collector = collector
            defer { collector.finish() }
            let headers = collector.dictionary("headers").sorted { $0.key < $1.key }
            guard let endpoint = collector.required("endpoint", "http://127.0.0.1:4318") else { return nil }
            guard BaseURL(endpoint) != nil else {
                reader.note(collector.mark, collector.pathOf("endpoint"), "`\(endpoint)` is not an http(s) URL")
                return nil
            }
            return CollectorSetting(endpoint: endpoint, headers: headers.map { ($0.key, Secret($0.value)) })
        }
        if setting.collectors.count > 1 {
            reader.note(
                group.mark, group.pathOf("otlp"), "has \(setting.collectors.count) collectors; one is supported")
        }
        group.finish()
        return setting
    }

    private mutating func readPrices(_ section: inout Section) -> PriceTable {
        var rows: [Price] = []
        for (text, mark) in section.strings("prices") {
            let path = absolute(text)
            priceFiles.append(path)
            switch reader.sources.file(path) {
            case .failure(let fault): reader.note(mark, "prices", fault.sentence)
            case .success(let content):
                do throws(PriceParser.Fault) {
                    let name = text.split(separator: "/").last.map(String.init) ?? text
                    rows += try PriceParser.parse(content, table: name)
                } catch {
                    reader.note(mark, "prices", "\(path):\(error.line): \(error.sentence)")
                }
            }
        }
        return PriceTable(rows + PriceTable.builtInRows)
    }
}

extension SnapshotReader {
    // MARK: Providers

    private func readProviders(_ section: inout Section) -> [ProviderSetting] {
        var providers: [ProviderSetting] = []
        for group in section.sections("providers") {
            guard let provider = readProvider(group) else { continue }
            if providers.contains(where: { $0.name == provider.name }) {
                reader.note(group.mark, group.pathOf("name"), "`\(provider.name)` is the name of another provider too")
            }
            providers.append(provider)
        }
        return providers
    }

    private func readProvider(_ section: Section) -> ProviderSetting? {
        var section = section
        defer { section.finish() }
        let name = section.required("name", "anthropic-main")
        let kind = section.choice("kind", default: ProviderKind.anthropic)
        if section.node("kind") == nil {
            reader.note(section.mark, section.pathOf("kind"), "is missing; write for example `kind: anthropic`")
        }
        let apiKey = section.string("api_key")
        let url = section.string("base_url")
        let authority = section.string("ca_file").map { absolute($0) }
        let idle = section.integer("max_idle_connections", default: 256, range: 0...65_536)
        let timeouts = readTimeouts(&section)
        if let name, name.isEmpty || name.contains(where: { $0 == "/" || $0 == "*" || $0.isWhitespace }) {
            reader.note(
                section.mark, section.pathOf("name"), "`\(name)` must not be empty or contain `/`, `*` or blanks")
        }
        if kind == .mock, url != nil || apiKey != nil {
            reader.note(section.mark, section.path, "a mock has no base_url and no api_key; it answers by itself")
        }
        guard let base = BaseURL(url ?? "https://api.anthropic.com") else {
            reader.note(section.mark, section.pathOf("base_url"), "`\(url ?? "")` is not an http(s) URL without query")
            return nil
        }
        guard let name else { return nil }
        return ProviderSetting(
            name: name, kind: kind, apiKey: apiKey.flatMap { $0.isEmpty ? nil : Secret($0) }, baseURL: base,
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

    private func readModels(_ section: inout Section, accounts: [String]) -> [ModelSetting] {
        var models: [ModelSetting] = []
        for group in section.sections("models") {
            guard let model = readModel(group, accounts: accounts) else { continue }
            if models.contains(where: { $0.name == model.name }) {
                reader.note(group.mark, group.pathOf("name"), "`\(model.name)` is routed twice")
            }
            models.append(model)
        }
        return models
    }

    private func readModel(_ section: Section, accounts: [String]) -> ModelSetting? {
        var section = section
        defer { section.finish() }
        let name = section.required("name", "claude-*")
        let target = section.required("target", "anthropic-main/claude-*")
        let displayName = section.string("display_name")
        guard let name, let target else { return nil }
        guard !name.dropLast().contains("*"), !name.isEmpty else {
            reader.note(section.mark, section.pathOf("name"), "`\(name)` may have one `*`, at its end")
            return nil
        }
        guard let slash = target.firstIndex(of: "/"), slash != target.startIndex, target.last != "/" else {
            reader.note(section.mark, section.pathOf("target"), "`\(target)` is not ACCOUNT/MODEL")
            return nil
        }
        let account = String(target[..<slash]), upstream = String(target[target.index(after: slash)...])
        guard accounts.contains(account) else {
            let hint = Suggestion.nearest(to: account, in: accounts).map { "; did you mean \($0)?" } ?? ""
            reader.note(section.mark, section.pathOf("target"), "there is no provider named `\(account)`\(hint)")
            return nil
        }
        guard !upstream.dropLast().contains("*"), !upstream.hasSuffix("*") || name.hasSuffix("*") else {
            reader.note(section.mark, section.pathOf("target"), "`\(target)` may end in `*` only if the name does")
            return nil
        }
        return ModelSetting(name: name, account: account, upstream: upstream, displayName: displayName)
    }
}
