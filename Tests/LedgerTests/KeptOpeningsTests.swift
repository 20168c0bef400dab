import Testing

@testable import Ledger

@Suite("Sums kept for the next start")
struct KeptOpeningsTests {
    private static let sums = [
        KeptOpenings.Sum(kind: .budget, rule: "team", scope: "team=a", start: midnight, amount: 7_000),
        KeptOpenings.Sum(kind: .budget, rule: "team", scope: "team=b", start: midnight, amount: -1),
        KeptOpenings.Sum(kind: .rate, rule: "team", scope: "", start: midnight + 5, amount: 12),
    ]

    private static func kept(before id: Int64, changes: Int64 = 0) -> KeptOpenings {
        KeptOpenings(
            rules: "budget team: $1", before: RequestID(rawValue: id), at: midnight + 9, changes: changes, sums: sums)
    }

    /// Requests with one attempt each, recovered from a journal; their ids.
    private static func fill(_ directory: DataDirectory, at milliseconds: [Int64]) throws -> [Int64] {
        let journal = try Journal(path: directory.journalPath(loop: 0), capacity: 64, initial: 64, wake: WriterWake())
        var ids: [Int64] = []
        for (number, moment) in milliseconds.enumerated() {
            let id = RequestID(
                milliseconds: midnight / 1_000_000 - RequestID.epochMilliseconds + moment, loop: 0, sequence: number)
            let slot = try opened(journal, sampleFacts(id: id, user: "user"))
            try begin(slot, sampleAttempt(at: midnight + moment * 1_000_000, provider: "provider"))
            slot.closeAttempt(sampleAttemptOutcome())
            slot.close(sampleOutcome())
            ids.append(id.rawValue)
        }
        _ = try JournalRecovery.run(in: directory, into: try directory.openDatabase())
        return ids
    }

    @Test("What was kept is read again as it was, and only the newest")
    func roundTrip() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        #expect(try KeptOpenings.read(directory) == nil)
        let database = try directory.openDatabase()
        #expect(try KeptOpenings.read(directory) == nil)
        try Self.kept(before: 5).write(into: database)
        try Self.kept(before: 6).write(into: database)
        let read = try #require(try KeptOpenings.read(directory))
        #expect(read.before.rawValue == 6 && read.rules == "budget team: $1" && read.at == midnight + 9)
        #expect(read.sums == Self.sums)
    }

    @Test("A corrected or deleted attempt ends what was kept before, also if it is written down later")
    func corrections() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let ids = try Self.fill(directory, at: [0, 1, 2])
        let database = try directory.openDatabase()
        for change in ["UPDATE attempts SET cost_nano_usd = 5", "DELETE FROM attempts"] {
            let before = try KeptOpenings.changes(in: directory)
            try Self.kept(before: ids[2], changes: before).write(into: database)
            #expect(try KeptOpenings.read(directory) != nil, "\(change)")
            try database.execute("\(change) WHERE request_id = \(ids[0])")
            #expect(try KeptOpenings.read(directory) == nil, "\(change)")
            try Self.kept(before: ids[2], changes: before).write(into: database)
            #expect(try KeptOpenings.read(directory) == nil, "\(change)")
        }
    }

    @Test("Rows that a recovery brings in late end what should have counted them")
    func lateRows() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let first = try Self.fill(directory, at: [10])
        let database = try directory.openDatabase()
        try Self.kept(before: first[0] + 1).write(into: database)
        _ = try Self.fill(directory, at: [20, 30])
        #expect(try KeptOpenings.read(directory) != nil)
        _ = try Self.fill(directory, at: [40, 5])
        #expect(try KeptOpenings.read(directory) == nil)
    }

    @Test("History from a request on leaves out those before it", arguments: 0..<4)
    func fromRequest(cut: Int) throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let ids = try Self.fill(directory, at: [10, 20, 30])
        let from = cut < 3 ? RequestID(rawValue: ids[cut]) : RequestID(rawValue: ids[2] + 1)
        let spend = try SpendHistory.read(directory, since: [midnight], from: from)
        #expect(spend.reduce(0) { $0 + $1.attempts } == Int64(3 - cut))
        let used = try RateHistory.read(directory, [.init(width: 1_000_000, since: midnight)], from: from)
        #expect(used.reduce(0) { $0 + $1.requests } == Int64(3 - cut))
    }
}
