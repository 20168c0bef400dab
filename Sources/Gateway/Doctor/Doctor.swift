import Configuration
import Glibc
import HTTP
import Ledger
import Telemetry
import Transport
import Upstream

/// Looks at everything that a gateway needs, from outside and changing nothing: no token is spent, no file made.
package enum Doctor {
    /// Patience with the check of the database, nanoseconds.
    private static let ledgerPatience: Int64 = 20_000_000_000

    private static let configurationCure = "correct the file, or the variable or file that it takes it from"

    /// In the order in which a person would look.
    package static func examine(configuration path: String) async throws -> [DoctorFinding] {
        let snapshot: Snapshot
        do throws(ConfigurationErrors) {
            snapshot = try Snapshot.load(path: path)
        } catch {
            let clock = MachineChecks.clock(MachineFacts.clock(newestRequest: nil))
            return error.problems.map { .fail("configuration", "\($0)", cure: Self.configurationCure) } + [clock]
        }
        let loop = try EventLoop(index: 0)
        try loop.start()
        defer { loop.stop() }
        var findings = configuration(path, snapshot)
        let (local, examination) = machine(snapshot)
        findings += local
        // Together, as each may take as long as it is waited for.
        async let providers = providers(snapshot, loop)
        async let issuers = IssuerChecks.findings(snapshot, loop)
        async let collectors = collectors(snapshot, loop)
        async let gateway = gateway(snapshot, loop, isHeld: examination?.owner != nil)
        return await findings + providers + issuers + collectors + gateway
    }

    private static func configuration(_ path: String, _ snapshot: Snapshot) -> [DoctorFinding] {
        let problems = Preflight.problems(snapshot).map { problem in
            DoctorFinding.fail("configuration", problem, cure: "correct the setting or the file that it names")
        }
        var warnings = snapshot.warnings.map { warning in
            DoctorFinding.warn("configuration", warning, cure: "correct the file if it was not meant so")
        }
        if MachineFacts.isWritableByEverybody(path) {
            warnings.append(
                .warn(
                    "configuration", "everybody can write \(path), and so have prompts sent elsewhere",
                    cure: "chmod o-w \(path)"))
        }
        guard problems.isEmpty, warnings.isEmpty else { return problems + warnings }
        let rules = "\(snapshot.providers.count) provider(s), \(snapshot.modelNames) model(s)"
        return [.ok("configuration", "\(path): \(rules)")]
    }

    private static func machine(_ snapshot: Snapshot) -> ([DoctorFinding], LedgerExamination?) {
        let folder = MachineFacts.folder(snapshot.dataPath)
        var findings = [MachineChecks.data(folder), MachineChecks.disk(folder)]
        var examination: LedgerExamination?
        if folder.exists, folder.isFolder {
            do throws(LedgerError) {
                let found = try LedgerExamination(path: snapshot.dataPath, patience: ledgerPatience)
                findings += LedgerChecks.findings(found, at: wallClockNanoseconds())
                examination = found
            } catch {
                findings.append(LedgerChecks.finding(error))
            }
        }
        findings.append(
            MachineChecks.clock(MachineFacts.clock(newestRequest: examination?.database?.newestRequest)))
        // Files that cannot be used are problems of the configuration.
        if let tls = snapshot.tls, let context = try? TLSContext(tls) {
            findings.append(
                MachineChecks.certificate(
                    from: context.certificateBegin, until: context.certificateEnd, now: wallClockNanoseconds()))
        }
        var process: Int32?
        if case .process(let number)? = examination?.owner { process = number }
        let (limit, isOfProcess) = MachineFacts.openFiles(of: process)
        let loops = process.flatMap { MachineFacts.loops(of: $0) } ?? EventLoop.defaultCount
        findings.append(
            MachineChecks.descriptors(
                limit: limit, connections: snapshot.limits.connections, loops: loops, isOfGateway: isOfProcess))
        return (findings, examination)
    }

    // MARK: Others

    private static func providers(_ snapshot: Snapshot, _ loop: EventLoop) async -> [DoctorFinding] {
        let resolver = Resolver()
        let attempts = snapshot.providers.filter { $0.kind != .mock }.map { setting in
            Task(executorPreference: loop) {
                let check = "provider \(setting.name)"
                do throws(TransportError) {
                    let endpoint = try UpstreamAccount(
                        setting, proxies: snapshot.proxies, mockPort: nil, resolver: resolver
                    ).endpoint
                    let outcome = await Reachability(loop: loop).connect(endpoint)
                    return ReachabilityChecks.finding(check, setting.baseURL.authority, outcome)
                } catch {
                    return DoctorFinding.fail(check, error.sentence, cure: ReachabilityChecks.cure(error))
                }
            }
        }
        var findings: [DoctorFinding] = []
        for attempt in attempts { findings.append(await attempt.value) }
        return findings
    }

    private static func collectors(_ snapshot: Snapshot, _ loop: EventLoop) async -> [DoctorFinding] {
        var problems: [String] = []
        let settings = TelemetryHost.settings(snapshot, problems: &problems)
        var findings = problems.map {
            DoctorFinding.warn("telemetry", $0, cure: "correct the variable; the gateway does not use it so")
        }
        let spools = snapshot.dataPath + "/spool"
        if settings.spool != nil, let finding = SpoolChecks.unusable(SpoolSurvey.unusable(in: spools)) {
            findings.append(finding)
        }
        for survey in SpoolSurvey.folders(in: spools) {
            findings.append(
                SpoolChecks.finding(survey, maximumSize: settings.spool?.maximumSize, at: wallClockNanoseconds()))
        }
        let resolver = Resolver()
        let attempts = DoctorCollector.all(settings).map { collector in
            Task(executorPreference: loop) {
                let outcome = await CollectorProbe.ask(
                    collector.endpoint, loop: loop, resolver: resolver, version: Version.current,
                    timeout: 5_000_000_000)
                return CollectorChecks.finding(collector.check, collector.place, outcome)
            }
        }
        for attempt in attempts { findings.append(await attempt.value) }
        return findings
    }

    private static func gateway(_ snapshot: Snapshot, _ loop: EventLoop, isHeld: Bool) async -> [DoctorFinding] {
        guard let listen = snapshot.listen.first(where: { $0.port != 0 }) else {
            return [.ok("gateway", "the kernel chooses its port, so it cannot be asked")]
        }
        let host = ["0.0.0.0": "127.0.0.1", "::": "::1"][listen.host] ?? listen.host
        let place = host.contains(":") ? "[\(host)]:\(listen.port)" : "\(host):\(listen.port)"
        var answers = GatewayChecks.Answers(isHeld: isHeld, place: place)
        answers.needsCertificate = snapshot.tls?.requiresClientCertificate == true
        var metrics: String?
        do throws(TransportError) {
            let endpoint = Endpoint(
                host: host, port: listen.port, tls: snapshot.tls == nil ? nil : try TLSContext.unverified())
            let probe = Reachability(loop: loop)
            switch await probe.get("/healthz", from: endpoint) {
            case .success(let answer): answers.health = answer
            case .failure(let fault): answers.fault = fault.sentence
            }
            if answers.health != nil {
                answers.readiness = try? await probe.get("/readyz", from: endpoint).get()
                if case .success((200, let text)) = await probe.get("/metrics", from: endpoint) { metrics = text }
            }
        } catch {
            answers.fault = error.sentence
        }
        let finding = GatewayChecks.gateway(answers)
        return answers.health == nil ? [finding] : [finding, GatewayChecks.drops(metrics)]
    }
}
