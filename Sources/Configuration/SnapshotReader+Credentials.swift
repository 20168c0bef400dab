extension SnapshotReader {
    /// What authenticates at a provider: what the file says, else what the provider's own libraries find in the environment.
    func readCredential(_ section: inout Section, _ provider: inout ProviderSetting) {
        let kind = provider.kind
        let key = readAPIKey(&section, isNeeded: [.openAI, .xAI, .gemini].contains(kind))
        provider.keyField = section.choice("auth", default: Self.keyField(kind))
        if kind != .bedrock { section.refuse(["aws"], "has no effect for \(kind.rawValue)") }
        if kind != .vertex { section.refuse(["service_account"], "has no effect for \(kind.rawValue)") }
        if kind != .azure { section.refuse(["entra"], "has no effect for \(kind.rawValue)") }
        for (owner, group) in [(ProviderKind.azure, "entra"), (.bedrock, "aws")]
        where owner == kind && key != nil && section.has(group) {
            section.refuse(["api_key"], "has no effect beside \(group); leave one of the two out")
        }
        switch kind {
        case .anthropic, .mock, .openAICompatible: provider.credential = key ?? .none
        case .openAI, .xAI, .gemini:
            provider.credential = key ?? .none
            if key == nil { noteMissingKey(section) }
        case .azure: provider.credential = readEntra(&section, provider) ?? key ?? azureEnvironment(section, provider)
        case .vertex:
            section.refuse(["api_key"], "has no effect for vertex: it takes tokens of a service account")
            provider.credential =
                section.file("service_account").map { .googleServiceAccount(file: $0) }
                ?? environment(section) { environment throws(CredentialEnvironment.Fault) in try environment.google() }
        case .bedrock:
            provider.credential =
                readAWS(&section) ?? key
                ?? environment(section) { environment throws(CredentialEnvironment.Fault) in try environment.aws() }
        }
    }

    private static func keyField(_ kind: ProviderKind) -> KeyField {
        switch kind {
        case .anthropic, .mock: .xAPIKey
        case .azure: .apiKey
        case .gemini: .googleAPIKey
        default: .bearer
        }
    }

    /// - Parameter isNeeded: an empty one is a mistake, as of a variable that is set to nothing.
    private func readAPIKey(_ section: inout Section, isNeeded: Bool) -> CredentialSetting? {
        guard let key = section.text("api_key", isSecret: true) else { return nil }
        if key.text.isEmpty, reader.needsSecrets {
            let path = section.pathOf("api_key")
            if isNeeded {
                reader.note(key.mark, path, "is empty; write for example `api_key: \"${API_KEY}\"`")
            } else {
                reader.warn(key.mark, path, "is empty: requests go out without a key of the gateway's")
            }
        }
        guard isToken(key, section.pathOf("api_key")), !key.text.isEmpty else { return nil }
        return .apiKey(Secret(key.text))
    }

    private func noteMissingKey(_ section: Section) {
        var section = section
        guard !section.has("api_key") else { return }
        reader.note(section.mark, section.pathOf("api_key"), "is missing; write for example `api_key: \"${API_KEY}\"`")
    }

    private func environment(
        _ section: Section,
        _ read: (CredentialEnvironment) throws(CredentialEnvironment.Fault) -> CredentialSetting
    ) -> CredentialSetting {
        do throws(CredentialEnvironment.Fault) {
            return try read(CredentialEnvironment { reader.environment($0) })
        } catch {
            if reader.needsSecrets { reader.note(section.mark, section.path, error.sentence) }
            return .none
        }
    }

    // MARK: Azure

    private func readEntra(_ section: inout Section, _ provider: ProviderSetting) -> CredentialSetting? {
        guard section.has("entra") else { return nil }
        guard var group = section.section("entra") else { return CredentialSetting.none }
        defer { group.finish() }
        let tenant = group.required("tenant_id", "\"${AZURE_TENANT_ID}\"", isSecret: true)
        let client = group.required("client_id", "\"${AZURE_CLIENT_ID}\"", isSecret: true)
        let secret = group.required("client_secret", "\"${AZURE_CLIENT_SECRET}\"", isSecret: true)
        let scope = group.string("scope") ?? Self.scope(provider)
        guard let authority = readURL(&group, "authority", default: CredentialSetting.entraAuthority),
            let tenant, let client, let secret
        else { return CredentialSetting.none }
        return .entra(
            tenant: tenant.text, clientID: client.text, clientSecret: Secret(secret.text), scope: scope,
            authority: authority)
    }

    private func azureEnvironment(_ section: Section, _ provider: ProviderSetting) -> CredentialSetting {
        guard reader.environment("AZURE_CLIENT_SECRET") != nil || !reader.needsSecrets else {
            reader.note(
                section.mark, section.pathOf("api_key"),
                "is missing; write `api_key: \"${AZURE_API_KEY}\"`, or a group `entra`")
            return .none
        }
        return environment(section) { environment throws(CredentialEnvironment.Fault) in
            try environment.entra(scope: Self.scope(provider))
        }
    }

    /// The audience of Claude on Foundry is another than that of Azure OpenAI.
    private static func scope(_ provider: ProviderSetting) -> String {
        provider.dialect == .messages || provider.baseURL.prefix.hasSuffix("/anthropic")
            ? "https://ai.azure.com/.default" : "https://cognitiveservices.azure.com/.default"
    }

    // MARK: AWS

    private func readAWS(_ section: inout Section) -> CredentialSetting? {
        guard var group = section.section("aws") else { return nil }
        defer { group.finish() }
        if group.has("role_arn") || group.has("web_identity_token_file") { return readWebIdentity(&group) }
        let id = group.required("access_key_id", "\"${AWS_ACCESS_KEY_ID}\"", isSecret: true)
        let secret = group.required("secret_access_key", "\"${AWS_SECRET_ACCESS_KEY}\"", isSecret: true)
        let token = group.text("session_token", isSecret: true).flatMap { $0.text.isEmpty ? nil : Secret($0.text) }
        guard let id, let secret else { return nil }
        return .aws(
            .keys(AWSCredentials(accessKeyID: id.text, secretAccessKey: Secret(secret.text), sessionToken: token)))
    }

    private func readWebIdentity(_ group: inout Section) -> CredentialSetting? {
        let role = group.required("role_arn", "arn:aws:iam::123456789012:role/gateway")
        let name = group.string("session_name") ?? "tollgate"
        let url = readURL(&group, "sts_url", default: "https://sts.amazonaws.com")
        guard group.has("web_identity_token_file"), let file = group.file("web_identity_token_file") else {
            _ = group.required("web_identity_token_file", "/var/run/secrets/token")
            return nil
        }
        guard let role, let url else { return nil }
        return .aws(.webIdentity(tokenFile: file, roleARN: role.text, sessionName: name, stsURL: url))
    }

    private func readURL(_ group: inout Section, _ name: String, default fallback: String) -> BaseURL? {
        let given = group.text(name)
        if let url = BaseURL(given?.text ?? fallback) { return url }
        if let given { noteURL(given, group.pathOf(name)) }
        return nil
    }

    // MARK: Proxy

    /// `proxy`: a URL, or `none`; without it what `HTTPS_PROXY` and `NO_PROXY` say.
    func readProxy(
        _ section: inout Section, _ base: BaseURL, _ provider: inout ProviderSetting, besides proxies: ProxyEnvironment
    ) {
        guard let given = section.text("proxy", isSecret: true) else {
            provider.proxy = proxies.proxy(for: base.host, port: base.port)
            return
        }
        if given.text.isEmpty || given.text == "none" { return }
        guard let proxy = ProxySetting(given.text) else {
            reader.note(given.mark, section.pathOf("proxy"), "is not \(ProxySetting.form), nor `none`")
            return
        }
        provider.proxy = ProxyEnvironment(proxy).proxy(for: base.host, port: base.port)
    }

    /// `HTTPS_PROXY` and `NO_PROXY`, which count for all that the file names no proxy for.
    func readProxies(_ section: Section) -> ProxyEnvironment {
        do throws(ProxyEnvironment.Fault) {
            return try ProxyEnvironment(reader.environment)
        } catch {
            // What the environment of a command says is nothing to the gateway.
            if reader.needsSecrets { reader.note(section.mark, "", error.sentence) }
            return ProxyEnvironment()
        }
    }
}
