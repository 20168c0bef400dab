extension SnapshotReader {
    /// The providers, and the names of all that are configured, also of those with mistakes.
    func readProviders(
        _ section: inout Section, _ proxies: ProxyEnvironment
    ) -> (providers: [ProviderSetting], names: [SettingText]) {
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
            let provider = readProvider(&group, name?.text ?? "", proxies)
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

    private func readProvider(
        _ section: inout Section, _ name: String, _ proxies: ProxyEnvironment
    ) -> ProviderSetting? {
        let kind = section.choice("kind", default: ProviderKind.anthropic)
        if !section.has("kind") {
            reader.note(section.mark, section.pathOf("kind"), "is missing; write for example `kind: anthropic`")
        }
        let region = readRegion(&section, kind), project = readProject(&section, kind)
        let base = readBaseURL(&section, kind, region: region)
        guard let stand = base ?? BaseURL("http://127.0.0.1") else { return nil }
        var provider = ProviderSetting(name: name, kind: kind, baseURL: stand)
        provider.region = region
        provider.project = project
        readDialect(&section, &provider)
        readCredential(&section, &provider)
        if let base { readProxy(&section, base, &provider, besides: proxies) }
        readTransport(&section, &provider, isEncrypted: base?.isEncrypted ?? true)
        provider.headers = readHeaders(&section)
        refuseOwnHeaders(&section)
        provider.models = section.sections("models").compactMap(readProviderModel)
        provider.betas = readBetas(&section)
        provider.counting = section.choice("count_tokens", default: TokenCounting.provider)
        provider.getsTraceContext = section.truth("trace_context") ?? true
        provider.fidelity = section.choice("fidelity", default: FidelityPolicy.warn)
        if kind == .mock { refuseForMock(&section) }
        return base == nil ? nil : provider
    }

    /// What Tollgate writes itself: a second one would make another request of it.
    func refuseOwnHeaders(_ section: inout Section) {
        let own = Self.ownHeaders.union(Self.bodyHeaders)
        for (name, mark) in section.places("headers") where own.contains(name.lowercased()) {
            reader.note(mark, "\(section.pathOf("headers")).\(name)", "is written by Tollgate itself; leave it out")
        }
    }

    static let ownHeaders: Set = [
        "host", "content-length", "transfer-encoding", "connection", "te", "trailer", "upgrade", "expect",
        "accept-encoding", "traceparent", "tracestate", "baggage",
    ]

    private static let bodyHeaders: Set = ["content-type", "content-encoding"]

    private func refuseForMock(_ section: inout Section) {
        section.refuse(
            [
                "api_key", "auth", "base_url", "ca_file", "max_idle_connections", "timeouts", "dialect", "headers",
                "models", "betas", "fidelity", "max_concurrent_requests",
                "max_queued_requests", "queue_timeout", "proxy", "count_tokens",
                "trace_context",
            ], "has no effect: a mock answers by itself")
    }

    // MARK: Where

    private func readRegion(_ section: inout Section, _ kind: ProviderKind) -> String? {
        let region = section.text("region")
        switch kind {
        case .bedrock, .vertex:
            guard let region, !region.text.isEmpty else {
                let example = kind == .bedrock ? "us-east-1" : "global"
                reader.note(
                    region?.mark ?? section.mark, section.pathOf("region"),
                    "is missing; write for example `region: \(example)`")
                return nil
            }
            guard region.text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }) else {
                reader.note(region.mark, section.pathOf("region"), "\(region.shown) is no name of a region")
                return nil
            }
            return region.text
        case .azure, .openAI: return region?.text
        default:
            section.refuse(["region"], "has no effect for \(kind.rawValue)")
            return nil
        }
    }

    private func readProject(_ section: inout Section, _ kind: ProviderKind) -> String? {
        guard kind == .vertex else {
            section.refuse(["project"], "has no effect for \(kind.rawValue)")
            return nil
        }
        guard let project = section.required("project", "my-project") else { return nil }
        // `example.com:my-project` is one of the old kind.
        guard project.text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-.:".contains($0)) }) else {
            reader.note(project.mark, section.pathOf("project"), "\(project.shown) is no name of a project")
            return nil
        }
        return project.text
    }

    private func readBaseURL(_ section: inout Section, _ kind: ProviderKind, region: String?) -> BaseURL? {
        let url = section.text("base_url")
        let fallback: String? =
            switch kind {
            case .anthropic, .mock: "https://api.anthropic.com"
            case .openAI: "https://api.openai.com/v1"
            case .xAI: "https://api.x.ai/v1"
            case .gemini: "https://generativelanguage.googleapis.com"
            case .vertex: region.map { "https://\(Self.vertexHost($0))" }
            case .bedrock: region.map { "https://bedrock-runtime.\($0).amazonaws.com" }
            case .azure, .openAICompatible: nil
            }
        guard let text = url?.text ?? fallback else {
            if kind == .azure || kind == .openAICompatible {
                let example =
                    kind == .azure ? "https://RESOURCE.openai.azure.com/openai/v1" : "http://127.0.0.1:8000/v1"
                reader.note(
                    section.mark, section.pathOf("base_url"), "is missing; write for example `base_url: \(example)`")
            }
            return nil
        }
        if let base = BaseURL(text) {
            if let url { warnOfEnding(base, url, section.pathOf("base_url"), kind) }
            return base
        }
        if let url { noteURL(url, section.pathOf("base_url")) }
        return nil
    }

    /// The path of an endpoint, or what other clients want in it: everything would be answered with 404.
    private func warnOfEnding(_ base: BaseURL, _ url: SettingText, _ path: String, _ kind: ProviderKind) {
        let isFoundry = kind == .azure && base.prefix.hasPrefix("/anthropic")
        let added =
            switch kind {
            case .anthropic,
                .azure where isFoundry:
                ["/v1/messages", "/v1"]
            case .gemini: ["/v1beta/models", "/v1beta"]
            default: ["/messages", "/chat/completions", "/responses"]
            }
        guard let ending = added.first(where: base.prefix.hasSuffix) else { return }
        reader.warn(url.mark, path, "ends in `\(ending)`, which is appended to it once more; leave `\(ending)` out")
    }

    /// https://cloud.google.com/vertex-ai/docs/reference/rest#service-endpoint
    private static func vertexHost(_ location: String) -> String {
        switch location {
        case "global": "aiplatform.googleapis.com"
        case "us", "eu": "aiplatform.\(location).rep.googleapis.com"
        default: "\(location)-aiplatform.googleapis.com"
        }
    }

    // MARK: How

    private func readDialect(_ section: inout Section, _ provider: inout ProviderSetting) {
        provider.apiVersion = section.value("api_version", expected: "a version such as 2025-04-01-preview") { text in
            text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-._".contains($0)) } ? text : nil
        }
        if provider.kind != .azure { section.refuse(["api_version"], "has no effect for \(provider.kind.rawValue)") }
        let allowed: [DialectSetting] =
            switch provider.kind {
            case .openAI, .xAI: [.responses, .chatCompletions]
            case .azure: [.responses, .chatCompletions, .messages]
            case .openAICompatible: [.chatCompletions, .messages, .responses]
            default: []
            }
        guard section.has("dialect") else { return }
        if allowed.isEmpty {
            return section.refuse(["dialect"], "has no effect: \(provider.kind.rawValue) leaves no choice")
        }
        let names = allowed.map(\.rawValue).joined(separator: ", ")
        provider.dialect = section.value("dialect", expected: "one of \(names)") { text in
            allowed.first { $0.rawValue == text }
        }
    }

    private func readTransport(_ section: inout Section, _ provider: inout ProviderSetting, isEncrypted: Bool) {
        provider.authorityFile = section.file("ca_file")
        provider.maximumIdleConnections = section.integer("max_idle_connections", default: 256, range: 0...65_536)
        if section.has("max_concurrent_requests") {
            provider.maximumConcurrentRequests = section.integer(
                "max_concurrent_requests", default: 1, range: 1...1_000_000)
            readQueue(&section, &provider)
        } else {
            section.refuse(
                ["max_queued_requests", "queue_timeout"], "has no effect: there is no max_concurrent_requests")
        }
        provider.timeouts = readTimeouts(&section)
        if provider.kind != .mock, !isEncrypted {
            section.refuse(["ca_file"], "has no effect: base_url does not begin with https://")
        }
    }

    private func readQueue(_ section: inout Section, _ provider: inout ProviderSetting) {
        provider.maximumQueuedRequests = section.integer("max_queued_requests", default: 0, range: 0...100_000)
        if provider.maximumQueuedRequests > 0 {
            provider.queueTimeout = section.duration("queue_timeout", default: provider.queueTimeout)
        } else {
            section.refuse(["queue_timeout"], "has no effect: there is no max_queued_requests")
        }
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

    private func readProviderModel(_ section: Section) -> ProviderModelSetting? {
        var section = section
        defer { section.finish() }
        let name = section.required("name", "\"gpt-*\"")
        let base = section.string("base_model")
        let output =
            section.has("max_output_tokens")
            ? Int64(section.integer("max_output_tokens", default: 1, range: 1...10_000_000)) : nil
        guard let name else { return nil }
        guard !name.text.dropLast().contains("*") else {
            reader.note(name.mark, section.pathOf("name"), "\(name.shown) may have one `*`, at its end")
            return nil
        }
        return ProviderModelSetting(name: name.text, baseModel: base, maximumOutput: output)
    }

    private func readBetas(_ section: inout Section) -> BetaSetting {
        var betas = BetaSetting()
        guard var group = section.section("betas") else { return betas }
        betas.keep = readBetaNames(&group, "keep")
        betas.drop = readBetaNames(&group, "drop")
        group.finish()
        return betas
    }

    private func readBetaNames(_ group: inout Section, _ list: String) -> [String] {
        let names = group.strings(list)
        for name in names where name.text.dropLast().contains("*") {
            reader.note(name.mark, group.pathOf(list), "\(name.shown) may have one `*`, at its end")
        }
        return names.map(\.text)
    }
}
