import Testing

@testable import Governance

@Suite struct AdmissionReplayTests {
    /// A record of an admission of 10 to an account with a limit of 100.
    private func hold(
        settled: Int64, reserved: Int64 = 0, reservedWorst: Int64 = 0, worst: Int64 = 10, limit: Int64 = 100,
        isNew: Bool = false
    ) -> HoldRecord {
        var balance = BudgetBalance(settled: settled)
        if reserved > 0 { balance.hold(BudgetBalance.Claim(amount: reserved, worst: reservedWorst)) }
        return HoldRecord(
            BudgetExamination(
                id: GovernorBench.account("all"), claim: BudgetBalance.Claim(amount: 10, worst: worst),
                balance: balance,
                limit: limit, maximumOvershoot: nil, isNew: isNew, fits: true))
    }

    private func admitted(_ sequence: Int64, _ hold: HoldRecord, cost: Int64) -> AdmissionReplay.Event {
        .admitted(
            AdmissionReplay.Admitted(
                sequence: sequence, requestID: sequence, ordinal: 0, holds: [hold], settlement: sequence + 1,
                cost: cost, tokens: 0))
    }

    private func findings(_ events: [AdmissionReplay.Event], killed: Bool = false) -> [String] {
        var replay = AdmissionReplay()
        for event in events { replay.apply(event) }
        if !killed { replay.apply(.stop(sequence: 1000)) }
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

    @Test("Where the clock is set an account begins with what is known then, and anew when the ledger was read")
    func clockSet() {
        let before = admitted(1, hold(settled: 0, isNew: true), cost: 50)
        let meanwhile = admitted(5, hold(settled: 0, isNew: true), cost: 5)
        let known = admitted(9, hold(settled: 55, isNew: true), cost: 0)
        #expect(findings([before, .clockSet(sequence: 3), meanwhile, .reload(sequence: 7), known]).isEmpty)
        #expect(findings([before, meanwhile, .reload(sequence: 7), known]).count == 1)
        #expect(findings([before, .clockSet(sequence: 3), meanwhile, known]).count == 1)
    }

    @Test("What a reload opens anew with less than was settled is told")
    func less() {
        let before = admitted(1, hold(settled: 0, isNew: true), cost: 10)
        #expect(
            findings([before, .reload(sequence: 3), admitted(5, hold(settled: 0, isNew: true), cost: 10)]).count == 1)
    }

    /// Two decisions of which only the second is in the ledger, behind `earlier` others that add up.
    private func gap(after others: Int64, _ end: [AdmissionReplay.Event]) -> AdmissionReplay {
        var replay = AdmissionReplay()
        replay.apply(.start(sequence: 1))
        replay.apply(admitted(2, hold(settled: 0, isNew: true), cost: 0))
        replay.apply(admitted(10, hold(settled: 0, reserved: 10), cost: 0))
        for place in 0..<others { replay.apply(admitted(20 + 2 * place, hold(settled: 0), cost: 0)) }
        for event in end { replay.apply(event) }
        replay.finish()
        return replay
    }

    @Test("What was decided a moment before a crash, or before now, may lack its neighbours; what is older may not")
    func unordered() {
        let start = AdmissionReplay.Event.start(sequence: 1_000_000)
        for end in [[], [start]] {
            let near = gap(after: 400, end), far = gap(after: 600, end)
            #expect(near.findings.isEmpty && near.uncompared == 1)
            #expect(far.findings.count == 1 && far.uncompared == 0)
        }
    }

    @Test("A process that ended in order lacks nothing")
    func stopped() {
        let stop = AdmissionReplay.Event.stop(sequence: 100_000)
        for end in [[stop], [stop, .start(sequence: 1_000_000)]] {
            #expect(gap(after: 0, end).findings.map(\.sequence) == [10])
            #expect(gap(after: 0, end).uncompared == 0)
        }
        #expect(gap(after: 0, [stop, .start(sequence: 200_000), .start(sequence: 300_000)]).findings.count == 1)
    }

    @Test("Before a crash too a decision is wrong that its own record does not bear out")
    func wrong() {
        let full = hold(settled: 95)
        let reasons = [
            admitted(2, full, cost: 0), .refused(sequence: 2, requestID: 2, met: hold(settled: 0)),
        ].map { findings([.start(sequence: 1), $0], killed: true) }
        #expect(reasons.allSatisfy { $0.count == 1 })
        #expect(reasons[0][0].hasPrefix("was admitted and does not fit") && reasons[1][0].hasPrefix("was refused and"))
    }

    @Test("Of what was decided before the first decision only what is held then counts")
    func since() {
        func admitted(_ sequence: Int64, _ hold: HoldRecord, settlement: Int64?) -> AdmissionReplay.Event {
            .admitted(
                AdmissionReplay.Admitted(
                    sequence: sequence, requestID: sequence, ordinal: 0, holds: [hold], settlement: settlement, cost: 7,
                    tokens: 0))
        }
        let before = [
            AdmissionReplay.Event.start(sequence: 1),
            admitted(2, hold(settled: 40), settlement: 3),
            admitted(4, hold(settled: 47), settlement: 12),
            .released(sequence: 14, admission: 5, holds: [hold(settled: 47, reserved: 10)]),
        ]
        let after = [
            admitted(11, hold(settled: 47, reserved: 20), settlement: 13),
            admitted(15, hold(settled: 61), settlement: 16),
            .refused(sequence: 17, requestID: 17, met: hold(settled: 68)),
            .stop(sequence: 20),
        ]
        var replay = AdmissionReplay(from: 10)
        for event in before + after { replay.apply(event) }
        replay.finish()
        #expect(replay.findings.map(\.sentence).count == 1, "the refusal was wrong, and nothing else")
        #expect(replay.admissions == 2 && replay.refusals == 1 && replay.starts == 0)
        #expect(replay.openings.values.sorted() == [47])
    }

    @Test("Where a gateway runs, what came since the oldest request under way may lack it")
    func underWay() {
        var replay = AdmissionReplay()
        replay.apply(.start(sequence: 1))
        replay.apply(admitted(2, hold(settled: 0, isNew: true), cost: 0))
        replay.apply(admitted(10, hold(settled: 0, reserved: 10), cost: 0))
        for place in Int64(0)..<1000 { replay.apply(admitted(20 + 2 * place, hold(settled: 0), cost: 0)) }
        var other = replay
        replay.finish(underWaySince: 9)
        #expect(replay.findings.isEmpty && replay.uncompared == 1)
        other.finish(underWaySince: 11)
        #expect(other.findings.count == 1 && other.uncompared == 0)
    }

    @Test("Passing a limit is measured from what was in flight at the first decision, and by the raised limit")
    func bound() {
        func event(_ sequence: Int64, _ hold: HoldRecord, ends: Int64, cost: Int64) -> AdmissionReplay.Event {
            .admitted(
                AdmissionReplay.Admitted(
                    sequence: sequence, requestID: sequence, ordinal: 0, holds: [hold], settlement: ends, cost: cost,
                    tokens: 0))
        }
        // Admitted before the first decision, and dearer than expected.
        var replay = AdmissionReplay(from: 10)
        replay.apply(event(2, hold(settled: 85, worst: 90), ends: 20, cost: 40))
        replay.apply(.refused(sequence: 11, requestID: 11, met: hold(settled: 85, reserved: 10, reservedWorst: 90)))
        replay.finish()
        #expect(replay.findings.isEmpty && replay.overshoots.values.first == 25)
        // It was past its limit before.
        replay = AdmissionReplay(from: 10)
        replay.apply(event(2, hold(settled: 140), ends: 20, cost: 0))
        replay.apply(.refused(sequence: 11, requestID: 11, met: hold(settled: 140, reserved: 10)))
        replay.finish()
        #expect(replay.findings.isEmpty)
        // A raise lets others in before it ends.
        replay = AdmissionReplay()
        replay.apply(event(2, hold(settled: 0, isNew: true), ends: 9, cost: 10))
        replay.apply(event(3, hold(settled: 0, reserved: 10, limit: 900), ends: 4, cost: 300))
        replay.apply(.stop(sequence: 20))
        replay.finish()
        #expect(replay.findings.isEmpty)
    }
}
