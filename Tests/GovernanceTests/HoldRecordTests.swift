import SeededRandom
import Testing
import Wire

@testable import Governance

@Suite struct HoldRecordTests {
    private static let second: Int64 = 1_000_000_000

    private func examination(_ generator: inout SeededGenerator, window: Range<Int64>? = nil) -> BudgetExamination {
        func number() -> Int64 {
            Int64.random(in: 0...(.max >> Int64.random(in: 0...62, using: &generator)), using: &generator)
        }
        var balance = BudgetBalance(settled: number())
        if Bool.random(using: &generator) { balance.hold(BudgetBalance.Claim(amount: number(), worst: number())) }
        let start = Int64.random(in: 0...2_000_000_000, using: &generator)
        return BudgetExamination(
            id: BudgetAccountID(
                rule: ["seniors", "a b", "é"].randomElement(using: &generator) ?? "", unit: "cost_per_day",
                scope: ["", "user=alice", "user=\u{1F600}\\,x"].randomElement(using: &generator) ?? "",
                window: window ?? start * Self.second..<(start + 86_400) * Self.second),
            claim: BudgetBalance.Claim(amount: number(), worst: number()), balance: balance, limit: number(),
            maximumOvershoot: Bool.random(using: &generator) ? number() : nil, isNew: Bool.random(using: &generator),
            fits: true)
    }

    private func text(_ examinations: [BudgetExamination]) -> String {
        var output = ByteWriter()
        for examination in examinations { HoldRecord(examination).append(to: &output) }
        return String(decoding: output.array, as: UTF8.self)
    }

    @Test("What is written is read again, one line an account", arguments: 0..<50)
    func roundTrip(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let met = (0..<Int(seed % 6)).map { _ in examination(&generator) }
        #expect(HoldRecord.parse(text(met)) == met.map { HoldRecord($0) })
    }

    @Test("A window without an end stays one")
    func endless() throws {
        var generator = SeededGenerator(seed: 1)
        let met = examination(&generator, window: 0..<Int64.max)
        let record = try #require(HoldRecord.parse(text([met]))?.first)
        #expect(record.id == met.id && record.id.windowEnd == .max)
    }

    private static let line = "seniors\tcost_per_day\tuser=alice\t1000\t87400\t5\t9\t100\t20\t30\t500\t-\t1"

    @Test("One line, field by field")
    func fields() throws {
        let record = try #require(HoldRecord(parsing: Self.line[...]))
        #expect(record.id.rule == "seniors" && record.id.unit == "cost_per_day" && record.id.scope == "user=alice")
        #expect(record.id.windowStart == 1_000 * Self.second && record.id.windowEnd == 87_400 * Self.second)
        #expect(record.claim == BudgetBalance.Claim(amount: 5, worst: 9))
        #expect(record.settled == 100 && record.reserved == 20 && record.worst == 30 && record.limit == 500)
        #expect(record.maximumOvershoot == nil && record.isNew)
    }

    @Test(
        "A field that is not what it should be",
        arguments: [
            (3, "-1"), (3, "87401"), (3, "87400"), (3, "x"), (4, "999"), (4, "-5"), (4, ""), (5, "-5"), (5, "10"),
            (6, "4"), (7, "1e3"), (8, "0x1"), (9, " 30"), (10, "99999999999999999999"), (11, ""), (11, "--"),
            (11, "many"), (12, "2"), (12, "-1"), (12, "true"), (3, "-9223372036854775808"),
        ])
    func damagedField(index: Int, value: String) {
        var fields = Self.line.split(separator: "\t").map(String.init)
        fields[index] = value
        #expect(HoldRecord(parsing: fields.joined(separator: "\t")[...]) == nil)
    }

    @Test(
        "A record that is cut, has a field too many or another line between is none, and nothing traps",
        arguments: 0..<20)
    func damaged(seed: UInt64) {
        #expect(HoldRecord(parsing: "") == nil)
        #expect(HoldRecord.parse("") == [])
        #expect(HoldRecord(parsing: (Self.line + "\t0")[...]) == nil)
        #expect(HoldRecord.parse(Self.line + "\nx\n" + Self.line) == nil)
        for end in 0..<Self.line.utf8.count { #expect(HoldRecord(parsing: Self.line.prefix(end)) == nil) }
        var generator = SeededGenerator(seed: seed)
        let letters = Array("0123456789-\t\n=ax".utf8)
        for _ in 0..<2_000 {
            var bytes = Array(Self.line.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                let place = Int.random(in: 0..<bytes.count, using: &generator)
                switch Int.random(in: 0..<3, using: &generator) {
                case 0: bytes[place] = letters.randomElement(using: &generator) ?? 0
                case 1: bytes.remove(at: place)
                default: bytes.insert(letters.randomElement(using: &generator) ?? 0, at: place)
                }
            }
            for record in HoldRecord.parse(String(decoding: bytes, as: UTF8.self)) ?? [] {
                #expect(record.id.windowStart < record.id.windowEnd && record.claim.amount <= record.claim.worst)
            }
        }
    }
}
