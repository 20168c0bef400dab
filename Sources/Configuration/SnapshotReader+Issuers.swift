extension SnapshotReader {
    // MARK: JSON Web Tokens

    func readIssuers(_ credentials: inout Section) -> [TokenIssuerSetting] {
        var issuers: [TokenIssuerSetting] = []
        for group in credentials.sections("jwt") {
            var group = group
            defer { group.finish() }
            let issuer = group.required("issuer", "https://idp.example")
            if let issuer, issuers.contains(where: { $0.issuer == issuer.text }) {
                reader.note(
                    issuer.mark, group.pathOf("issuer"),
                    "\(issuer.shown) is the issuer of another entry too; its `audience` may be a list")
            }
            guard let setting = readIssuer(&group, issuer?.text) else { continue }
            issuers.append(setting)
        }
        return issuers
    }

    private func readIssuer(_ section: inout Section, _ issuer: String?) -> TokenIssuerSetting? {
        let audiences = section.globs("audience").map(\.value.text)
        if section.elements("audience").isEmpty {
            reader.note(
                section.mark, section.pathOf("audience"), "is missing; write for example `audience: tollgate`")
        }
        let claims = readClaims(&section)
        let skew = section.value("clock_skew", expected: "a duration from 0s to 1h, such as `60s`") { text in
            DurationText.parse(text).flatMap { (0...3_600_000_000_000).contains($0) ? $0 : nil }
        }
        let isShared = section.has("secret")
        let source = isShared ? readSecret(&section) : readKeySet(&section)
        let algorithms = readAlgorithms(&section, isShared: isShared)
        let authority = section.file("ca_file")
        var isFetched = false
        if case .url(let base, _, _) = source { isFetched = base.isEncrypted }
        if source != nil, !isFetched {
            section.refuse(["ca_file"], "has no effect: jwks is no URL that begins with https://")
        }
        guard let issuer, let source, !audiences.isEmpty else { return nil }
        var setting = TokenIssuerSetting(
            issuer: issuer, audiences: audiences, keys: source, algorithms: algorithms)
        setting.claims = claims
        if let skew { setting.clockSkew = skew }
        setting.authorityFile = authority
        return setting
    }

    private func readSecret(_ section: inout Section) -> TokenKeySource? {
        section.refuse(["jwks"], "has no effect beside secret; leave one of the two out")
        section.refuse(["refresh"], "has no effect: a secret is not fetched")
        guard let secret = section.required("secret", "\"${JWT_SECRET}\"", isSecret: true) else { return nil }
        // RFC 7518 §3.2: as long as the hash at least.
        guard secret.text.utf8.count >= 32 else {
            reader.note(secret.mark, section.pathOf("secret"), "is shorter than 32 bytes; use a long random one")
            return nil
        }
        return .secret(Secret(secret.text))
    }

    private func readKeySet(_ section: inout Section) -> TokenKeySource? {
        guard section.has("jwks") else {
            reader.note(
                section.mark, section.pathOf("jwks"),
                "is missing; write for example `jwks: https://idp.example/keys`, or a `secret`")
            return nil
        }
        guard let place = section.required("jwks", "https://idp.example/keys") else { return nil }
        let path = section.pathOf("jwks")
        guard place.text.contains("://") else {
            section.refuse(["refresh"], "has no effect: a file is read anew when it changes")
            let file = place.text.hasPrefix("file:") ? String(place.text.dropFirst(5)) : place.text
            guard FilePath.isLikely(file), !file.isEmpty else {
                reader.note(place.mark, path, "\(place.shown) names no file")
                return nil
            }
            return .file(reader.absolute(file))
        }
        let refresh = section.duration("refresh", default: 600_000_000_000)
        guard let url = EndpointURL(place.text) else {
            noteEndpoint(place, path)
            return nil
        }
        guard url.base.isEncrypted || url.base.isThisMachine else {
            reader.note(
                place.mark, path, "must begin with https://: whoever can change the answer on its way could sign tokens"
            )
            return nil
        }
        return .url(url.base, path: url.path, refresh: refresh)
    }

    /// Notes that a value is no URL; not what it holds, of which path and query may be secret.
    func noteEndpoint(_ value: SettingText, _ path: String) {
        reader.note(value.mark, path, "the value is not \(EndpointURL.form)")
    }

    /// HS256 and the others never together: a public key must not be taken for a shared secret.
    private func readAlgorithms(_ section: inout Section, isShared: Bool) -> [TokenAlgorithm] {
        let allowed: [TokenAlgorithm] = isShared ? [.hs256] : [.rs256, .es256, .edDSA]
        guard section.has("algorithms") else { return allowed }
        var algorithms: [TokenAlgorithm] = []
        for value in section.globs("algorithms").map(\.value) {
            let path = section.pathOf("algorithms")
            guard let algorithm = TokenAlgorithm(rawValue: value.text) else {
                let known = TokenAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
                reader.note(value.mark, path, "\(value.shown) is not one of \(known)")
                continue
            }
            if !allowed.contains(algorithm) {
                let reason =
                    isShared
                    ? "needs the keys of a `jwks`; a `secret` is for HS256 alone"
                    : "needs a `secret`; with the public keys of a `jwks` anybody could sign"
                reader.note(value.mark, path, "\(value.shown) \(reason)")
            }
            algorithms.append(algorithm)
        }
        if section.elements("algorithms").isEmpty {
            reader.note(section.mark, section.pathOf("algorithms"), "is empty: no token would be taken; leave it out")
        }
        return algorithms
    }

    private func readClaims(_ section: inout Section) -> TokenClaims {
        var claims = TokenClaims()
        guard var group = section.section("claims") else { return claims }
        defer { group.finish() }
        func claim(_ name: String) -> String? { group.has(name) ? group.required(name, "email")?.text : nil }
        claims.user = claim("user") ?? claims.user
        claims.team = claim("team")
        claims.groups = claim("groups")
        claims.virtualAccount = claim("virtual_account")
        for (tag, value) in group.dictionary("metadata") {
            if value.text.isEmpty {
                reader.note(value.mark, "\(group.pathOf("metadata")).\(tag)", "must not be empty")
            }
            claims.metadata[tag] = value.text
        }
        return claims
    }

    // MARK: Certificates

    func readCertificates(_ credentials: inout Section, areAccepted: Bool) -> [CertificateIdentity] {
        let groups = credentials.sections("client_certificates")
        if let first = groups.first, !areAccepted {
            reader.note(
                first.mark, credentials.pathOf("client_certificates"),
                "has no effect: no client is asked for a certificate; set `tls: {client_ca: …}`")
        }
        return groups.compactMap(readCertificate)
    }

    private func readCertificate(_ section: Section) -> CertificateIdentity? {
        var section = section
        defer { section.finish() }
        let user = section.holder("user"), team = section.holder("team")
        let (groups, account) = readMembership(&section)
        let metadata = section.dictionary("metadata").map { ($0.name, $0.value.text) }
        guard var match = section.section("match") else {
            reader.note(
                section.mark, section.pathOf("match"), "is missing; write for example `match: {dns: \"*.ci.example\"}`")
            return nil
        }
        defer { match.finish() }
        let fields = CertificateField.allCases.filter { match.has($0.rawValue) }
        guard let field = fields.first, fields.count == 1 else {
            let known = CertificateField.allCases.map(\.rawValue).joined(separator: ", ")
            reader.note(match.mark, match.path, "must have one of \(known), found \(fields.count)")
            return nil
        }
        guard let value = match.required(field.rawValue, "\"*.ci.example\"") else { return nil }
        var identity = CertificateIdentity(field: field, value: Glob(value.text))
        identity.user = user
        identity.team = team
        identity.groups = groups
        identity.virtualAccount = account
        identity.metadata = Dictionary(metadata, uniquingKeysWith: { first, _ in first })
        return identity
    }
}
