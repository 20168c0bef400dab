import Configuration
import Testing

@testable import Upstream

/// A setting of `strategy` with targets `a/m0`, `a/m1`, …, as the closure changes them.
func routing(
    _ strategy: RoutingStrategy, _ count: Int, _ change: (Int, inout TargetSetting) -> Void = { _, _ in }
) -> RoutingSetting {
    var routing = RoutingSetting()
    routing.strategy = strategy
    for index in 0..<count {
        var target = TargetSetting(account: "a", upstream: "m\(index)")
        target.priority = index
        change(index, &target)
        routing.targets.append(target)
    }
    return routing
}

extension RoutingSetting {
    func plan(
        _ session: String = "s", sticky: Bool = true, standing: Int? = nil, states: [Int: TargetState] = [:],
        latency: [Int: LatencyAverage] = [:], excluded: Set<Int> = [], at now: Int64 = 0
    ) -> RoutePlan {
        let known = RouteTarget.all(of: self)
        let health = known.indices.map { index in
            var health = RoutePlan.Health()
            health.state = states[index] ?? .closed
            health.latency = latency[index] ?? LatencyAverage()
            return health
        }
        let caller = RoutePlan.Caller(
            RouteKey(session, model: 1), isSticky: sticky, standing: standing, excluded: excluded)
        return RoutePlan(self, known, health: health, for: caller, at: now)
    }
}

extension RoutePlan {
    var order: [Int] { candidates.map(\.target) }
}

func latency(token: Int64, first: Int64, at now: Int64 = 0) -> LatencyAverage {
    var average = LatencyAverage()
    average.measured(firstByteTime: first, writingTime: token * 100, tokens: 100, at: now)
    return average
}

@Suite struct RoutePlanTests {
    @Test(
        "A target that is for others is not there, whatever the strategy, also for a session that was served by it",
        arguments: RoutingStrategy.allCases)
    func excluded(strategy: RoutingStrategy) {
        let setting = routing(strategy, 3)
        for number in 0..<200 {
            let plan = setting.plan("s\(number)", sticky: number % 2 == 0, standing: 1, excluded: [1])
            #expect(Set(plan.order) == [0, 2])
            #expect(plan.order[0] == setting.plan("s\(number)", sticky: number % 2 == 0, excluded: [1]).order[0])
        }
        #expect(setting.plan(states: [2: .open], excluded: [0, 1]).order == [2])
    }

    @Test(
        "Over 10,000 sessions each target has the share of its weight",
        arguments: [[90, 10], [1, 1, 1], [70, 20, 7, 3]])
    func shares(weights: [Int]) {
        let setting = routing(.weight, weights.count) { $1.weight = weights[$0] }
        var counts = [Int](repeating: 0, count: weights.count)
        for number in 0..<10_000 { counts[setting.plan("8f14e45f-ceea-467f-a0e6-\(number)").order[0]] += 1 }
        let sum = Double(weights.reduce(0, +))
        let chiSquare = zip(counts, weights).reduce(0.0) { total, pair in
            let expected = 10_000 * Double(pair.1) / sum
            return total + (Double(pair.0) - expected) * (Double(pair.0) - expected) / expected
        }
        // The quantile of 0.999 for 1, 2 and 3 degrees of freedom; the sessions are fixed, so this never flickers.
        #expect(chiSquare < [10.83, 13.82, 16.27][weights.count - 2], "\(counts)")
    }

    @Test("A session's target is the same for ever, in every process")
    func golden() {
        let setting = routing(.weight, 4) { $1.weight = 1 }
        let chosen = (0..<24).map { setting.plan("session-\($0)").order[0] }
        #expect(chosen == Self.golden)
        #expect((0..<24).map { setting.plan("session-\($0)").order[0] } == chosen)
    }

    private static let golden = [1, 3, 3, 3, 1, 3, 0, 2, 1, 3, 3, 2, 1, 3, 3, 1, 0, 0, 3, 0, 1, 1, 0, 1]

    @Test("When a weight grows, sessions move only to that target")
    func moves() {
        let before = routing(.weight, 3) { $1.weight = [50, 40, 10][$0] }
        let after = routing(.weight, 3) { $1.weight = [50, 40, 30][$0] }
        var moved = 0
        for number in 0..<5_000 {
            let (old, new) = (before.plan("\(number)").order[0], after.plan("\(number)").order[0])
            if old != new {
                moved += 1
                #expect(new == 2)
            }
        }
        // From 10 of 100 to 30 of 120: 15 of 100 sessions.
        #expect((600...900).contains(moved), "\(moved)")
    }

    @Test("A target that is taken out gives its sessions away, and no other moves")
    func removal() {
        let before = routing(.weight, 3) { $1.weight = 1 }
        var after = before
        after.targets.removeLast()
        for number in 0..<2_000 where before.plan("\(number)").order[0] != 2 {
            #expect(after.plan("\(number)").order[0] == before.plan("\(number)").order[0])
        }
    }

    @Test("A weight of 0 is never chosen first, and follows as a fallback")
    func zero() {
        let setting = routing(.weight, 3) { $1.weight = [0, 5, 5][$0] }
        for number in 0..<500 {
            let plan = setting.plan("\(number)")
            #expect(plan.order.last == 0 && plan.order.count == 3 && plan.reason == .weight)
        }
    }

    @Test("By priority, and in the order of the file among equals")
    func priority() {
        let setting = routing(.priority, 4) { $1.priority = [2, 1, 1, 0][$0] }
        let plan = setting.plan()
        #expect(plan.order == [3, 1, 2, 0] && plan.reason == .priority && plan.ownChoice == 3)
        #expect(plan.text(RouteTarget.all(of: setting)).hasPrefix("a/m3 0.0 closed, a/m1 1.0 closed"))
    }

    @Test("Open targets come last; if all are open they are tried in their order all the same")
    func breakers() {
        let setting = routing(.priority, 3)
        let one = setting.plan(states: [0: .open])
        #expect(one.order == [1, 2, 0] && one.reason == .breaker && one.ownChoice == 0)
        let all = setting.plan(states: [0: .open, 1: .open, 2: .open])
        #expect(all.order == [0, 1, 2] && all.reason == .priority)
        let due = setting.plan(states: [0: .probeDue])
        #expect(due.order == [0, 1, 2] && due.reason == .probe)
    }

    @Test("A session stays where it was served, unless that is open")
    func sticky() {
        let setting = routing(.priority, 3)
        let there = setting.plan(standing: 2)
        #expect(there.order == [2, 0, 1] && there.reason == .sticky)
        #expect(setting.plan(standing: 2, states: [2: .open]).order == [0, 1, 2])
    }

    @Test("Only fallback candidates follow; the first choice need not be one")
    func candidates() {
        let setting = routing(.priority, 3) { $1.isFallbackCandidate = $0 == 2 }
        #expect(setting.plan().order == [0, 2])
        #expect(setting.plan(states: [0: .open]).order == [2, 0])
        #expect(setting.plan(standing: 2).order == [2])
    }

    @Test("By time per token; what is much the same is decided by the time to the first byte")
    func latencies() {
        let setting = routing(.latency, 3) { $1.slowTokenTime = $0 == 1 ? 5_000_000 : nil }
        let plan = setting.plan(latency: [
            0: latency(token: 20_000_000, first: 1), 1: latency(token: 6_000_000, first: 1),
            2: latency(token: 30_000_000, first: 1),
        ])
        #expect(plan.order == [0, 2, 1] && plan.reason == .latency, "the second is slower than it may be")
        #expect(plan.candidates[0].score == 20_000_000)
        let alike = routing(.latency, 2).plan(latency: [
            0: latency(token: 20_100_000, first: 900), 1: latency(token: 20_200_000, first: 300),
        ])
        #expect(alike.order == [1, 0])
    }

    @Test("What is not measured is tried first, but only so often")
    func trials() {
        let setting = routing(.latency, 2)
        var unknown = LatencyAverage()
        let known = latency(token: 1_000, first: 1)
        #expect(setting.plan(latency: [0: known, 1: unknown]).order == [1, 0])
        for _ in 0..<LatencyAverage.maximumTrials { unknown.tried() }
        let plan = setting.plan(latency: [0: known, 1: unknown])
        #expect(plan.order == [0, 1] && plan.reason == .latency)
        // What was measured long ago is measured again, once.
        let later: Int64 = 3_600_000_000_000
        var stale = latency(token: 9_000, first: 1)
        #expect(
            setting.plan(latency: [0: latency(token: 1_000, first: 1, at: later), 1: stale], at: later).order == [1, 0])
        stale.tried()
        #expect(
            setting.plan(latency: [0: latency(token: 1_000, first: 1, at: later), 1: stale], at: later).order == [0, 1])
    }

    @Test("One request in twenty that belongs to no session looks at a slower target; no session does")
    func exploration() {
        let setting = routing(.latency, 3)
        let known = [
            0: latency(token: 1_000, first: 1), 1: latency(token: 2_000, first: 1), 2: latency(token: 3_000, first: 1),
        ]
        let explored = (0..<2_000).count { setting.plan("\($0)", sticky: false, latency: known).reason == .explored }
        #expect((60...140).contains(explored), "\(explored)")
        #expect((0..<2_000).allSatisfy { setting.plan("\($0)", latency: known).order[0] == 0 })
    }

    @Test("What explain shows is what a new session gets")
    func explained() {
        let setting = routing(.weight, 3) { $1.weight = 1 }
        let model = VirtualModelSetting(name: "acme/x", displayName: nil, routing: setting)
        for number in 0..<50 {
            #expect(RoutePlan.expected(model, for: "\(number)").order == setting.plan("\(number)").order)
        }
    }

    @Test("Targets alike have names of their own")
    func twins() {
        let setting = routing(.priority, 3) { index, target in
            if index == 1 { target = TargetSetting(account: "a", upstream: "m0") }
        }
        let known = RouteTarget.all(of: setting)
        #expect(known.map(\.name) == ["a/m0", "a/m0#2", "a/m2"] && Set(known.map(\.hash)).count == 3)
    }
}
