import Testing

@testable import HTTP
@testable import Telemetry

@Suite struct ExportStateMachineTests {
    private let second: Int64 = 1_000_000_000

    private func verdict(_ reply: ExportStateMachine.Reply) -> ExportStateMachine.Verdict {
        var machine = ExportStateMachine()
        return machine.answered(reply, at: 0, chance: 0.5)
    }

    @Test("Only 429, 502, 503, 504 and silence are tried again", arguments: 200..<600)
    func statuses(status: Int) {
        let expected: ExportStateMachine.Verdict =
            switch status {
            case 200..<300: .delivered
            case 429, 502, 503, 504: .again(after: second)
            default: .dropped("status_\(status)")
            }
        #expect(verdict(.status(status, retryAfter: nil)) == expected)
    }

    @Test(
        "A web page took nothing, whatever its status",
        arguments: [
            ("", true), ("\u{0A}\u{02}\u{08}\u{01}", true), ("{}", true), ("OK", true), ("<html>", false),
            (" \r\n<!doctype html>", false),
        ])
    func pages(body: String, isTaken: Bool) {
        let reply = CollectorReply(HTTPAnswer(status: 200, retryAfter: nil, body: Array(body.utf8))).reply
        #expect(verdict(reply) == (isTaken ? .delivered : .again(after: second)))
    }

    @Test("Silence is tried again, and a collector that names a time gets it")
    func pauses() {
        #expect(verdict(.none) == .again(after: second))
        #expect(verdict(.status(429, retryAfter: 17 * second)) == .again(after: 17 * second))
        #expect(verdict(.busy("grpc_unavailable", retryAfter: 2 * second)) == .again(after: 2 * second))
    }

    @Test("A collector that says `at once` each time is asked once a second")
    func noPause() {
        #expect(verdict(.status(503, retryAfter: 0)) == .again(after: second))
        #expect(verdict(.busy("grpc_unavailable", retryAfter: 0)) == .again(after: second))
    }

    @Test("Pauses double up to their bound and are spread by half to each side")
    func backOff() {
        for (chance, factor) in [(0.0, 0.5), (0.5, 1.0), (0.999, 1.499)] {
            var machine = ExportStateMachine()
            for seconds in [1, 2, 4, 8, 16, 30, 30] {
                guard case .again(let pause) = machine.answered(.none, at: 0, chance: chance) else {
                    Issue.record("given up too early")
                    return
                }
                #expect(abs(Double(pause) - Double(seconds) * factor * 1e9) < 2)
            }
        }
    }

    @Test("After five minutes an export is given up, not earlier")
    func givesUp() {
        var machine = ExportStateMachine(), now: Int64 = 5_000 * second
        let began = now
        while case .again(let pause) = machine.answered(.none, at: now, chance: 0.5) {
            now += pause
            #expect(now - began <= 300 * second)
        }
        #expect(now - began > 240 * second)
        #expect(machine.answered(.none, at: now, chance: 0.5) == .dropped("retries_exhausted"))
        #expect(machine.answered(.status(200, retryAfter: nil), at: now, chance: 0.5) == .delivered)
    }

    @Test("A collector that wants to be left alone for longer gets five minutes")
    func longRetryAfter() {
        #expect(verdict(.status(503, retryAfter: 301 * second)) == .again(after: 300 * second))
    }

    @Test("What lies on disk is never given up")
    func patience() {
        var machine = ExportStateMachine()
        for minute in 0..<10_000 {
            let verdict = machine.answered(
                minute % 2 == 0 ? .none : .status(503, retryAfter: nil), at: Int64(minute) * 60 * second, chance: 0.5,
                isPatient: true)
            guard case .again = verdict else {
                Issue.record("given up")
                return
            }
        }
    }
}
