import Governance
import Ledger
import Telemetry
import Transport
import Wire

/// Reads the exports of clients on the background loop: counts, joins, stamps, forwards.
///
/// `@unchecked Sendable`: everything mutable is touched on its loop's thread only; others reach it by `loop.post`.
final class ClientTelemetryIntake: @unchecked Sendable {
    /// Where things go.
    struct Outlets: Sendable {
        let forward: @Sendable ([UInt8], Int, Signal) -> Void
        let measure: @Sendable (@escaping @Sendable (inout MetricShard) -> Void) -> Void
        let save: @Sendable ([ActivityRow]) -> Void
        let log: LogWriter
        /// What the gateway calls itself in its telemetry.
        let service: String
    }

    /// An export of log records that waits for the requests that they name.
    private struct Waiting {
        let export: ClientExport
        let bytes: [UInt8]
        /// Those of its records that name a request or a prompt.
        let records: [ClientRecord]
        let until: Int64
    }

    private let loop: EventLoop
    private let outlets: Outlets
    private var directory = SpanDirectory()
    private var counter = ActivityCounter(startedAt: wallClockNanoseconds())
    private var budget = SeriesBudget()
    private var figures = ClientTelemetryFigures()
    private var waiting: [Waiting] = []
    private var waitingBytes = 0
    private var said: Set<String> = []
    private let flushTimer: LoopTimer
    private let waitTimer: LoopTimer

    /// Nanoseconds: how long sums gather, how often those that wait are looked at, and for how long they wait.
    private static let gathering: Int64 = 200_000_000
    private static let interval: Int64 = 500_000_000
    private static let patience: Int64 = 10_000_000_000
    private static let maximumWaiting = 16 * 1024 * 1024
    /// Different complaints that are said once each.
    private static let maximumSaid = 1_000

    init(loop: EventLoop, _ outlets: Outlets) {
        self.loop = loop
        self.outlets = outlets
        flushTimer = LoopTimer(loop: loop)
        waitTimer = LoopTimer(loop: loop)
        flushTimer.whenFired = { [unowned self] in flush() }
        waitTimer.whenFired = { [unowned self] in lookAgain() }
    }

    // MARK: What comes

    func add(_ calls: [FinishedCall]) { for call in calls { directory.add(call) } }

    func take(_ export: ClientExport) {
        defer { if !flushTimer.isArmed { flushTimer.schedule(after: Self.gathering) } }
        do throws(ClientExportRefusal) {
            try read(export)
        } catch {
            figures.add(.clientTelemetryDropped, 1, error.labels(export.signal))
            say(error, export.signal, key: export.principal.keyID)
        }
    }

    /// Says once for each reason and key that something was dropped.
    func say(_ refusal: ClientExportRefusal, _ signal: Signal, key: String) {
        guard refusal != .duplicate, said.count < Self.maximumSaid,
            said.insert("\(refusal.rawValue) \(key)").inserted
        else { return }
        outlets.log.write(.warning, "a client's telemetry was dropped; said once for each reason and key") { line in
            line.member("signal", signal.rawValue)
            line.member("reason", refusal.rawValue)
            line.member("key_id", key)
            line.member("problem", "\(refusal.sentence)")
        }
    }

    private func read(_ export: ClientExport) throws(ClientExportRefusal) {
        if counter.isRepeated(export.body, of: export.principal.keyID, at: export.arrivedAt) { throw .duplicate }
        let bytes = try plain(export)
        do throws(OTLPFault) {
            let records =
                export.signal == .logs
                ? try bytes.lend { bytes throws(OTLPFault) in try ClientActivity.records(in: bytes) } : []
            for record in records { directory.learn(record) }
            if export.signal == .spans {
                for trace in try bytes.lend({ bytes throws(OTLPFault) in try ClientActivity.traces(in: bytes) }) {
                    directory.learn(trace)
                }
            }
            // Written before anything is counted: what is malformed counts for nothing.
            let result = try write(export, bytes, isLast: false)
            try count(export, bytes, records)
            let open = result.unjoined > 0 ? records.filter(isOpen) : []
            if !open.isEmpty, waitingBytes + bytes.count <= Self.maximumWaiting {
                let entry = Waiting(export: export, bytes: bytes, records: open, until: loop.now + Self.patience)
                waiting.append(entry)
                waitingBytes += bytes.count
                if !waitTimer.isArmed { waitTimer.schedule(after: Self.interval) }
            } else {
                finish(export, result.unjoined > 0 ? try write(export, bytes, isLast: true) : result)
            }
        } catch {
            throw ClientExportRefusal(error)
        }
    }

    private func plain(_ export: ClientExport) throws(ClientExportRefusal) -> [UInt8] {
        var bytes = export.body
        if export.packing == .compressed {
            do throws(GunzipFault) {
                bytes = try export.body.lend { body throws(GunzipFault) in
                    try gunzip(body, limit: ClientExport.maximumInflated)
                }
            } catch {
                throw error == .tooLarge ? .tooLarge : .malformed
            }
        }
        guard export.encoding == .json else { return bytes }
        do throws(OTLPFault) {
            return try bytes.lend { json throws(OTLPFault) in
                try OTLPTranscoder.protobuf(json, export.signal)
            }
        } catch {
            throw ClientExportRefusal(error)
        }
    }

    private func write(
        _ export: ClientExport, _ bytes: [UInt8], isLast: Bool
    ) throws(OTLPFault) -> ClientPayloadWriter.Result {
        let policy = AttributePolicy(keepsContent: export.keepsContent, service: outlets.service)
        let keyID = export.principal.keyID
        return try bytes.lend { bytes throws(OTLPFault) in
            try ClientPayloadWriter.write(bytes, as: export.signal, export.stamp, policy) { [directory] record in
                directory.join(record, isLast: isLast)
            } admit: { [self] series in
                budget.admits(series, of: keyID, at: export.arrivedAt)
            }
        }
    }

    // MARK: Counting

    private func count(_ export: ClientExport, _ bytes: [UInt8], _ records: [ClientRecord]) throws(OTLPFault) {
        let stamp = export.stamp
        let found =
            export.signal == .metrics
            ? try bytes.lend { bytes throws(OTLPFault) in try ClientActivity.metrics(in: bytes) }
            : records.flatMap(ClientActivity.of)
        for activity in found {
            figures.add(activity.measure, counter.add(activity, stamp, at: export.arrivedAt), stamp)
        }
    }

    private func finish(_ export: ClientExport, _ result: ClientPayloadWriter.Result) {
        let signal = Labels().adding("signal", export.signal.rawValue)
        figures.add(.clientTelemetryItems, Int64(result.items), signal)
        for (reason, count) in result.edits {
            figures.add(.clientTelemetryEdited, Int64(count), signal.adding("reason", reason))
        }
        figures.add(.clientTelemetryJoined, Int64(result.joined), .result("joined"))
        figures.add(.clientTelemetryJoined, Int64(result.unjoined), .result("unknown"))
        if export.forwards, result.items > 0 { outlets.forward(result.bytes, result.items, export.signal) }
    }

    private func flush() {
        let rows = counter.take()
        if !rows.isEmpty { outlets.save(rows) }
        guard !figures.isEmpty else { return }
        outlets.measure { [figures] in figures.write(to: &$0) }
        figures = ClientTelemetryFigures()
    }

    // MARK: Waiting

    /// A request may end after its client has told of it, and a prompt's first request ends long after the prompt.
    private func isOpen(_ record: ClientRecord) -> Bool {
        guard directory.join(record, isLast: false) == .unknown else { return false }
        return !record.prompt.isEmpty || RequestID(record.requestID) != nil
    }

    private func lookAgain() {
        let due = waiting
        waiting = []
        waitingBytes = 0
        for entry in due { entry.records.forEach { directory.learn($0) } }
        for entry in due {
            if loop.now < entry.until, entry.records.contains(where: isOpen) {
                waiting.append(entry)
                waitingBytes += entry.bytes.count
            } else {
                letGo(entry)
            }
        }
        if !waiting.isEmpty { waitTimer.schedule(after: Self.interval) }
        if !flushTimer.isArmed { flushTimer.schedule(after: Self.gathering) }
    }

    private func letGo(_ entry: Waiting) {
        // It was read before without fault.
        if let result = try? write(entry.export, entry.bytes, isLast: true) { finish(entry.export, result) }
    }

    /// Lets go of everything; nothing comes after it.
    func end() {
        waiting.forEach(letGo)
        waiting = []
        flushTimer.cancel()
        waitTimer.cancel()
        flush()
    }
}

extension ClientExport {
    var stamp: ClientStamp {
        ClientStamp(
            user: principal.user, team: principal.team, keyID: principal.keyID,
            project: metadata.project ?? "", metadata: metadata.tags)
    }
}

extension [UInt8] {
    /// The same as `withUnsafeBytes`, which does not say what it throws.
    fileprivate func lend<Result, Fault: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Fault) -> Result
    ) throws(Fault) -> Result {
        let outcome: Swift.Result<Result, Fault> = withUnsafeBytes { bytes in
            do throws(Fault) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try outcome.get()
    }
}
