/// Makes a snapshot of a file's text. Every setting of Tollgate is read here, with its default; docs/configuration.md is the same
/// list for people.
struct SnapshotReader {
    let reader: SettingReader

    /// `directory`: what relative paths are relative to.
    init(file: String, directory: String, sources: ValueSources, needsSecrets: Bool = true) {
        reader = SettingReader(file: file, directory: directory, sources: sources, needsSecrets: needsSecrets)
    }

    /// Throws everything that is wrong, in the order of the file.
    func read(_ text: String) throws(ConfigurationErrors) -> Snapshot {
        try checked(parse(text))
    }

    /// The folder of ledger and keys alone, whatever else is wrong; throws what is wrong with it, or why the file is no YAML.
    func readDataPath(_ text: String) throws(ConfigurationErrors) -> String {
        guard var root = parseRoot(text, of: "data") else { return try checked(nil) }
        return try checked(readData(&root))
    }

    /// Where the gateway listens alone, and whether by TLS, whatever else is wrong.
    func readPlace(_ text: String) throws(ConfigurationErrors) -> Snapshot.Place {
        guard var root = parseRoot(text, of: "listen") else { return try checked(nil) }
        return try checked(Snapshot.Place(listen: readListen(&root), hasTLS: root.has("tls")))
    }

    private func checked<Value>(_ value: Value?) throws(ConfigurationErrors) -> Value {
        guard reader.problems.isEmpty, let value else {
            throw ConfigurationErrors(
                problems: reader.problems.sorted { ($0.line, $0.column) < ($1.line, $1.column) }, files: reader.files)
        }
        return value
    }

    /// - Parameter name: the only setting that is asked for; `nil`: all are.
    private func parseRoot(_ text: String, of name: String? = nil) -> Section? {
        var parser = YAMLParser()
        let parsed: YAMLNode?
        do throws(YAMLParser.Fault) {
            parsed = try parser.parse(text)
        } catch {
            reader.note(error.mark, "", error.sentence)
            return nil
        }
        let root = parsed ?? YAMLNode(content: .mapping([]), mark: YAMLMark(line: 1, column: 1))
        let places = name.map { root.places(of: $0) }
        for fault in parser.faults where places?.contains(fault.mark) != false {
            reader.note(fault.mark, "", fault.sentence)
        }
        return Section(root, "", reader)
    }

    private func readData(_ section: inout Section) -> String {
        section.file("data") ?? reader.absolute("tollgate-data")
    }

    private func parse(_ text: String) -> Snapshot? {
        guard var section = parseRoot(text) else { return nil }
        defer { section.finish() }
        let listen = readListen(&section)
        let tls = readTLS(&section)
        let data = readData(&section)
        let proxies = readProxies(section)
        let (providers, accounts) = readProviders(&section, proxies)
        let models = readModels(&section, accounts: accounts)
        let credentials = readCredentials(&section, acceptsCertificates: tls?.clientAuthorityFile != nil)
        let telemetry = readTelemetry(&section)
        let (prices, priceLines) = readPrices(&section)
        let limits = readLimits(&section)
        let logs = readLogs(&section)
        let catalog = ModelCatalog(models.entries, accounts: accounts.map(\.text), known: prices.models)
        var rules = RuleReader(
            base: self,
            names: KnownNames(
                accounts: accounts, providers: providers, models: models, catalog: catalog, prices: prices))
        let ruleSet = rules.read(&section)
        var snapshot = Snapshot(
            listen: listen, tls: tls, dataPath: data, providers: providers, models: models.plain, catalog: catalog,
            keys: credentials.keys, tokenIssuers: credentials.issuers, certificateIdentities: credentials.certificates,
            rules: ruleSet, limits: limits, logs: logs, telemetry: telemetry, prices: prices,
            warnings: (tls == nil ? warnings(of: listen) : []) + reader.warnings, files: reader.files)
        snapshot.virtualModels = models.virtual
        snapshot.proxies = proxies
        snapshot.priceLines = priceLines
        return snapshot
    }

    // MARK: Listening

    private func readListen(_ section: inout Section) -> [ListenSetting] {
        let values = section.strings("listen")
        let addresses = values.compactMap { value -> ListenSetting? in
            if let address = ListenSetting(value.text) { return address }
            reader.note(
                value.mark, "listen", "\(value.shown) is not ADDRESS:PORT, such as 127.0.0.1:4100 or [::1]:4100")
            return nil
        }
        if let node = section.node("listen"), case .sequence(let words) = node.content, words.isEmpty {
            reader.note(
                node.mark, "listen", "is empty; name an address, such as 127.0.0.1:4100, or leave it out")
        }
        return values.isEmpty ? [ListenSetting("127.0.0.1:4100")].compactMap { $0 } : addresses
    }

    private func readTLS(_ section: inout Section) -> TLSSetting? {
        guard var tls = section.section("tls") else { return nil }
        defer { tls.finish() }
        let certificate = tls.required("certificate", "/etc/tollgate/server.pem")
        let key = tls.required("key", "/etc/tollgate/server.key")
        let authority = tls.file("client_ca")
        let mode = tls.choice("client_certificates", default: ClientCertificates.optional)
        if !tls.has("client_ca") {
            tls.refuse(["client_certificates"], "has no effect: there is no client_ca that they must chain to")
        }
        guard let certificate = certificate.flatMap({ tls.path(of: $0, "certificate") }),
            let key = key.flatMap({ tls.path(of: $0, "key") })
        else { return nil }
        var setting = TLSSetting(certificate: certificate, key: key)
        setting.clientAuthorityFile = authority
        setting.requiresClientCertificate = mode == .required
        return setting
    }

    private enum ClientCertificates: String, CaseIterable { case optional, required }

    private func warnings(of listen: [ListenSetting]) -> [String] {
        listen.filter { !$0.isLoopback }.map { address in
            let host = address.host.contains(":") ? "[\(address.host)]" : address.host
            return
                "listen: \(host):\(address.port) is reachable from other machines without TLS; keys and prompts go in the clear"
        }
    }

    // MARK: Limits, logs

    private func readLimits(_ section: inout Section) -> LimitSettings {
        var limits = LimitSettings()
        guard var group = section.section("limits") else { return limits }
        limits.headBytes = group.size("head_bytes", default: limits.headBytes, range: 1_024...65_535)
        limits.bodyBytes = group.size("body_bytes", default: limits.bodyBytes, range: 1_024...1_073_741_824)
        readBodyRoom(&group, &limits)
        limits.connections = group.integer("connections", default: limits.connections, range: 1...1_000_000)
        limits.headerTimeout = group.duration("header_timeout", default: limits.headerTimeout)
        limits.bodyTimeout = group.duration("body_timeout", default: limits.bodyTimeout)
        limits.idleTimeout = group.duration("idle_timeout", default: limits.idleTimeout)
        limits.drainDelay = group.duration("drain_delay", default: limits.drainDelay, mayBeNone: true)
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

    // MARK: Prices

    /// The table, and the rows of files as they are written.
    private func readPrices(_ section: inout Section) -> (PriceTable, lines: [String]) {
        var rows: [Price] = [], lines: [String] = []
        for value in section.strings("prices") {
            switch reader.read(value.text) {
            case .failure(let fault): reader.note(value.mark, "prices", "the file \(value.shown) \(fault.sentence)")
            case .success(let content):
                do throws(PriceParser.Fault) {
                    let name = value.text.split(separator: "/").last.map(String.init) ?? value.text
                    let read = try PriceParser.parse(content, table: name)
                    warnOfSpelling(read, value)
                    rows += read
                    lines += PriceParser.lines(of: content).filter { !$0.isEmpty }
                        .map { "price \(name): \($0.joined(separator: " "))" }
                } catch {
                    reader.note(value.mark, "prices", "\(value.raw):\(error.line): \(error.sentence)")
                }
            }
        }
        return (rows.isEmpty ? .builtIn : PriceTable(rows, over: .builtIn), lines)
    }

    /// A row whose model is written otherwise than that of the built-in table leaves the built-in price in force.
    private func warnOfSpelling(_ rows: [Price], _ file: SettingText) {
        func plain(_ name: String) -> String {
            String(name.lowercased().map { "._".contains($0) ? "-" : $0 })
        }
        let known = Set(PricePlatform.allCases.flatMap(PriceTable.builtIn.models))
        let spellings = Dictionary(known.map { (plain($0), $0) }, uniquingKeysWith: min)
        let doubted = Set(rows.map(\.model)).subtracting(known)
        for (model, meant) in doubted.sorted().compactMap({ name in spellings[plain(name)].map { (name, $0) } }) {
            reader.warn(
                file.mark, "prices", "\(file.raw): `\(model)` is not the price of `\(meant)`; did you mean that?")
        }
    }
}

extension YAMLNode {
    /// Where a member of that name and its value stand; more than one, where it stands more than once.
    fileprivate func places(of name: String) -> [YAMLMark] {
        guard case .mapping(let members) = content else { return [] }
        return members.filter { $0.key == name }.flatMap { [$0.mark, $0.value.mark] }
    }
}
