import Testing

@testable import Governance

@Suite struct AdmissionReplayTests {
    /// A record of an admission of 10 to an account with a limit of 100.
    private func hold(settled: Int64, reserved: Int64 = 0, isNew: Bool = false) -> HoldRecord {
        var balance = BudgetBalance(settled: settled)
        if reserved > 0 { balance.hold(BudgetBalance.Claim(amount: reserved, worst: reserved)) }
        return HoldRecord(
            BudgetExamination(
                id: GovernorBench.account("all"), claim: BudgetBalance.Claim(amount: 10, worst: 10), balance: balance,
                limit: 100, maximumOvershoot: nil, isNew: isNew, fits: true))
    }

    private func admitted(_ sequence: Int64, _ hold: HoldRecord, cost: Int64) -> AdmissionReplay.Event {
        .admitted(
            AdmissionReplay.Admitted(
                sequence: sequence, requestID: sequence, ordinal: 0, holds: [hold], settlement: sequence + 1,
                cost: cost, tokens: 0))
    }

    private func findings(_ events: [AdmissionReplay.Event]) -> [String] {
        var replay = AdmissionReplay()
        for event in events { replay.apply(event) }
        replay.finish()
        return replay.findings.map(\.sentence)
    }

    @Test("After a reload an account may begin anew with what was spent while its rule was away; once, and only then")
    func reload() {
        let before = admitted(1, hold(settled: 0, isNew: true), cost: 10)
        let after = admitted(5, hold(settled: 40, isNew: true), cost: 10)
        #expect(findings([before, .reload(sequence: 3), after, admitted(7, hold(settled: 50), cost: 0)]).isEmpty)
        #expect(findings([before, .reload(sequence: 3), admitted(5, hold(settled: 40), cost: 10)]).count == 1)
        #expect(findings([before, .start(sequence: 3), after]).count == 1)
        #expect(
            findings([before, .reload(sequence: 3), after, admitted(7, hold(settled: 90, isNew: true), cost: 0)]).count
                == 1)
    }

    @Test("What a reload opens anew with less than was settled is told")
    func less() {
        let before = admitted(1, hold(settled: 0, isNew: true), cost: 10)
        #expect(
            findings([before, .reload(sequence: 3), admitted(5, hold(settled: 0, isNew: true), cost: 10)]).count == 1)
    }
}
