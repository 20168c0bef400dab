import Configuration
import Governance
import HTTP
import Ledger
import Providers
import Sessions
import Telemetry
import Transport
import Upstream
import Wire

/// One loop's part of the gateway: what its requests share. Requests of different loops share nothing but immutable values.
///
/// `@unchecked Sendable`: everything mutable in it is touched on its loop's thread only; other threads reach it through
/// `loop.post`.
final class LoopWorker: RequestHandler, @unchecked Sendable {
    let loop: EventLoop
    let journal: Journal
    let telemetry: LoopTelemetry
    let connections = ConnectionSet()
    /// For the bodies of requests.
    let rooms = BodyRooms()
    /// One of so many loops.
    private let loops: Int
    let resolver: Resolver
    let keyLookout: KeyLookout
    let clientTelemetry: ClientTelemetryHost
    let finishedCalls: FinishedCalls
    let governor: Governor
    let writer: LedgerWriter
    /// What callers have spent.
    let standings: StandingReader
    /// Of what requests will use.
    var forecast = UsageForecast()
    private(set) var setting: LoopSetting
    private(set) var keys: KeyRing
    private(set) var tokens: TokenDirectory
    /// By tokens and certificates that were shown on this loop.
    var identities = IdentityCache()
    var ids: RequestIDSource
    var measurements = Measurements()
    /// Fires late when the loop is busy.
    let lagTimer: LoopTimer
    var lagDue: Int64 = 0
    /// Figures of the whole process, as text.
    let exposition: Exposition
    var auditAllowance = AuditAllowance()
    /// What the newest bodies of conversations had.
    var conversations = ConversationMemory()
    /// What the beginnings of bodies were found to be.
    var bodies = PrefixMemory()
    /// Which prompt each session is at.
    var prompts = PromptTable()
    /// Tells the other loops what this one has found out about sessions.
    var tellPrompt: (PromptTable.News) -> Void = { _ in }
    let sessions: SessionGatherer
    /// What is known of the targets of virtual models.
    let board = HealthBoard()
    /// By account and model, for accounts that estimate counts; some servers take whatever clients call a model.
    var calibrations = BoundedTable<String, TokenCalibration>(capacity: 1_024)
    private let listeners: [Listener]
    /// What `/readyz` says of a configuration that was refused; empty while the one in force is the one on the disk.
    var configurationNotice = ""
    /// Whether the process accepts work, for `/readyz`.
    private(set) var isReady = true

    init(
        loop: EventLoop, loops: Int, snapshot: Snapshot, book: RuleBook, governor: Governor, writer: LedgerWriter,
        standings: StandingReader, keys: KeyRing,
        tokens: TokenDirectory, journal: Journal, ids: RequestIDSource, telemetry: LoopTelemetry,
        sessions: SessionGatherer, resolver: Resolver, upstreams: [UpstreamAccount],
        listeners: [Listener], keyLookout: KeyLookout, exposition: @escaping Exposition,
        clientTelemetry: ClientTelemetryHost
    ) {
        self.exposition = exposition
        self.loops = loops
        lagTimer = LoopTimer(loop: loop)
        self.clientTelemetry = clientTelemetry
        finishedCalls = FinishedCalls(loop: loop, clientTelemetry)
        self.keyLookout = keyLookout
        self.governor = governor
        self.writer = writer
        self.standings = standings
        self.loop = loop
        self.listeners = listeners
        self.keys = keys
        self.tokens = tokens
        self.journal = journal
        self.ids = ids
        self.telemetry = telemetry
        self.sessions = sessions
        self.resolver = resolver
        setting = LoopSetting(
            snapshot: snapshot, book: book, accounts: upstreams, board: board, loop: loop, resolver: resolver,
            previous: nil,
            whenCredentialFails: Self.credentialFailed(telemetry.log))
        resizeRooms()
    }

    /// Where it listens, with the ports that the kernel chose.
    var addresses: [SocketAddress] { listeners.map(\.address) }

    /// What this loop finds out about targets the others hear too. Before the loops run.
    func tell(_ others: [LoopWorker]) {
        board.tell = { news in
            for other in others {
                other.loop.post { other.board.hear(news, at: monotonicNanoseconds()) }
            }
        }
        tellPrompt = { news in
            for other in others {
                other.loop.post { other.prompts.hear(news) }
            }
        }
        watchTargets()
    }

    // MARK: Connections

    /// Begins to accept; on the loop's thread.
    func listen() throws(TransportError) {
        watchLoop()
        watchPools()
        for listener in listeners {
            try listener.start(
                whenAccepted: { [unowned self] in accepted($0) },
                whenRefused: { [unowned self] in acceptFailed($0) })
        }
    }

    private func accepted(_ stream: ByteStream) {
        let isSurplus = connections.count >= setting.connectionsPerLoop
        if isSurplus {
            connectionRefused()
            // A few are told why; beyond that there is no room for words.
            if connections.count >= setting.connectionsPerLoop + Self.toldRefusals { return stream.close() }
        }
        var limits = setting.limits
        if isSurplus { limits.headerTimeout = min(limits.headerTimeout, Self.surplusTimeout) }
        let channel = ServerConnection.start(stream, handler: self, limits: limits, rooms: rooms, loop: loop)
        // Those who were there before are served.
        channel.isSurplus = isSurplus
        connections.add(channel)
    }

    func ended(_ channel: ServerChannel, problem: TransportError?) {
        connections.remove(channel)
        if let problem { connectionFailed(problem) }
    }

    private static let toldRefusals = 100
    /// Nanoseconds. Those who only wait do not keep out who asks whether the gateway lives.
    private static let surplusTimeout: Int64 = 1_000_000_000

    // MARK: Changes from outside; on the loop's thread

    func replace(keys: KeyRing) { self.keys = keys }

    /// Changes of two threads may come in the wrong order: the older one is passed over.
    func replace(tokens: TokenDirectory) {
        guard tokens.version > self.tokens.version else { return }
        self.tokens = tokens
        identities.removeAll()
    }

    /// Requests that have begun keep the old setting; the next ones get the new.
    func replace(snapshot: Snapshot, book: RuleBook, accounts: [UpstreamAccount]) {
        let previous = setting
        identities.removeAll()
        setting = LoopSetting(
            snapshot: snapshot, book: book, accounts: accounts, board: board, loop: loop, resolver: resolver,
            previous: previous,
            whenCredentialFails: Self.credentialFailed(telemetry.log))
        previous.closeReplaced(by: setting)
        // These keep alive the accounts and routes that they know, also those that are no more.
        measurements.accounts.removeAll()
        measurements.attempts.removeAll()
        resizeRooms()
        watchPools()
        // Labels may be others now.
        measurements.shares.removeAll()
        measurements.spending.removeAll()
    }

    /// Connections keep the certificate that they were shown; the next ones get this. With `endsOthers` the former end, as after a
    /// drain: their clients were let in by authorities that count no more.
    func show(_ tls: TLSContext, endsOthers: Bool) {
        for listener in listeners { listener.show(tls) }
        if endsOthers { connections.endPresent() }
    }

    /// Each loop has its share of what the process may hold.
    private func resizeRooms() {
        let limits = setting.snapshot.limits
        rooms.resize(
            bytes: limits.bodyRoom / loops, largestBody: limits.bodyBytes, timeout: limits.bodyRoomTimeout)
    }

    private static func credentialFailed(_ log: LogWriter) -> @Sendable (String, CredentialFault) -> Void {
        { account, fault in
            log.write(.error, "a provider's credential could not be fetched") { fields in
                fields.member("provider", account)
                fields.member("error", fault.sentence)
            }
        }
    }

    /// Whoever asks whether it is ready hears that it ends; all else goes on.
    func announceEnd() { isReady = false }

    func drain() {
        announceEnd()
        for listener in listeners { listener.close() }
        connections.drain()
    }
}
