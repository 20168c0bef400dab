import SeededRandom
import Testing
import Wire

@testable import Sessions

@Suite("Sessions are followed by their model calls")
struct SessionStateMachineTests {
    @Test("A tool runs from the answer that called for it to the request with its result")
    func tool() throws {
        let session = SessionSample()
        session.tell(session.call(0, 1, uses: [("t1", "Bash")]))
        #expect(session.events.isEmpty, "nothing is known of its end")
        session.tell(session.call(4, 5, results: ["t1"]))
        let run = try #require(session.tools.first)
        #expect(run.duration == 3 * SessionSample.second && run.bytes == 7 && run.requestID == 1)
        session.wait(until: 9)
        #expect(session.prompts.isEmpty, "the client may still have something to ask")
        session.wait(until: 10)
        let prompt = try #require(session.prompts.first)
        #expect(session.end(prompt) == .answered)
        #expect(prompt.begin == 0 && prompt.end == 5 * SessionSample.second)
        #expect(prompt.totals.calls == 2 && prompt.totals.tools == 1 && prompt.totals.costNanoUSD == 200)
        session.expectWellFormed()
    }

    @Test("A result that is told before the call for it finds it")
    func reversed() throws {
        let session = SessionSample()
        let first = session.call(0, 1, uses: [("t1", "Bash")]), second = session.call(4, 5, results: ["t1"])
        session.tell(second)
        session.tell(first, at: 5)
        #expect(try #require(session.tools.first).duration == 3 * SessionSample.second)
        session.wait(until: 20)
        #expect(session.prompts.count == 1)
        session.expectWellFormed()
    }

    @Test("A request that is sent once more closes a tool once")
    func repeated() {
        let session = SessionSample()
        session.tell(session.call(0, 1, uses: [("t1", "Bash")]))
        session.tell(session.call(4, 5, results: ["t1"]))
        session.tell(session.call(6, 7, results: ["t1"]))
        #expect(session.tools.count == 1)
    }

    @Test("Parallel tools take their own reported times, by their names and in their order")
    func parallel() {
        let session = SessionSample()
        session.tell(session.call(0, 1, uses: [("a", "Bash"), ("b", "Read"), ("c", "Bash")]))
        var next = session.call(4, 5, results: ["a", "b", "c"])
        next.toolDurations = "Read=9000000000000000000;Bash=510;Read=9;Bash=70;broken;=;x=-1"
        session.tell(next)
        #expect(session.tools.map(\.reported) == [510, 9, 70])
    }

    @Test("The next prompt ends the one before, with a link, and its late calls still count")
    func next() throws {
        let session = SessionSample()
        session.tell(session.call(0, 1, uses: [("t1", "Bash")]))
        let late = session.call(1, 2)
        session.tell(session.call(3, 4, prompt: 2, results: ["t1"]))
        session.tell(late, at: 4)
        session.wait(until: 5)
        #expect(session.prompts.isEmpty)
        session.wait(until: 6)
        let first = try #require(session.prompts.first)
        #expect(session.end(first) == .next && first.totals.calls == 2)
        session.wait(until: 10)
        let second = try #require(session.prompts.last)
        guard case .prompt(_, _, let previous, _) = second.detail else { return }
        #expect(previous == first.place && second.place != first.place)
        #expect(session.tools.first?.endedAt == 3 * SessionSample.second)
        session.expectWellFormed()
    }

    @Test("Subagents stand under the tools that started them, in the order of time")
    func subagents() throws {
        let session = SessionSample()
        session.tell(session.call(0, 1, uses: [("t1", "Agent"), ("t2", "Agent")]))
        session.tell(session.call(3, 4, agent: "second"), at: 5)
        session.tell(session.call(2, 4, agent: "first"), at: 5)
        session.tell(session.call(6, 7, results: ["t1", "t2"]))
        session.wait(until: 12)
        session.wait(until: 13)
        #expect(session.agents.count == 2)
        for agent in session.agents {
            guard case .agent(let id, _) = agent.detail else { continue }
            #expect(agent.parent == agent.place.toolSpan(id == "first" ? "t1" : "t2", of: 1))
        }
        #expect(
            Dictionary(grouping: session.tools, by: \.id).mapValues { $0.last?.spawned } == [
                "t1": "first", "t2": "second",
            ])
        session.expectWellFormed()
    }

    @Test("A subagent in the background goes on when the next prompt has begun")
    func background() throws {
        let session = SessionSample()
        session.tell(session.call(0, 1, uses: [("t1", "Agent")]))
        session.tell(session.call(2, 3, results: ["t1"]))
        session.tell(session.call(2, 4, agent: "a", uses: [("t2", "Bash")]))
        session.tell(session.call(5, 6, prompt: 2))
        session.wait(until: 9)
        #expect(session.prompts.count == 1 && session.agents.isEmpty)
        session.tell(session.call(20, 21, agent: "a", results: ["t2"]))
        session.wait(until: 40)
        #expect(session.agents.count == 1 && session.prompts.count == 2)
        #expect(session.agents.first?.totals.calls == 2)
        session.expectWellFormed()
    }

    @Test("A nested subagent stands under the one that started it")
    func nested() throws {
        let session = SessionSample()
        session.tell(session.call(0, 1, uses: [("t1", "Task")]))
        session.tell(session.call(2, 3, agent: "a", uses: [("t2", "Task")]))
        session.tell(session.call(4, 5, agent: "b", parent: "a"))
        session.tell(session.call(6, 7, agent: "a", results: ["t2"]))
        session.tell(session.call(8, 9, results: ["t1"]))
        session.wait(until: 30)
        let place = try #require(session.prompts.first).place
        let parents = Dictionary(uniqueKeysWithValues: session.agents.map { ($0.span, $0.parent) })
        #expect(
            parents == [
                place.agentSpan("a"): place.toolSpan("t1", of: 1), place.agentSpan("b"): place.toolSpan("t2", of: 2),
            ])
        session.expectWellFormed()
    }

    @Test("What a person thinks about for long is told when it is given up, and once")
    func idle() throws {
        let session = SessionSample()
        session.tell(session.call(0, 1, uses: [("t1", "Bash")]))
        session.wait(until: 3_600)
        #expect(session.prompts.isEmpty)
        session.wait(until: 3_601)
        #expect(session.end(try #require(session.prompts.first)) == .idle)
        #expect(session.tools.map(\.duration) == [nil])
        session.tell(session.call(4_000, 4_001, results: ["t1"]))
        session.wait(until: 5_000)
        #expect(session.prompts.count == 1)
        session.expectWellFormed()
    }

    @Test("The end of the gateway tells what is open")
    func shutdown() throws {
        let session = SessionSample()
        session.tell(session.call(0, 1, uses: [("t1", "Agent")]))
        session.tell(session.call(2, 3, agent: "a", uses: [("t2", "Bash")]))
        session.stop()
        #expect(session.end(try #require(session.prompts.first)) == .shutdown)
        #expect(session.agents.count == 1 && Set(session.tools.map(\.id)) == ["t1", "t2"])
        #expect(session.machine.sessionCount == 0)
        session.expectWellFormed()
    }

    @Test("A resumed session goes on in a trace of its next prompt; a fork is another session")
    func resumed() {
        let session = SessionSample()
        session.tell(session.call(0, 1))
        session.wait(until: 10)
        session.tell(session.call(50_000, 50_001, prompt: 2))
        session.tell(session.call(50_000, 50_001, prompt: 2, session: "fork"))
        session.wait(until: 50_010)
        #expect(session.prompts.count == 3 && Set(session.prompts.map(\.place.traceID)).count == 3)
        session.expectWellFormed()
    }

    @Test("A client with a trace of its own gets no spans from us, but its tools are told")
    func clientTrace() throws {
        let session = SessionSample()
        for index in 0..<2 {
            var call = session.call(
                Int64(index) * 4, Int64(index) * 4 + 1, results: index == 1 ? ["t1"] : [],
                uses: index == 0 ? [("t1", "Bash")] : [])
            call.place = nil
            session.tell(call)
        }
        session.wait(until: 100)
        #expect(session.spans.isEmpty && session.tools.count == 1)
    }

    @Test("A sum of the conversation and what follows it are marked")
    func compaction() throws {
        let session = SessionSample()
        var large = session.call(0, 1)
        large.cacheRead = 90_000
        session.tell(large)
        var summary = session.call(2, 3)
        summary.requestClass = "compaction"
        summary.compaction = "auto"
        summary.isHelping = true
        session.tell(summary)
        var after = session.call(4, 5)
        after.contextCompacted = "auto"
        after.requestClass = "main"
        session.tell(after)
        session.wait(until: 20)
        guard case .prompt(_, _, _, let marks)? = session.prompts.first?.detail else { return }
        #expect(marks.map(\.kind) == [.summary, .compacted] && marks.allSatisfy { $0.trigger == "auto" })
    }

    @Test("Sessions beyond the bound make room by ending the oldest")
    func bound() {
        var limits = SessionStateMachine.Limits()
        limits.sessions = 10
        let session = SessionSample(limits)
        for number in 0..<100 { session.tell(session.call(Int64(number), Int64(number), session: "s\(number)")) }
        #expect(session.machine.sessionCount <= 10 && session.prompts.count >= 90)
        #expect(session.machine.activeSessions(at: 100 * SessionSample.second) <= 10)
        session.expectWellFormed()
    }

    @Test(
        "Whatever comes in whatever order: every span is told once, with its parent", arguments: 0..<60 as Range<UInt64>
    )
    func anything(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let session = SessionSample()
        var calls: [ModelCall] = [], open: [String] = [], agents = [""], number = 0
        for step in 0..<Int64(60) {
            let uses = (0..<Int.random(in: 0...2, using: &random)).map { _ in
                number += 1
                return ("t\(number)", ["Bash", "Agent", "mcp__x__y"].randomElement(using: &random) ?? "Bash")
            }
            let results = open.filter { _ in Bool.random(using: &random) }
            open.removeAll { results.contains($0) }
            let agent = agents.randomElement(using: &random) ?? ""
            calls.append(
                session.call(
                    step * 3, step * 3 + 1, prompt: UInt64(step / 15) + 1, agent: agent, results: results, uses: uses))
            open += uses.map(\.0)
            if uses.contains(where: { $0.1 == "Agent" }) { agents.append("agent\(number)") }
        }
        // Neighbours change places, some are lost, some are told twice.
        for index in calls.indices.dropFirst() where Int.random(in: 0..<4, using: &random) == 0 {
            calls.swapAt(index, index - 1)
        }
        for (index, call) in calls.enumerated() where Int.random(in: 0..<10, using: &random) > 0 {
            session.tell(call, at: Int64(index) * 3 + 1)
            session.wait(until: Int64(index) * 3 + 2)
        }
        session.stop()
        session.expectWellFormed()
        #expect(
            Set(session.tools.filter { !$0.isToldAgain }.map(\.id)).count == session.tools.count { !$0.isToldAgain })
    }
}
