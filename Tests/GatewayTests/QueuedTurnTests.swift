import Configuration
import Governance
import Testing
import Transport

@testable import Gateway

@Suite struct QueuedTurnTests {
    private let loop: EventLoop
    private let governor: Governor
    private let book: RuleBook

    init() throws {
        loop = try EventLoop(index: 0)
        try loop.start()
        var rules = RuleSet()
        rules.budgets = [BudgetRule(id: "all", limit: 100)]
        book = RuleBook(rules)
        governor = Governor(book, loop: loop, sequence: 1)
    }

    private var demand: Demand {
        let principal = Principal(user: "alice", team: "", keyID: "k", metadata: [:])
        let subject = RuleSubject(
            principal: principal, metadata: .none,
            target: TargetNames(requested: "m", provider: "p", model: "m"), session: "")
        let claim = BudgetBalance.Claim(amount: 60, worst: 60)
        return Demand(
            book: book, places: book.places(of: subject), owner: "alice", cost: claim, tokens: claim)
    }

    @Test("What is admitted at the moment at which the client leaves is given back", arguments: [false, true])
    func abandoned(afterVerdict: Bool) async throws {
        let loop = loop, governor = governor, demand = demand
        let reserved = try await Task(executorPreference: loop) { () -> Int64? in
            let verdict = await governor.admit(demand, whenTurn: nil)
            try #require(await governor.statuses().first?.reserved == 60)
            let turn = QueuedTurn(Wakeup(loop: loop), loop: loop, governor: governor)
            if !afterVerdict { turn.abandon(1) }
            turn.arrived(verdict)
            await Self.turn(of: loop)
            #expect((turn.verdict == nil) == !afterVerdict)
            if afterVerdict { turn.abandon(1) }
            await Self.turn(of: loop)
            return await governor.statuses().first?.reserved
        }.value
        #expect(reserved == 0)
    }

    /// What was posted before is done afterwards.
    private static func turn(of loop: EventLoop) async {
        await withUnsafeContinuation { continuation in loop.post { continuation.resume() } }
    }
}
