/// The whole configuration, checked and complete; immutable. A request keeps the one it began with.
package struct Snapshot: Sendable {
    package var listen: [ListenSetting]
    package var tls: TLSSetting?
    /// Absolute path of the folder with ledger and keys.
    package var dataPath: String
    package var providers: [ProviderSetting]
    /// On the way to whatever has no proxy of its own: webhooks, key sets, where credentials are fetched.
    package var proxies = ProxyEnvironment()
    package var models: [ModelSetting]
    /// Names behind which several targets stand.
    package var virtualModels: [VirtualModelSetting] = [] {
        didSet {
            virtualIndexes = Dictionary(
                virtualModels.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }
    /// How many entries `models` has.
    package var modelNames: Int { models.count + virtualModels.count }
    /// Places in `virtualModels`, by name.
    var virtualIndexes: [String: Int] = [:]
    package var catalog: ModelCatalog
    package var keys: [ConfiguredKey]
    package var tokenIssuers: [TokenIssuerSetting] = []
    package var certificateIdentities: [CertificateIdentity] = []
    package var rules = RuleSet()
    package var limits: LimitSettings
    package var logs: LogSettings
    package var telemetry: TelemetrySetting
    package var prices: PriceTable
    /// The rows of files of prices, each with its file, as they are written.
    var priceLines: [String] = []
    /// What works but was probably not meant.
    package var warnings: [String]
    /// The files that the configuration was read from, for noticing that one changed.
    package var files: [String]

    /// These, and those of the listeners' TLS: what is done to them is a reason to read everything anew.
    package var watchedFiles: [String] { files + (tls?.files ?? []) }

    /// The virtual model of exactly that name. It comes before whatever `catalog` says of the name.
    package func virtualModel(named name: String) -> VirtualModelSetting? {
        virtualIndexes.isEmpty ? nil : virtualIndexes[name].map { virtualModels[$0] }
    }
}
