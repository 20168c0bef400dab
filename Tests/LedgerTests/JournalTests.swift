import Testing

@testable import Ledger

@Suite("The journal of requests in flight")
struct JournalTests {
    private func journal(_ temporary: TemporaryDirectory, capacity: Int = 8, initial: Int = 2) throws -> Journal {
        try Journal(
            path: try temporary.data().journalPath(loop: 0), capacity: capacity, initial: initial, wake: WriterWake())
    }

    @Test("The parts of a slot fit, with room for the texts")
    func layout() {
        #expect(SlotLayout.textsOffset % 8 == 0)
        #expect(SlotLayout.attemptsOffset % 8 == 0)
        #expect(SlotLayout.attemptsOffset - SlotLayout.textsOffset >= TextField.allCases.count * 4)
        let atStart = TextField.allCases.prefix { $0 != .modelServed }.reduce(0) { $0 + $1.limit }
        #expect(SlotLayout.arenaSize - atStart >= 3500, "\(SlotLayout.arenaSize) \(atStart)")
    }

    @Test("It grows to its capacity, then refuses, then serves again what was given back")
    func growth() throws {
        let temporary = TemporaryDirectory()
        let journal = try journal(temporary)
        for number in 0..<8 { #expect(serve(journal, id: RequestID(rawValue: Int64(number)))) }
        #expect(!serve(journal, id: RequestID(rawValue: 8)))
        #expect(journal.refusals == 1)
        let index = try #require(journal.closed.pop())
        #expect(journal.memory(of: index).numbers.pointee.id == 0)
        journal.giveBack(index)
        #expect(serve(journal, id: RequestID(rawValue: 9)))
        #expect(!serve(journal, id: RequestID(rawValue: 10)))
    }

    @Test("A text over its limit is cut between characters and the row marked", arguments: 0..<4)
    func truncation(shift: Int) throws {
        let temporary = TemporaryDirectory()
        let journal = try journal(temporary)
        var facts = sampleFacts(id: RequestID(rawValue: 1))
        let text = String(repeating: "x", count: shift) + String(repeating: "\u{1F600}", count: 40)
        facts.user = .string(text)
        let slot = try opened(journal, facts)
        slot.close(sampleOutcome())
        let memory = journal.memory(of: try #require(journal.closed.pop()))
        let stored = memory.bytes(.user)
        #expect(memory.numbers.pointee.truncated)
        #expect((125...128).contains(stored.count))
        let kept = String(validating: stored, as: UTF8.self)
        #expect(kept.map { text.hasPrefix($0) } == true)
    }

    @Test("JSON over its limit is left out whole, and the fields after it are kept")
    func oversizeMetadata() throws {
        let temporary = TemporaryDirectory()
        let journal = try journal(temporary)
        var facts = sampleFacts(id: RequestID(rawValue: 1))
        facts.metadata = .string("{\"a\":\"" + String(repeating: "b", count: 1100) + "\"}")
        let slot = try opened(journal, facts)
        slot.close(sampleOutcome())
        let memory = journal.memory(of: try #require(journal.closed.pop()))
        #expect(memory.numbers.pointee.truncated)
        #expect(memory.bytes(.metadata).isEmpty)
        #expect(memory.bytes(.entrypoint).elementsEqual("cli".utf8))
    }

    @Test("The ninth attempt is refused")
    func tooManyAttempts() throws {
        let temporary = TemporaryDirectory()
        let journal = try journal(temporary)
        let slot = try opened(journal, sampleFacts(id: RequestID(rawValue: 1)))
        #expect(JournalLimits.attempts == 8)
        for _ in 0..<JournalLimits.attempts {
            try begin(slot, sampleAttempt(at: midnight))
            slot.closeAttempt(sampleAttemptOutcome(.upstreamError))
        }
        let begun = slot.beginAttempt(sampleAttempt(at: midnight))
        #expect(!begun)
        slot.close(sampleOutcome())
    }

    @Test("An attempt still running when its request closes gets what is left of the request's usage")
    func runningAttempt() throws {
        let temporary = TemporaryDirectory()
        let journal = try journal(temporary)
        let slot = try opened(journal, sampleFacts(id: RequestID(rawValue: 1)))
        try begin(slot, sampleAttempt(at: midnight))
        var first = AttemptOutcome(outcome: .cut, status: 200, duration: 1)
        first.usage.output = 50
        first.costNanoUSD = 34_567
        slot.closeAttempt(first)
        try begin(slot, sampleAttempt(at: midnight))
        slot.close(sampleOutcome(.clientGone))
        let memory = journal.memory(of: try #require(journal.closed.pop()))
        let second = memory.attempt(1).pointee
        #expect(second.closed)
        #expect(second.outcome == Outcome.clientGone.rawValue)
        #expect(second.usage.output == 150)
        #expect(second.costNanoUSD == 1_200_000)
    }

    @Test("What was noted during the answer is kept, unless the outcome says otherwise")
    func noted() throws {
        let temporary = TemporaryDirectory()
        let journal = try journal(temporary)
        let slot = try opened(journal, sampleFacts(id: RequestID(rawValue: 1)))
        try begin(slot, sampleAttempt(at: midnight))
        slot.note(.modelServed, "claude-other")
        slot.note(.errorType, "overloaded_error")
        slot.note(.stopReason, "max_tokens")
        slot.note(.rawUsage, "{}")
        slot.note(.upstreamRequestID, "req_noted")
        slot.close(sampleOutcome())
        let memory = journal.memory(of: try #require(journal.closed.pop()))
        let kept: [(TextField, String)] = [
            (.modelServed, "claude-other"), (.errorType, "overloaded_error"), (.stopReason, "end_turn"),
            (.rawUsage, #"{"input_tokens":10}"#), (.upstreamRequestID, "req_upstream"),
        ]
        for (field, text) in kept { #expect(memory.bytes(field).elementsEqual(text.utf8)) }
    }

    @Test("A slot dropped unclosed is a closed row, interrupted, with its estimate")
    func dropped() throws {
        let temporary = TemporaryDirectory()
        let journal = try journal(temporary)
        do {
            let slot = try opened(journal, sampleFacts(id: RequestID(rawValue: 1)))
            try begin(slot, sampleAttempt(at: midnight))
            slot.revise(UsageEstimate(usage: UsageCounts(input: 501, output: 51), costNanoUSD: 9_001))
        }
        let memory = journal.memory(of: try #require(journal.closed.pop()))
        #expect(memory.state == SlotState.closed)
        #expect(memory.outcome == .interrupted)
        #expect(memory.numbers.pointee.estimated)
        #expect(memory.numbers.pointee.costNanoUSD == 9_001)
        #expect(memory.attempt(0).pointee.usage.input == 501)
    }
}
