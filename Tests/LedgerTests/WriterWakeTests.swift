import Testing

@testable import Ledger

/// A wait that is not ended here would last ten minutes: the time limit is the failure.
@Suite("Waking the writer", .timeLimit(.minutes(1)))
struct WriterWakeTests {
    private let forever: Int64 = 600_000

    @Test("A row pushed after the last look and before the sleep ends it")
    func pushedBetween() {
        let wake = WriterWake()
        wake.sleep(milliseconds: forever) {
            wake.afterPush()
            return false
        }
    }

    @Test("A row found at the last look prevents the sleep")
    func found() {
        WriterWake().sleep(milliseconds: forever) { true }
    }

    @Test("A row pushed by another thread while it sleeps ends it")
    func pushedMeanwhile() {
        let wake = WriterWake()
        wake.sleep(milliseconds: forever) {
            startThread { wake.afterPush() }
            return false
        }
    }

    @Test("A row pushed while the writer is awake leaves no signal: it looks by itself")
    func awake() {
        let wake = WriterWake()
        wake.afterPush()
        var looked = false
        let before = monotonicMilliseconds()
        wake.sleep(milliseconds: 30) {
            looked = true
            return false
        }
        #expect(looked)
        #expect(monotonicMilliseconds() - before >= 29)
    }

    @Test("A signal ends a pause, also one that came before it")
    func signal() {
        let wake = WriterWake()
        wake.signal()
        wake.pause(milliseconds: forever)
    }
}
