import Testing
import Wire

@testable import Sessions

@Suite("Sessions hold together at their bounds and when ids, clocks and orders are odd")
struct SessionBoundsTests {
    @Test("More subagents than are followed all have a span, and so have their tools")
    func manyAgents() throws {
        let session = SessionSample()
        session.tell(session.call(0, 1, uses: [("t", "Bash")]))
        for number in 0..<300 {
            let agent = "agent-\(number)"
            session.tell(session.call(1, 2, agent: agent, uses: [("t", "Read")]), at: Int64(2 + number % 3))
        }
        session.stop()
        #expect(session.agents.count == 300 && session.tools.count == 301)
        let prompt = try #require(session.prompts.first)
        guard case .prompt(_, let agents, _, _) = prompt.detail else { return }
        #expect(agents == 300 && prompt.totals.calls == 301)
        session.expectWellFormed()
    }

    @Test("Upstreams that give the same ids in every answer get a span for each call")
    func sameIDs() {
        let session = SessionSample()
        session.tell(session.call(0, 1, uses: [("call_0", "Agent")]))
        session.tell(session.call(2, 3, agent: "a", uses: [("call_0", "Bash")]))
        session.tell(session.call(4, 5, agent: "a", results: ["call_0"]))
        session.tell(session.call(6, 7, results: ["call_0"], uses: [("call_0", "Read")]))
        session.tell(session.call(8, 9, results: ["call_0"]))
        session.wait(until: 20)
        #expect(
            session.tools.filter { !$0.isToldAgain }.compactMap(\.duration)
                == [1, 5, 1].map { $0 * SessionSample.second })
        #expect(session.tools.last { $0.name == "Agent" }?.spawned == "a")
        session.expectWellFormed()
    }

    @Test("A call with the id of one that is open tells that one without a result")
    func takenID() {
        let session = SessionSample()
        session.tell(session.call(0, 1, uses: [("t", "Bash")]))
        session.tell(session.call(2, 3, uses: [("t", "Read")]))
        #expect(session.tools.map(\.name) == ["Bash"] && session.tools[0].endedAt == nil)
        session.tell(session.call(4, 5, results: ["t"]))
        #expect(session.tools.map(\.name) == ["Bash", "Read"] && session.tools[1].endedAt != nil)
    }

    @Test("Tools that there is no room for are told at once")
    func manyTools() {
        let session = SessionSample()
        session.tell(session.call(0, 1, uses: (0..<600).map { ("t\($0)", "Agent") }))
        #expect(session.tools.count == 88)
        session.stop()
        #expect(Set(session.tools.map(\.id)).count == 600 && session.tools.count == 600)
        session.expectWellFormed()
    }

    @Test("A prompt is not over while a call of its main conversation runs, even if only a helping one has ended")
    func running() throws {
        let session = SessionSample()
        let main = session.call(0, 60)
        var title = session.call(0, 1)
        title.isHelping = true
        for call in [main, title] { session.begin(call) }
        session.tell(title)
        for second in 2..<60 { session.wait(until: Int64(second)) }
        #expect(session.prompts.isEmpty)
        session.tell(main)
        session.wait(until: 65)
        #expect(try #require(session.prompts.first).totals.calls == 2 && session.prompts.count == 1)
    }

    @Test("A call that failed and is made again for long does not end its prompt or its subagent")
    func patience() throws {
        let session = SessionSample()
        for agent in ["", "a"] {
            var failed = session.call(0, 1, agent: agent)
            failed.status = 529
            session.tell(failed)
        }
        let again = [session.call(2, 200), session.call(2, 200, agent: "a")]
        for call in again { session.begin(call) }
        for second in 2..<200 { session.wait(until: Int64(second)) }
        #expect(session.spans.isEmpty)
        for call in again { session.tell(call) }
        session.wait(until: 205)
        #expect(session.prompts.first?.totals.calls == 4 && session.agents.first?.totals.calls == 2)
        #expect(session.prompts.first.map { session.end($0) } == .answered)
        session.expectWellFormed()
    }

    @Test("A subagent that goes on in the background does not hold back the prompt's own end")
    func background() {
        let session = SessionSample()
        session.tell(session.call(0, 1))
        session.begin(session.call(1, 900, agent: "a"))
        session.wait(until: 6)
        #expect(session.prompts.count == 1)
    }

    @Test("What comes of a prompt that was forgotten finds its span told, and its tools are told")
    func forgotten() {
        let session = SessionSample()
        session.tell(session.call(0, 1))
        session.tell(session.call(2, 3, prompt: 2))
        session.wait(until: 20)
        session.machine.tidy(at: 1_000 * SessionSample.second) { session.events.append($0) }
        session.tell(session.call(1_000, 1_001, uses: [("t", "Bash")]))
        session.tell(session.call(1_000, 1_001, agent: "a"))
        session.stop()
        #expect(session.prompts.count == 2 && session.agents.count == 1 && session.tools.count == 1)
        session.expectWellFormed()
    }

    @Test("Many prompts one after the other take no more than a few, and each is told once")
    func manyPrompts() {
        let session = SessionSample()
        for number in 1...200 {
            session.tell(session.call(Int64(number), Int64(number), prompt: UInt64(number)))
            if number % 7 == 0 { session.wait(until: Int64(number)) }
        }
        #expect(session.machine.sessions["s"].map { $0.prompts.count <= 17 && $0.retired.count <= 64 } == true)
        session.stop()
        #expect(session.prompts.count == 200)
        session.expectWellFormed()
    }

    @Test("A clock that was set back makes no new prompt an old one")
    func clock() {
        let session = SessionSample()
        session.tell(session.call(10_000, 10_001), at: 1)
        session.machine.clockWentBack()
        session.tell(session.call(5_000, 5_001, prompt: 2, uses: [("t", "Bash")]), at: 2)
        session.wait(until: 10)
        #expect(session.prompts.map { session.end($0) } == [.next])
        session.tell(session.call(5_010, 5_011, prompt: 2, results: ["t"]), at: 11)
        #expect(session.tools.map(\.duration) == [9 * SessionSample.second])
    }
}
