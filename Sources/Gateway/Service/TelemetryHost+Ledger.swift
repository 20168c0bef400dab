import Ledger
import Synchronization
import Telemetry
import Transport
import Wire

/// What the ledger tells of itself, on its own thread.
extension TelemetryHost {
    func tell(_ fault: LedgerFault) {
        processLog.write(.error, "the ledger could not write; its rows wait in the journal") { fields in
            fields.member("error", "\(fault.error)")
            fields.member("waiting_rows", Int64(fault.waitingRows))
            fields.member("retry_in_ms", fault.retryInMilliseconds)
        }
    }

    /// What reads the telemetry of clients, on a background loop of its own.
    func makeClientHost(index: Int, _ writer: LedgerWriter) throws(TransportError) -> ClientTelemetryHost {
        try ClientTelemetryHost(
            index: index,
            ClientTelemetryIntake.Outlets(
                forward: { [self] in forward($0, items: $1, as: $2) }, measure: { [self] in measure($0) },
                save: { writer.add(activity: $0) }, log: processLog, service: exporter.service))
    }

    /// Counts audit lines that were dropped; the log says so once.
    func auditLoss() -> @Sendable (Int) -> Void {
        let isTold = SaidOnce()
        return { [self] count in
            measure { $0.add(.auditDropped, Int64(count)) }
            guard isTold.isFirst else { return }
            processLog.write(.error, "the audit loses lines: too many wait for the database; a metric counts them") {
                $0.member("dropped", Int64(count))
            }
        }
    }

    /// Counts rows of tools and of breaks of caches that were dropped; the log says so once.
    func rowLoss() -> @Sendable (_ table: String, Int) -> Void {
        let isTold = SaidOnce()
        return { [self] table, count in
            measure { $0.add(.ledgerDropped, Int64(count), Labels().adding("tollgate.table", table)) }
            guard isTold.isFirst else { return }
            processLog.write(
                .error, "the ledger loses rows of sessions: too many wait for the database; a metric counts them"
            ) {
                $0.member("table", table)
                $0.member("dropped", Int64(count))
            }
        }
    }
}

/// Something that is said the first time only; from any thread.
private final class SaidOnce: Sendable {
    private let wasSaid = Atomic(false)

    /// It was not asked before.
    var isFirst: Bool { !wasSaid.exchange(true, ordering: .relaxed) }
}
