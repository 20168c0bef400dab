import Configuration
import Testing

@testable import Upstream

@Suite("When a credential is used, waited for, fetched")
struct CredentialStateTests {
    private static let second: Int64 = 1_000_000_000
    private let fault = CredentialFault.environment(reason: "no")

    private func credential(_ name: String, until seconds: Int64) -> TimedCredential {
        TimedCredential(credential: .bearer(Secret(name)), expiry: seconds * Self.second)
    }

    /// What the machine says at a second: `A` is the credential in use, `+` that a fetch must begin.
    private func said(_ machine: inout CredentialStateMachine, _ seconds: Int64) -> String {
        let (answer, mustRefresh) = machine.asked(at: seconds * Self.second)
        let text =
            switch answer {
            case .use(.field(_, let value)): value.withBytes { String(decoding: $0, as: UTF8.self) }
            case .use: "other"
            case .wait: "wait"
            case .fail: "fail"
            }
        return text + (mustRefresh ? "+" : "")
    }

    @Test("One fetch at a time; early enough, with the old one in use meanwhile")
    func life() {
        var machine = CredentialStateMachine()
        #expect(said(&machine, 0) == "wait+")
        #expect(said(&machine, 1) == "wait")
        machine.refreshed(credential("A", until: 3600), at: 0)
        #expect(said(&machine, 3299) == "Bearer A")
        #expect(said(&machine, 3300) == "Bearer A+")
        #expect(said(&machine, 3301) == "Bearer A")
        #expect(said(&machine, 3600) == "wait")
        machine.refreshed(credential("B", until: 3700), at: 3600 * Self.second)
        #expect(said(&machine, 3679) == "Bearer B")
        #expect(said(&machine, 3680) == "Bearer B+")
    }

    @Test("After a failure the old one serves until it ends, and each pause is longer, up to a minute")
    func failures() {
        var machine = CredentialStateMachine()
        machine.refreshed(credential("A", until: 1000), at: 0)
        #expect(said(&machine, 800) == "Bearer A+")
        var now: Int64 = 800
        var pauses: [Int64] = []
        for _ in 0..<9 {
            machine.refreshFailed(fault, at: now * Self.second)
            let failedAt = now
            while !said(&machine, now).hasSuffix("+") { now += 1 }
            pauses.append(now - failedAt)
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60])
        #expect(now > 1000)
        machine.refreshFailed(fault, at: now * Self.second)
        #expect(said(&machine, now) == "fail")
        #expect(said(&machine, 850) == "Bearer A+", "a clock that was set back by far")
        machine.refreshed(credential("C", until: 5000), at: now * Self.second)
        #expect(said(&machine, now) == "Bearer C")
        machine.refreshFailed(fault, at: now * Self.second)
        #expect(said(&machine, 5000) == "wait+")
    }

    @Test("What never ends is never fetched")
    func lasting() {
        var machine = CredentialStateMachine(holding: UpstreamCredential.none)
        #expect(said(&machine, 0) == "other")
        #expect(said(&machine, 9_000_000_000) == "other")
    }
}
