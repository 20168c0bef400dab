/// One file of a spool: records in the order in which they came; what was taken stays in it until all were.
struct SpoolSegment {
    /// Part of the file's name; segments are read in the order of their numbers.
    let number: UInt64
    private(set) var records: [SpoolRecord] = []
    /// How many of the records were taken.
    private(set) var taken = 0
    /// Items of those that were not.
    private(set) var items = 0
    /// Whether it is known what is in the file; an earlier process's is read later than it is found.
    private(set) var isRead = true
    /// Bytes of the file.
    private(set) var size: Int
    /// Monotonic nanoseconds that stand for the moments at which the first and the last record were written; for those of an earlier
    /// process they may lie before its start.
    private(set) var firstBorn: Int64 = 0
    private(set) var lastBorn: Int64 = 0

    init(number: UInt64) {
        self.number = number
        size = 0
    }

    /// Of an earlier process, not read yet.
    init(found number: UInt64, size: Int) {
        self.number = number
        self.size = size
        isRead = false
    }

    /// The file holds these. Ages are read off the wall clock, which may have jumped since: none is negative, and none is more than
    /// `longest`.
    mutating func wasRead(_ found: [SpoolRecord], size: Int, at now: Int64, wall: Int64, longest: Int64) {
        records = found
        items = found.reduce(0) { $0 + $1.items }
        self.size = size
        isRead = true
        func born(_ record: SpoolRecord?) -> Int64 {
            let (age, isOdd) = wall.subtractingReportingOverflow(record?.time ?? wall)
            return now - (isOdd ? 0 : min(max(0, age), longest))
        }
        firstBorn = born(records.first)
        lastBorn = born(records.last)
    }

    mutating func append(_ record: SpoolRecord, at now: Int64) {
        if records.isEmpty { firstBorn = now }
        lastBorn = now
        records.append(record)
        items += record.items
        size = record.end
    }

    var first: SpoolRecord? { taken < records.count ? records[taken] : nil }
    var isTaken: Bool { isRead && taken == records.count }
    var count: Int { records.count - taken }

    mutating func removeFirst() {
        guard let first else { return }
        items -= first.items
        taken += 1
    }

    /// Passes over what ends at or before `offset`.
    mutating func skip(to offset: Int) {
        while let first, first.end <= offset { removeFirst() }
    }

    var name: String { Self.name(number) }

    static func name(_ number: UInt64) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits + suffix
    }

    private static let suffix = ".spool"

    /// The number of the segment whose file has such a name.
    static func number(of name: String) -> UInt64? {
        guard name.hasSuffix(suffix), name.utf8.count == 16 + suffix.utf8.count else { return nil }
        return UInt64(name.dropLast(suffix.utf8.count), radix: 16)
    }
}
