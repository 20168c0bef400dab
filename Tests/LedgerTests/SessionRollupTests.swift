import SeededRandom
import Testing

@testable import Ledger

@Suite("Sessions are the sums of their rows")
struct SessionRollupTests {
    @Test("The roll-up that grew with the rows is the one that is made of them anew", arguments: 0..<4 as Range<UInt64>)
    func equal(seed: UInt64) async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        var random = SeededGenerator(seed: seed)
        let ledger = try Ledger(directory)
        var ids = (0..<400).map { RequestID(milliseconds: 1_000_000 + Int64($0) * 997, loop: 0, sequence: 0) }
        ids.shuffle(using: &random)
        for (index, id) in ids.enumerated() {
            var facts = sampleFacts(id: id, user: ["alice", "bob"].randomElement(using: &random) ?? "alice")
            let session = Int.random(in: 0..<12, using: &random)
            facts.sessionID = session == 0 ? .none : .string("session-\(session)")
            facts.agentID = Bool.random(using: &random) ? .none : "agent"
            facts.requestClass = [.none, "main", "subagent", "auxiliary"].randomElement(using: &random) ?? .none
            facts.operation = Int.random(in: 0..<6, using: &random) == 0 ? .countTokens : .messages
            let slot = try opened(ledger.journals[0], facts)
            var attempt = sampleAttempt(at: id.unixMilliseconds * 1_000_000)
            attempt.model = .string("model-\(Int.random(in: 0..<3, using: &random))")
            try begin(slot, attempt)
            slot.closeAttempt(sampleAttemptOutcome())
            var outcome = sampleOutcome([.ok, .upstreamError, .clientGone].randomElement(using: &random) ?? .ok)
            outcome.usage.cacheRead = Int64.random(in: 0..<100_000, using: &random)
            outcome.duration = Int64.random(in: 0..<100 * second, using: &random)
            outcome.estimated = Bool.random(using: &random)
            slot.close(outcome)
            if index % 37 == 0 { try await ledger.writer.flush() }
        }
        try await ledger.writer.flush()
        let grown = try rows(directory)
        #expect(grown.count == 11)
        try await ledger.writer.execute("DELETE FROM sessions; \(SessionRollup.rebuilding)")
        #expect(try rows(directory) == grown)
        try await ledger.writer.close()
    }

    /// The order of a session's models is that of the rows' coming.
    private func rows(_ directory: DataDirectory) throws -> [[String]] {
        let database = try #require(try directory.openDatabaseReadOnly())
        let statement = try database.prepare("SELECT * FROM sessions ORDER BY session_id")
        var rows: [[String]] = []
        while try statement.step() {
            rows.append(
                (0..<statement.columnCount).map {
                    statement.text($0).split(separator: ",").sorted().joined(separator: ",")
                })
        }
        return rows
    }

    @Test("A tool's call is written once and brought up to date; sessions are found by how their ids begin")
    func tools() async throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let ledger = try Ledger(directory)
        let id = RequestID(rawValue: 5 << 22)
        serve(ledger.journals[0], id: id)
        serve(ledger.journals[0], id: RequestID(rawValue: 6 << 22))
        var tool = ToolRow(requestID: id.rawValue, callID: "toolu_1")
        tool.sessionID = "0d5c4e1e-7d0f-4b2f-9c46-3f6f0f5c8d11"
        tool.name = "Agent"
        ledger.writer.save(tools: [tool])
        tool.spawned = "agent-1"
        tool.duration = 7
        ledger.writer.save(tools: [tool])
        try await ledger.writer.flush()
        let store = SessionStore(directory)
        let session = try #require(try store.find(prefix: "0d5c").first)
        #expect(try store.find(prefix: "0d6").isEmpty)
        #expect(
            session.sums.requests == 2 && session.user == "alice" && session.models == ["claude-sonnet-4-5-20250929"])
        let (calls, missing) = try store.newestCalls(of: session, within: 10_000)
        #expect(calls.map(\.id) == [id, RequestID(rawValue: 6 << 22)] && missing == 0)
        #expect(try store.tools(of: calls) == [tool] && store.tools(of: session, from: id) == [tool])
        let none = try store.newestCalls(of: session, within: 0)
        #expect(none.calls.isEmpty && none.missing == 2)
        #expect(try store.calls(of: session, after: id).count == 1)
        #expect(try store.sessions(since: nil, now: 0, limit: 10).count == 1)
        try await ledger.writer.close()
    }
}
