import Configuration
import HTTP
import Telemetry
import Transport
import Upstream
import Wire

/// Posts alerts to webhooks: a bounded queue, one request at a time to each URL, repeated with growing pauses.
///
/// `AlertQueueStateMachine` says what is sent when; this asks it and performs. Of a webhook only the host is ever said: the rest
/// of its URL may be a secret.
actor AlertSender {
    nonisolated let loop: EventLoop
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    private let resolver: Resolver
    private let proxies: ProxyEnvironment
    private let log: LogWriter
    private let count: @Sendable (AlertResult, Int) -> Void

    private var machine = AlertQueueStateMachine<Message>(maximum: AlertSender.maximumQueue)
    /// One for each URL that something is under way to.
    private var lines: [String: Line] = [:]
    private var tls: TLSContext?
    private var flushDeadline: Int64?

    static let maximumQueue = 1_000
    /// Nanoseconds for an attempt.
    static let timeout: Int64 = 10_000_000_000

    /// An alert with where it goes.
    private struct Message: Sendable {
        let alert: BudgetAlert
        let webhook: BaseURL
        let path: String
        let headers: [(name: String, value: Secret)]
    }

    /// What is there for a URL while something is under way to it.
    private final class Line {
        let client: HTTPClient
        let pause: LoopPause

        init(_ client: HTTPClient, _ loop: EventLoop) {
            self.client = client
            pause = LoopPause(loop: loop)
        }
    }

    /// `whenDone` is told what became of how many, on the loop.
    init(
        loop: EventLoop, resolver: Resolver, proxies: ProxyEnvironment, tls: TLSContext? = nil, log: LogWriter,
        whenDone: @escaping @Sendable (AlertResult, Int) -> Void
    ) {
        self.loop = loop
        self.resolver = resolver
        self.proxies = proxies
        self.tls = tls
        self.log = log
        count = whenDone
    }

    /// Takes an alert, from any thread; nothing happens if the setting has no webhook.
    nonisolated func send(_ alert: BudgetAlert, to setting: AlertSetting) {
        guard let webhook = setting.webhook else { return }
        let message = Message(alert: alert, webhook: webhook, path: setting.path, headers: setting.headers)
        loop.post { [self] in
            Task(executorPreference: loop) { await self.take(message) }
        }
    }

    private func take(_ message: Message) async {
        let url = (message.webhook.isEncrypted ? "https://" : "http://") + message.webhook.authority + message.path
        await run(url, machine.arrived(message, for: url, at: monotonicNanoseconds()))
    }

    /// Performs a URL's actions until there is nothing to do for it.
    private func run(_ url: String, _ first: AlertQueueStateMachine<Message>.Action) async {
        var action = first
        while true {
            tellResults()
            switch action {
            case .none:
                if !machine.isBusy(url) { await lines.removeValue(forKey: url)?.client.close() }
                return
            case .send(let message):
                let reply = await post(message, url)
                // The end did not wait for it.
                guard machine.isBusy(url) else { return }
                action = machine.answered(
                    url, reply, at: monotonicNanoseconds(), chance: Double.random(in: 0..<1))
            case .pause(let nanoseconds):
                await lines[url]?.pause.pause(nanoseconds: nanoseconds)
                guard machine.isBusy(url) else { return }
                action = machine.pauseEnded(url, at: monotonicNanoseconds())
            }
        }
    }

    private func tellResults() {
        for (result, number) in machine.takeResults() { count(result, number) }
    }

    private func post(_ message: Message, _ url: String) async -> AlertQueueStateMachine<Message>.Reply {
        guard let line = line(message, url) else { return .status(400, retryAfter: nil) }
        var timeout = Self.timeout
        if let flushDeadline { timeout = min(timeout, max(1_000_000, flushDeadline - monotonicNanoseconds())) }
        do throws(ClientFault) {
            let answer = try await line.client.post(
                path: message.path, fields: Self.fields(message), body: message.alert.json, timeout: timeout)
            let wait = answer.retryAfter.flatMap { RetryAfter.nanoseconds($0, at: wallClockNanoseconds()) }
            if !(200..<300).contains(answer.status) {
                note(message, "the webhook refused an alert") { $0.member("status", Int64(answer.status)) }
            }
            return .status(answer.status, retryAfter: wait)
        } catch {
            note(message, "the webhook cannot be reached") { $0.member("error", error.sentence) }
            return .none
        }
    }

    private static func fields(_ message: Message) -> [(String, String)] {
        let own = [
            ("content-type", "application/json"), ("user-agent", "tollgate/\(Version.current)"),
            ("x-tollgate-alert-id", message.alert.id),
        ]
        return own + message.headers.map { ($0.name, $0.value.withBytes { String(decoding: $0, as: UTF8.self) }) }
    }

    /// Nil when there is no TLS.
    private func line(_ message: Message, _ url: String) -> Line? {
        if let line = lines[url] { return line }
        let webhook = message.webhook
        if webhook.isEncrypted, tls == nil {
            do throws(TransportError) {
                tls = try TLSContext(authorityFile: nil)
            } catch {
                note(message, "alerts cannot be sent: no TLS") { $0.member("error", error.sentence) }
                return nil
            }
        }
        let proxy = proxies.proxy(for: webhook.host, port: webhook.port)
        let endpoint = Endpoint(
            host: webhook.host, port: webhook.port, tls: webhook.isEncrypted ? tls : nil,
            proxy: proxy.map { ProxyEndpoint($0) })
        let line = Line(HTTPClient(endpoint: endpoint, loop: loop, resolver: resolver), loop)
        lines[url] = line
        return line
    }

    private func note(_ message: Message, _ sentence: String, _ fields: (inout JSONWriter) -> Void) {
        log.write(.warning, sentence) { line in
            line.member("host", message.webhook.authority)
            line.member("rule", message.alert.rule)
            fields(&line)
        }
    }

    // MARK: End

    /// Sends what is there, for as long as `nanoseconds` allows; what is then left is dropped and counted.
    func shutdown(within nanoseconds: Int64) async {
        // What was handed over before this call is in line before what follows.
        await withCheckedContinuation { turn in loop.post { turn.resume() } }
        let deadline = monotonicNanoseconds() + nanoseconds
        flushDeadline = deadline
        machine.shutdownBegan(until: deadline)
        for line in lines.values { line.pause.end() }
        let patience = Wakeup(loop: loop)
        while !machine.isIdle, monotonicNanoseconds() < deadline {
            patience.setTick(after: 5_000_000)
            _ = await patience.wait(for: .tick)
        }
        machine.shutdownEnded()
        tellResults()
        for line in lines.values { await line.client.close() }
        lines = [:]
    }
}
