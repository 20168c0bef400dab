import SeededRandom
import Testing

@testable import Governance

@Suite struct BudgetBalanceTests {
    typealias Claim = BudgetBalance.Claim

    /// A request in flight: what it holds, and what it is going to cost.
    private struct Flight {
        let claim: Claim
        let actual: Int64?
    }

    /// Random admissions and ends. `cost`: what a request costs, by its claim; `nil`: it is not dispatched.
    private func play(
        seed: UInt64, limit: Int64, maximumOvershoot: Int64?,
        cost: (Claim, inout SeededGenerator) -> Int64?, check: (BudgetBalance, Int64) -> Void
    ) -> (balance: BudgetBalance, above: Int64) {
        var generator = SeededGenerator(seed: seed)
        var balance = BudgetBalance(settled: Int64.random(in: 0...limit, using: &generator) / 2)
        var flights: [Flight] = []
        var above: Int64 = 0
        var admitted = 0

        func end(_ index: Int) {
            let flight = flights.remove(at: index)
            let settled = balance.settled
            if let actual = flight.actual {
                balance.settle(flight.claim, charge: actual)
                above += max(0, actual - flight.claim.amount)
            } else {
                balance.release(flight.claim)
            }
            #expect(balance.settled == settled + (flight.actual ?? 0), "only what was spent is settled")
        }

        for _ in 0..<400 {
            if Bool.random(using: &generator), !flights.isEmpty {
                end(Int.random(in: 0..<flights.count, using: &generator))
            } else {
                let amount = Int64.random(in: 0...limit / 20, using: &generator)
                let claim = Claim(amount: amount, worst: amount + Int64.random(in: 0...limit / 5, using: &generator))
                let fits = balance.fits(claim, limit: limit, maximumOvershoot: maximumOvershoot)
                let expected =
                    balance.settled + balance.reserved + amount <= limit
                    && (maximumOvershoot.map { balance.settled + balance.worst + claim.worst <= limit + $0 } ?? true)
                #expect(fits == expected)
                guard fits else { continue }
                admitted += 1
                balance.hold(claim)
                #expect(balance.committed <= limit, "never past the limit at admission")
                flights.append(Flight(claim: claim, actual: cost(claim, &generator)))
            }
            #expect(balance.holds == flights.count)
            #expect(balance.reserved == flights.reduce(0) { $0 + $1.claim.amount })
            #expect(balance.worst == flights.reduce(0) { $0 + $1.claim.worst })
            #expect(balance.exposure >= 0)
            check(balance, limit)
        }
        while !flights.isEmpty { end(Int.random(in: 0..<flights.count, using: &generator)) }
        #expect(admitted > 0)
        return (balance, above)
    }

    @Test(
        "Whatever requests cost, the limit is passed by no more than what they cost above what they held",
        arguments: 0..<60)
    func overshoot(seed: UInt64) {
        let limit: Int64 = 1_000_000_000
        let (balance, above) = play(seed: seed, limit: limit, maximumOvershoot: nil) { claim, generator in
            Int.random(in: 0..<8, using: &generator) == 0
                ? nil : Int64.random(in: 0...claim.worst * 2, using: &generator)
        } check: {
            _, _ in
        }
        #expect(balance.settled <= limit + above)
        #expect(balance.reserved == 0 && balance.worst == 0 && balance.holds == 0)
    }

    @Test("With a largest overshoot the limit is passed by no more than that, at every moment", arguments: 0..<60)
    func boundedOvershoot(seed: UInt64) {
        let overshoot: Int64 = [0, 10_000_000, 100_000_000][Int(seed % 3)]
        let (balance, _) = play(seed: seed, limit: 1_000_000_000, maximumOvershoot: overshoot) { claim, generator in
            // The worst case is the one that counts.
            Bool.random(using: &generator) ? claim.worst : Int64.random(in: 0...claim.worst, using: &generator)
        } check: { balance, limit in
            #expect(balance.settled + balance.worst <= limit + overshoot)
            #expect(balance.settled <= limit + overshoot)
        }
        #expect(balance.settled <= 1_000_000_000 + overshoot)
    }

    @Test("Requests that cost what they held never pass the limit, and use it up")
    func exact() {
        var balance = BudgetBalance(settled: 0)
        let claim = Claim(amount: 7, worst: 7)
        var admitted = 0
        while balance.fits(claim, limit: 100, maximumOvershoot: nil) {
            balance.hold(claim)
            admitted += 1
        }
        #expect(admitted == 14)
        for _ in 0..<admitted { balance.settle(claim, charge: 7) }
        #expect(balance.settled == 98 && balance.reserved == 0)
        #expect(balance.fits(Claim(amount: 2, worst: 2), limit: 100, maximumOvershoot: nil))
        #expect(!balance.fits(Claim(amount: 3, worst: 3), limit: 100, maximumOvershoot: nil))
    }

    @Test("A claim is never negative, and its worst never less than its amount")
    func claims() {
        #expect(Claim(amount: -5, worst: -9) == Claim(amount: 0, worst: 0))
        #expect(Claim(amount: 5, worst: 3).worst == 5)
    }

    @Test("A charge below zero gives nothing back")
    func negativeCharge() {
        var balance = BudgetBalance(settled: 10)
        balance.hold(Claim(amount: 3, worst: 3))
        balance.settle(Claim(amount: 3, worst: 3), charge: -100)
        #expect(balance.settled == 10)
    }

    @Test("A hold ends once: a second end is a fault of ours and stops the process")
    func endsOnce() async {
        await #expect(processExitsWith: .failure) {
            var balance = BudgetBalance(settled: 0)
            balance.hold(BudgetBalance.Claim(amount: 1, worst: 1))
            balance.release(BudgetBalance.Claim(amount: 1, worst: 1))
            balance.release(BudgetBalance.Claim(amount: 1, worst: 1))
        }
    }

    @Test("Sums at the end of the numbers stay there, and all holds that end leave nothing", arguments: 0..<40)
    func saturation(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var balance = BudgetBalance(settled: .max - Int64.random(in: 0...100, using: &generator))
        var claims = (0..<20).map { _ in
            Claim(
                amount: .max - Int64.random(in: 0...Int64.max / 2, using: &generator),
                worst: .max - Int64.random(in: 0...100, using: &generator))
        }
        for claim in claims {
            #expect(!balance.fits(claim, limit: .max - 101, maximumOvershoot: .max))
            balance.hold(claim)
            #expect(balance.reserved >= claim.amount && balance.exposure >= 0 && balance.committed == .max)
            #expect(balance.percent(of: 1) == .max && balance.percent(of: 0) == 100)
        }
        claims.shuffle(using: &generator)
        for claim in claims {
            balance.settle(claim, charge: .max)
            #expect(balance.reserved >= 0 && balance.exposure >= 0 && balance.settled == .max)
        }
        #expect(balance == BudgetBalance(settled: .max))
    }

    @Test(
        "Shares of a limit are rounded down",
        arguments: [
            (0, 100, 0), (749, 1_000, 74), (750, 1_000, 75), (999, 1_000, 99), (1_000, 1_000, 100), (2_500, 1_000, 250),
            (Int64.max, Int64.max, 100), (Int64.max - 1, Int64.max, 99), (5, 0, 100), (5, -3, 100),
        ] as [(Int64, Int64, Int64)])
    func percent(settled: Int64, limit: Int64, expected: Int64) {
        let balance = BudgetBalance(settled: settled)
        #expect(balance.settledPercent(of: limit) == expected)
        #expect(balance.percent(of: limit) == expected)
    }
}
