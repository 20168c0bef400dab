import Telemetry
import Transport
import Wire

/// What went wrong outside of requests.
extension LoopWorker {
    func connectionRefused() { telemetry.figures.add(.connectionsRefused, 1) }

    func connectionFailed(_ error: TransportError) {
        telemetry.figures.add(.connectionFaults, 1)
        telemetry.log.write(.debug, "a connection could not be opened") { $0.member("error", error.sentence) }
    }

    func keySetFetched(issuer: String, isGood: Bool) {
        let labels = Labels().adding("tollgate.token.issuer", issuer).adding("error.type", isGood ? "" : "_OTHER")
        telemetry.figures.add(.keySetFetches, 1, labels)
    }

    func acceptFailed(_ error: TransportError) {
        telemetry.figures.add(.connectionFaults, 1)
        guard let leftOut = measurements.acceptFaults.due(at: loop.now) else { return }
        telemetry.log.write(.error, "connections cannot be accepted") { fields in
            fields.member("error", error.sentence)
            fields.member("times", leftOut + 1)
        }
    }

    func ledgerRefused() {
        telemetry.figures.add(.ledgerRefusals, 1)
        guard let leftOut = measurements.journalRefusals.due(at: loop.now) else { return }
        telemetry.log.write(.error, "requests were refused: the journal has no free slot") {
            $0.member("times", leftOut + 1)
        }
    }
}
