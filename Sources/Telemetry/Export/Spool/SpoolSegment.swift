/// One file of a spool: records in the order in which they came; what was taken stays in it until all were.
struct SpoolSegment {
    /// Part of the file's name; segments are read in the order of their numbers.
    let number: UInt64
    private(set) var records: [SpoolRecord]
    /// How many of the records were taken.
    private(set) var taken = 0
    /// Bytes of the file.
    private(set) var size: Int
    /// Monotonic nanoseconds that stand for the moments at which the first and the last record were written; for those of an earlier
    /// process they may lie before its start.
    private(set) var firstBorn: Int64 = 0
    private(set) var lastBorn: Int64 = 0

    init(number: UInt64, records: [SpoolRecord] = [], size: Int = 0) {
        self.number = number
        self.records = records
        self.size = size
    }

    /// Of an earlier process. Ages are read off the wall clock, which may have jumped since: none is negative, and none is more than
    /// `longest`.
    mutating func wasFound(at now: Int64, wall: Int64, longest: Int64) {
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
        size = record.end
    }

    var first: SpoolRecord? { taken < records.count ? records[taken] : nil }
    var isTaken: Bool { taken == records.count }
    var count: Int { records.count - taken }
    var items: Int { records[taken...].reduce(0) { $0 + $1.items } }

    mutating func removeFirst() { taken += 1 }

    /// Passes over what ends at or before `offset`.
    mutating func skip(to offset: Int) {
        while let first, first.end <= offset { taken += 1 }
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
