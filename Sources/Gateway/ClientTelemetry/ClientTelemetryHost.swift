import Governance
import Ledger
import Synchronization
import Telemetry
import Transport

/// The way from the request loops to the background loop that reads what clients send: bounded, and nobody waits. What finds no room
/// is refused, the newest first.
final class ClientTelemetryHost: Sendable {
    private let loop: EventLoop
    private let intake: ClientTelemetryIntake
    /// Bytes on their way, a little for each export on top.
    private let room = ExportRoom()
    /// Messages of other kinds on their way.
    private let notes = Atomic<Int>(0)
    private static let maximumNotes = 1_024
    /// What an export without bytes counts for.
    private static let base = 4_096

    /// - Parameter index: of the loop.
    init(index: Int, _ outlets: ClientTelemetryIntake.Outlets) throws(TransportError) {
        loop = try EventLoop(index: index)
        intake = ClientTelemetryIntake(loop: loop, outlets)
    }

    func start() throws(TransportError) { try loop.start(isBackground: true) }

    /// Takes an export, from any thread, or says for which lack of room not.
    func offer(_ export: ClientExport) -> ClientExportRefusal? {
        let size = export.body.count + Self.base, key = export.principal.keyID
        if let refusal = room.take(size, for: key) { return refusal }
        loop.post { [self] in
            intake.take(export)
            room.give(back: size, of: key)
        }
        return nil
    }

    /// Says in the log that something was not taken, from any thread.
    func say(_ refusal: ClientExportRefusal, _ signal: Signal, key: String) {
        note { $0.say(refusal, signal, key: key) }
    }

    /// Tells of requests that have ended, from any thread.
    func finished(_ calls: [FinishedCall]) { note { $0.add(calls) } }

    /// What finds no room is lost: a line of the log, or what some records would be joined with.
    private func note(_ tell: @escaping @Sendable (ClientTelemetryIntake) -> Void) {
        guard notes.add(1, ordering: .relaxed).oldValue < Self.maximumNotes else {
            notes.subtract(1, ordering: .relaxed)
            return
        }
        loop.post { [self] in
            tell(intake)
            notes.subtract(1, ordering: .relaxed)
        }
    }

    /// Reads what is there and lets go of what waits; before the exporter and the ledger end.
    func shutdown() async {
        await withCheckedContinuation { turn in
            loop.post { [intake] in
                intake.end()
                turn.resume()
            }
        }
    }
}

/// One loop's requests that have ended, until they are told of together; loop-confined.
final class FinishedCalls {
    private var calls: [FinishedCall] = []
    private let timer: LoopTimer
    private let host: ClientTelemetryHost
    private static let batch = 64
    /// Nanoseconds.
    private static let delay: Int64 = 100_000_000

    init(loop: EventLoop, _ host: ClientTelemetryHost) {
        self.host = host
        timer = LoopTimer(loop: loop)
        timer.whenFired = { [unowned self] in handOver() }
    }

    func add(_ call: FinishedCall) {
        calls.append(call)
        if calls.count >= Self.batch { handOver() } else if !timer.isArmed { timer.schedule(after: Self.delay) }
    }

    private func handOver() {
        timer.cancel()
        guard !calls.isEmpty else { return }
        host.finished(calls)
        calls.removeAll(keepingCapacity: true)
    }
}
