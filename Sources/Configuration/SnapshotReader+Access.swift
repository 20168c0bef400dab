extension SnapshotReader {
    // MARK: Credentials

    typealias Credentials = (
        keys: [ConfiguredKey], issuers: [TokenIssuerSetting], certificates: [CertificateIdentity]
    )

    /// - Parameter acceptsCertificates: whether clients are asked for certificates.
    func readCredentials(_ section: inout Section, acceptsCertificates: Bool) -> Credentials {
        guard var credentials = section.section("credentials") else { return ([], [], []) }
        defer { credentials.finish() }
        return (
            readKeys(&credentials), readIssuers(&credentials),
            readCertificates(&credentials, areAccepted: acceptsCertificates)
        )
    }

    // MARK: Keys

    private func readKeys(_ credentials: inout Section) -> [ConfiguredKey] {
        var keys: [ConfiguredKey] = []
        for group in credentials.sections("keys") {
            guard let (key, mark, path) = readKey(group) else { continue }
            if keys.contains(where: { $0.key.isSame(as: key.key) }) {
                reader.note(mark, path, "is the same key as that of another entry")
            }
            keys.append(key)
        }
        return keys
    }

    private func readKey(_ section: Section) -> (key: ConfiguredKey, mark: YAMLMark, path: String)? {
        var section = section
        defer { section.finish() }
        let user = section.holder("user"), team = section.holder("team")
        let (groups, account) = readMembership(&section)
        let metadata = section.dictionary("metadata").map { ($0.name, $0.value.text) }
        let path = section.pathOf("key")
        guard let key = section.required("key", "\"${TOLLGATE_KEY}\"", isSecret: true) else { return nil }
        guard key.text.utf8.count >= 8 else {
            reader.note(key.mark, path, "is shorter than 8 characters; use a long random one")
            return nil
        }
        guard isToken(key, path) else { return nil }
        return (
            ConfiguredKey(
                key: Secret(key.text), user: user, team: team, groups: groups, virtualAccount: account,
                metadata: Dictionary(metadata, uniquingKeysWith: { first, _ in first }),
                isStandIn: key.isStandIn), key.mark, path
        )
    }

    /// Groups, and the service account that stands in place of a person.
    func readMembership(_ section: inout Section) -> (groups: [String], virtualAccount: String) {
        let groups = section.globs("groups").map(\.value.text)
        let account = section.holder("virtual_account", before: "virtualaccount:")
        if !account.isEmpty { section.refuse(["user"], "has no effect: a virtual account stands in place of a person") }
        return (groups, account)
    }

    /// Whether the value can be sent as a credential; that it cannot is noted.
    func isToken(_ value: SettingText, _ path: String) -> Bool {
        if value.text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) { return true }
        reader.note(
            value.mark, path, "has a blank, a line end or a character outside ASCII, which no header can carry here")
        return false
    }

    // MARK: Headers

    /// Headers to be sent, by name.
    func readHeaders(_ section: inout Section, _ group: String = "headers") -> [(name: String, value: Secret)] {
        var headers: [(name: String, value: Secret)] = []
        for (name, value) in section.dictionary(group, areSecret: true).sorted(by: { $0.name < $1.name }) {
            let path = "\(section.pathOf(group)).\(name)"
            guard isHeaderName(name) else {
                reader.note(value.mark, path, "is not the name of a header")
                continue
            }
            guard value.text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
                reader.note(
                    value.mark, path, "has a line end or a character outside ASCII, which no header can carry here")
                continue
            }
            headers.append((name, Secret(value.text)))
        }
        return headers
    }

    /// RFC 9110 §5.6.2: a token.
    func isHeaderName(_ text: String) -> Bool {
        !text.isEmpty
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "!#$%&'*+-.^_`|~".contains($0)) }
    }

    /// Notes that a value is no URL. It is shown only if no password can stand in it.
    func noteURL(_ value: SettingText, _ path: String) {
        let shown = value.raw.contains(where: { "@?".contains($0) }) ? "the value" : value.shown
        reader.note(value.mark, path, "\(shown) is not http(s)://HOST[:PORT][/PATH], without user and query")
    }
}
