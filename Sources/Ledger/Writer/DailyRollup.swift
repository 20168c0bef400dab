import Glibc
import Wire

/// The additions that one transaction makes to `daily_costs`, summed up in memory: one statement per group instead of one per request.
/// `monthly_costs` follows when a month is over (`MonthlyRollup`).
///
/// A group is known by one of its slots, which stay where they are until the transaction is over: no key is copied.
struct DailyRollup {
    private struct Group {
        let exemplar: SlotMemory
        let day: Int
        var sums: RollupSums
    }

    private let database: Database
    private let daily: Statement
    private let monthly: Statement
    private var groups: [Group] = []
    /// Open addressing: index into `groups`, or -1.
    private var table: [Int32]

    /// - Parameter capacity: the most requests of one transaction.
    init(_ database: Database, capacity: Int) throws(LedgerError) {
        self.database = database
        daily = try Self.addition(to: "daily_costs", of: Self.keyColumns, database)
        monthly = try Self.addition(to: "monthly_costs", of: MonthlyRollup.keyColumns, database)
        var size = 64
        while size < capacity * 2 { size *= 2 }
        table = Array(repeating: -1, count: size)
        groups.reserveCapacity(capacity)
    }

    private static func addition(
        to table: String, of keys: [String], _ database: Database
    ) throws(LedgerError) -> Statement {
        let sums = RollupSums.columns
        let places = Array(repeating: "?", count: keys.count + sums.count).joined(separator: ", ")
        return try database.prepare(
            "INSERT INTO \(table) (\((keys + sums).joined(separator: ", "))) VALUES (\(places)) "
                + "ON CONFLICT (\(keys.joined(separator: ", "))) DO UPDATE SET "
                + sums.map { "\($0) = \($0) + excluded.\($0)" }.joined(separator: ", "))
    }

    static let keyColumns = MonthlyRollup.keyColumns + ["client_version", "entrypoint", "groups", "virtual_account"]
    /// Those of `monthly_costs` but the operation and the outcome, and those that only days have.
    private static let monthlyTexts: [TextField] = [
        .user, .team, .keyID, .project, .modelRequested, .modelServed, .provider,
    ]
    private static let dailyTexts: [TextField] = [.clientVersion, .entrypoint, .groups, .virtualAccount]
    private static let keyTexts = monthlyTexts + dailyTexts

    /// Adds a request that was inserted.
    ///
    /// - Parameter rewritten: see `CachePauses`.
    mutating func add(_ slot: SlotMemory, rewritten: Int64) throws(LedgerError) {
        let milliseconds = RequestID(rawValue: slot.numbers.pointee.id).unixMilliseconds
        let day = Int(milliseconds / 86_400_000)
        var place = Self.hash(slot, day: day) & (table.count - 1)
        while table[place] >= 0 {
            let index = Int(table[place])
            if groups[index].day == day, Self.sameGroup(groups[index].exemplar, slot) {
                return try groups[index].sums.add(slot, rewritten: rewritten)
            }
            place = (place + 1) & (table.count - 1)
        }
        table[place] = Int32(groups.count)
        try groups.append(Group(exemplar: slot, day: day, sums: RollupSums(of: slot, rewritten: rewritten)))
    }

    /// Writes the sums within the transaction, and forgets them.
    mutating func write() throws(LedgerError) {
        guard let newest = groups.lazy.map(\.day).max() else { return }
        let end = try MonthlyRollup.end(database)
        for group in groups {
            SharedTurns.offer()
            try write(group, by: CivilDate(daysSince1970: group.day).text, and: Self.dailyTexts, with: daily)
            guard group.day < end else { continue }
            try write(group, by: MonthlyRollup.firstOfMonth(group.day).text, and: [], with: monthly)
        }
        try MonthlyRollup.extend(from: end, to: newest, in: database)
        discard()
    }

    private func write(
        _ group: Group, by day: String, and more: [TextField], with statement: Statement
    ) throws(LedgerError) {
        statement.bind(1, day)
        var index: Int32 = 2
        func bind(_ field: TextField) {
            statement.bindBorrowed(index, group.exemplar.bytes(field))
            index += 1
        }
        Self.monthlyTexts.forEach(bind)
        statement.bind(index, group.exemplar.operation.name)
        statement.bind(index + 1, group.exemplar.outcome.name)
        index += 2
        more.forEach(bind)
        group.sums.bind(to: statement, from: index)
        try statement.run()
    }

    /// Forgets the sums: their transaction failed.
    mutating func discard() {
        guard !groups.isEmpty else { return }
        groups.removeAll(keepingCapacity: true)
        for index in table.indices { table[index] = -1 }
    }

    private static func hash(_ slot: SlotMemory, day: Int) -> Int {
        var hasher = Hasher()
        hasher.combine(day)
        hasher.combine(slot.numbers.pointee.operation)
        hasher.combine(slot.numbers.pointee.outcome)
        for field in keyTexts {
            let bytes = slot.bytes(field)
            hasher.combine(bytes.count)
            hasher.combine(bytes: bytes)
        }
        return hasher.finalize()
    }

    private static func sameGroup(_ one: SlotMemory, _ other: SlotMemory) -> Bool {
        one.outcome == other.outcome && one.operation == other.operation
            && keyTexts.allSatisfy { same(one.bytes($0), other.bytes($0)) }
    }

    private static func same(_ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer) -> Bool {
        guard one.count == other.count else { return false }
        guard let left = one.baseAddress, let right = other.baseAddress else { return true }
        return memcmp(left, right, one.count) == 0
    }
}

extension SlotMemory {
    /// The operation of a row.
    var operation: Operation { Operation(rawValue: numbers.pointee.operation) ?? .messages }
}

extension CostSums {
    /// The measures of one closed row.
    init(of slot: SlotMemory) {
        let numbers = slot.numbers.pointee
        requests = 1
        errors = slot.outcome.isError ? 1 : 0
        estimatedRequests = numbers.estimated ? 1 : 0
        unpricedRequests = numbers.unpriced ? 1 : 0
        usage = numbers.usage
        costNanoUSD = numbers.costNanoUSD
    }
}
