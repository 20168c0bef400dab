import Configuration
import Governance
import Synchronization
import Telemetry
import Transport
import Wire

/// Brings the issuers of tokens and their keys to the loops: the issuers from the configuration, the keys from where they are
/// published.
final class TokenDistribution: Sendable {
    private struct Entry {
        let issuer: TokenIssuerSetting
        let source: KeySetSource?
        var keys: TokenKeySet?
        /// Of the text that the keys were read from; `nil`: not from this source.
        var digest: SHA256Digest?
    }
    private struct State {
        var version = 0
        var entries: [Entry] = []
        var workers: [LoopWorker] = []
        var stamp = FileStamp([])
    }
    private let state = Mutex(State())
    private let loop: EventLoop
    private let proxies: ProxyEnvironment
    private let resolver: Resolver
    private let log: LogWriter

    /// One that is asked for an unknown key reads a file so often, and a URL less; nanoseconds.
    private static let fileLookPause: Int64 = 1_000_000_000
    private static let urlLookPause: Int64 = 10_000_000_000

    /// Key sets are fetched on `loop`. Throws `.tlsConfiguration` when a CA file cannot be used.
    init(
        _ issuers: [TokenIssuerSetting], proxies: ProxyEnvironment, loop: EventLoop, resolver: Resolver, log: LogWriter
    ) throws(TransportError) {
        self.loop = loop
        self.proxies = proxies
        self.resolver = resolver
        self.log = log
        let entries = try entries(issuers)
        state.withLock { $0.entries = entries }
    }

    /// What is known at the moment.
    var directory: TokenDirectory { state.withLock { Self.directory($0) } }

    /// From now on changes go to `workers`, and the key sets are fetched.
    func start(_ workers: [LoopWorker]) {
        state.withLock { $0.workers = workers }
        begin()
    }

    /// The issuers of a new configuration. Known keys of those that stayed are in force until theirs are fetched anew.
    func replace(_ issuers: [TokenIssuerSetting]) throws(TransportError) {
        let fresh = try entries(issuers)
        let old = state.withLock { state in
            let old = state.entries
            state.entries = fresh.map { entry in
                guard entry.keys == nil, let same = old.first(where: { $0.issuer.hasKeys(of: entry.issuer) }) else {
                    return entry
                }
                return Entry(issuer: entry.issuer, source: entry.source, keys: same.keys)
            }
            state.version += 1
            return old
        }
        for entry in old { entry.source?.stop() }
        distribute()
        begin()
    }

    /// Reads those files anew that have changed; to be called every second, not on a loop.
    func checkFiles() {
        let (files, before) = state.withLock { (Self.files($0), $0.stamp) }
        guard !files.isEmpty else { return }
        let stamp = FileStamp(files.map(\.path))
        guard stamp != before else { return }
        state.withLock { $0.stamp = stamp }
        for file in files { file.source.refresh() }
    }

    private func begin() {
        let (sources, files) = state.withLock { state in (state.entries.compactMap(\.source), Self.files(state)) }
        // Before they are read: what changes meanwhile is noticed.
        let stamp = FileStamp(files.map(\.path))
        state.withLock { $0.stamp = stamp }
        for source in sources { source.refresh() }
    }

    private static func files(_ state: borrowing State) -> [(path: String, source: KeySetSource)] {
        state.entries.compactMap { entry in
            guard let source = entry.source, case .file(let path) = entry.issuer.keys else { return nil }
            return (path, source)
        }
    }

    // MARK: Making

    private func entries(_ issuers: [TokenIssuerSetting]) throws(TransportError) -> [Entry] {
        var entries: [Entry] = []
        for issuer in issuers {
            guard let fetcher = try KeySetFetcher(issuer, proxies: proxies, resolver: resolver) else {
                entries.append(Entry(issuer: issuer, source: nil, keys: TokenKeySet(secretOf: issuer)))
                continue
            }
            let source = KeySetSource(fetcher, machine: Self.machine(issuer), loop: loop) {
                [weak self] source, result in
                self?.fetched(source, result)
            }
            entries.append(Entry(issuer: issuer, source: source, keys: nil))
        }
        return entries
    }

    private static func machine(_ issuer: TokenIssuerSetting) -> KeySetStateMachine {
        if case .url(_, _, let refresh) = issuer.keys {
            return KeySetStateMachine(refresh: refresh, lookPause: urlLookPause)
        }
        return KeySetStateMachine(refresh: 0, lookPause: fileLookPause)
    }

    // MARK: Distributing

    /// On the loop's thread.
    private func fetched(_ source: KeySetSource, _ result: Result<JSONWebKeySet, KeySetFault>) {
        guard let (issuer, isNew, worker) = accept(source, result) else { return }
        if isNew { distribute() }
        worker?.keySetFetched(issuer: issuer, isGood: (try? result.get()) != nil)
        note(issuer, source.fetcher.name, result, isNew: isNew)
    }

    /// `nil` when the source is no longer in use.
    private func accept(
        _ source: KeySetSource, _ result: Result<JSONWebKeySet, KeySetFault>
    ) -> (issuer: String, isNew: Bool, worker: LoopWorker?)? {
        state.withLock { state in
            guard let place = state.entries.firstIndex(where: { $0.source === source }) else { return nil }
            var isNew = false
            if case .success(let set) = result, state.entries[place].digest != set.digest {
                isNew = true
                state.entries[place].digest = set.digest
                state.entries[place].keys = TokenKeySet(set.keys)
                state.version += 1
            }
            return (state.entries[place].issuer.issuer, isNew, state.workers.first { $0.loop === loop })
        }
    }

    private func distribute() {
        let (directory, workers) = state.withLock { (Self.directory($0), $0.workers) }
        for worker in workers {
            if worker.loop.isCurrent {
                // At once, as whoever waits for it here will not wait for what is posted.
                worker.replace(tokens: directory)
            } else {
                worker.loop.post { worker.replace(tokens: directory) }
            }
        }
    }

    private static func directory(_ state: borrowing State) -> TokenDirectory {
        TokenDirectory(
            version: state.version,
            verifier: TokenVerifier(state.entries.map(\.issuer), keys: state.entries.map(\.keys)),
            sources: state.entries.map(\.source))
    }

    private func note(_ issuer: String, _ place: String, _ result: Result<JSONWebKeySet, KeySetFault>, isNew: Bool) {
        switch result {
        case .success(let set):
            guard isNew else { return }
            log.write(set.keys.isEmpty || !set.ignored.isEmpty ? .warning : .info, "an issuer's keys were loaded") {
                line in
                line.member("issuer", issuer)
                line.member("from", place)
                line.member("keys", Int64(set.keys.count))
                if !set.ignored.isEmpty { line.member("ignored", set.ignored.prefix(8).joined(separator: "; ")) }
            }
        case .failure(let error):
            log.write(.error, "an issuer's keys could not be loaded; those known before stay in force") { line in
                line.member("issuer", issuer)
                line.member("error", "\(place) \(error.sentence)")
            }
        }
    }
}

extension TokenKeySet {
    /// The one key of an issuer that signs with a secret. Too short a secret is none, which the check of the configuration says.
    init(secretOf issuer: TokenIssuerSetting) {
        var keys: [TokenKey] = []
        if case .secret(let secret) = issuer.keys, let key = try? VerificationKey.secret(secret.withBytes { Array($0) })
        {
            keys.append(TokenKey(id: nil, key: key))
        }
        self.init(keys)
    }
}

extension TokenIssuerSetting {
    /// Whether the keys come from the same place for the same issuer.
    fileprivate func hasKeys(of other: TokenIssuerSetting) -> Bool {
        guard issuer == other.issuer, authorityFile == other.authorityFile else { return false }
        switch (keys, other.keys) {
        case (.file(let path), .file(let otherPath)): return path == otherPath
        case (.url(let url, let path, _), .url(let otherURL, let otherPath, _)):
            return url == otherURL && path == otherPath
        default: return false
        }
    }
}
