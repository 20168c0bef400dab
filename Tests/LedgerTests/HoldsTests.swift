import SeededRandom
import Testing

@testable import Ledger

@Suite("What an attempt reserved, from the slot to the row")
struct HoldsTests {
    private struct Sample {
        var admission: Int64
        var settlement: Int64
        var holds: String
        var provider: String
        var cost: Int64
    }

    private static func samples(_ random: inout SeededGenerator, longest: Int) -> [Sample] {
        var order = Int64.random(in: 1..<1_000_000, using: &random)
        return (0..<Int.random(in: 1...8, using: &random)).map { number in
            order += Int64.random(in: 1...9, using: &random)
            let size = Int.random(in: 0...longest, using: &random)
            return Sample(
                admission: order, settlement: order + Int64.random(in: 1...9, using: &random),
                // Every other attempt says the same as the one before where sizes agree.
                holds: String(repeating: number % 3 == 0 ? "é" : "x", count: size / (number % 3 == 0 ? 2 : 1)),
                provider: "provider-\(number / 2)", cost: Int64.random(in: 0..<1_000_000, using: &random))
        }
    }

    private static func serve(_ journal: Journal, id: RequestID, _ samples: [Sample]) throws {
        let slot = try opened(journal, sampleFacts(id: id))
        for sample in samples {
            var facts = sampleAttempt(at: midnight + sample.admission, provider: sample.provider)
            facts.admission = sample.admission
            facts.holds = .string(sample.holds)
            try begin(slot, facts)
            var outcome = sampleAttemptOutcome()
            outcome.settlement = sample.settlement
            outcome.costNanoUSD = sample.cost
            slot.closeAttempt(outcome)
        }
        slot.close(sampleOutcome())
    }

    @Test("Up to eight attempts come out as they went in, while their texts fit", arguments: 0..<10)
    func roundTrip(seed: UInt64) throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let journal = try Journal(
            path: directory.journalPath(loop: 0), capacity: 64, initial: 64, wake: WriterWake())
        var random = SeededGenerator(seed: seed)
        let requests = (0..<50).map { _ in Self.samples(&random, longest: 650) }
        for (number, samples) in requests.enumerated() {
            try Self.serve(journal, id: RequestID(rawValue: Int64(number)), samples)
        }
        let database = try directory.openDatabase()
        _ = try JournalRecovery.run(in: directory, into: database)
        let rows = try database.prepare(
            "SELECT admission, settlement, ifnull(holds, ''), provider, cost_nano_usd, provider_kind, price_version "
                + "FROM attempts ORDER BY request_id, ordinal")
        for sample in requests.joined() {
            #expect(try rows.step())
            #expect(rows.integer(0) == sample.admission && rows.integer(1) == sample.settlement)
            #expect(rows.text(2) == sample.holds)
            #expect(rows.text(3) == sample.provider && rows.integer(4) == sample.cost)
            #expect(rows.text(5) == "anthropic" && rows.text(6) == "2026-11-01")
        }
        #expect(try !rows.step())
        #expect(try directory.value("SELECT sum(truncated) FROM requests") == "0")
        let newest = requests.joined().map { max($0.admission, $0.settlement) }.max() ?? 0
        #expect(try directory.value("SELECT value FROM meta WHERE name = 'newest_order'") == "\(newest)")
    }

    @Test("Holds that do not fit are left out whole, and the row says so", arguments: 0..<10)
    func tooLong(seed: UInt64) throws {
        let temporary = TemporaryDirectory()
        let journal = try temporary.data().smallJournal()
        var random = SeededGenerator(seed: seed)
        let samples = Self.samples(&random, longest: 2400)
        try Self.serve(journal, id: RequestID(rawValue: 1), samples)
        let memory = journal.memory(of: try #require(journal.closed.pop()))
        var missing = false
        for (index, sample) in samples.enumerated() {
            let stored = memory.bytes(memory.attempt(index).pointee.holds)
            if sample.holds.utf8.count > JournalLimits.holdsBytes { #expect(stored.isEmpty) }
            #expect(stored.isEmpty || stored.elementsEqual(sample.holds.utf8))
            if stored.isEmpty, !sample.holds.isEmpty { missing = true }
            #expect(memory.attempt(index).pointee.admission == sample.admission)
        }
        if missing { #expect(memory.numbers.pointee.truncated) }
    }

    @Test("The longest holds of two attempts fit beside everything that is known of a request")
    func fullRequest() throws {
        let temporary = TemporaryDirectory()
        let journal = try temporary.data().smallJournal()
        func text(_ field: TextField) -> FactText { .string(String(repeating: "x", count: field.limit)) }
        var facts = RequestFacts(id: RequestID(rawValue: 1), startedAt: midnight)
        (facts.user, facts.team, facts.groups, facts.virtualAccount) = (
            text(.user), text(.team), text(.groups), text(.virtualAccount)
        )
        (facts.keyID, facts.sessionID, facts.agentID, facts.parentAgentID, facts.agentType) = (
            text(.keyID), text(.sessionID), text(.agentID), text(.parentAgentID), text(.agentType)
        )
        (facts.requestClass, facts.promptID, facts.toolDurations, facts.project, facts.metadata) = (
            text(.requestClass), text(.promptID), text(.toolDurations), text(.project), text(.metadata)
        )
        (facts.modelRequested, facts.clientVersion, facts.entrypoint) = (
            text(.modelRequested), text(.clientVersion), text(.entrypoint)
        )
        let slot = try opened(journal, facts)
        for letter in ["a", "b"] {
            var attempt = sampleAttempt(at: midnight)
            attempt.holds = .string(String(repeating: letter, count: JournalLimits.holdsBytes))
            try begin(slot, attempt)
            slot.closeAttempt(sampleAttemptOutcome(.upstreamError))
        }
        slot.close(sampleOutcome())
        let memory = journal.memory(of: try #require(journal.closed.pop()))
        #expect(!memory.numbers.pointee.truncated)
        #expect(memory.bytes(memory.attempt(1).pointee.holds).count == JournalLimits.holdsBytes)
        #expect(memory.bytes(.rawUsage).elementsEqual(#"{"input_tokens":10}"#.utf8))
    }

    @Test("A list of groups is cut between two of them, so that no other group comes of it")
    func groups() throws {
        let temporary = TemporaryDirectory()
        let journal = try Journal(
            path: try temporary.data().journalPath(loop: 0), capacity: 4, initial: 4, wake: WriterWake())
        func stored(_ groups: [String]) throws -> (text: String, truncated: Bool) {
            var facts = sampleFacts(id: RequestID(rawValue: 1))
            facts.groups = .string(groups.joined(separator: ","))
            let slot = try opened(journal, facts)
            slot.close(sampleOutcome())
            let memory = journal.memory(of: try #require(journal.closed.pop()))
            return (String(decoding: memory.bytes(.groups), as: UTF8.self), memory.numbers.pointee.truncated)
        }
        let many = (0..<100).map { "group-\($0)" }
        let cut = try stored(many)
        let kept = cut.text.split(separator: ",").map(String.init)
        #expect(cut.truncated && kept == Array(many.prefix(kept.count)) && kept.count > 50)
        #expect(try stored([String(repeating: "g", count: 600)]) == ("", true))
        #expect(try stored(["a", "b"]) == ("a,b", false))
    }

    @Test("An interrupted request keeps what its attempts reserved, and has no settlement")
    func interrupted() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let left = try DataDirectory(path: temporary.path + "/left")
        let journal = try directory.smallJournal()
        let slot = try opened(journal, sampleFacts(id: RequestID(rawValue: 1 << 22)))
        var facts = sampleAttempt(at: midnight)
        (facts.admission, facts.holds) = (41, "[first]")
        try begin(slot, facts)
        var outcome = AttemptOutcome(outcome: .upstreamError, status: 529, duration: 1)
        outcome.settlement = 42
        slot.closeAttempt(outcome)
        (facts.admission, facts.holds) = (43, "[second]")
        try begin(slot, facts)
        try directory.copy(to: left)
        slot.close(sampleOutcome())
        let database = try left.openDatabase()
        #expect(try JournalRecovery.run(in: left, into: database).interrupted == 1)
        let columns = "admission, ifnull(settlement, 'none'), holds, outcome, cost_nano_usd"
        #expect(try left.row(columns, of: "attempts WHERE ordinal = 0") == "41|42|[first]|upstream_error|0")
        #expect(try left.row(columns, of: "attempts WHERE ordinal = 1") == "43|none|[second]|interrupted|9000")
        #expect(try left.value("SELECT value FROM meta WHERE name = 'newest_order'") == "43")
    }
}
