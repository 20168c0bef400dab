/// Texts one after the other, each with its length before it: what attempts are grouped by, without a string for each.
struct DimensionKey {
    private(set) var bytes: [UInt8] = []

    mutating func reset() { bytes.removeAll(keepingCapacity: true) }

    mutating func append(_ text: UnsafeRawBufferPointer) {
        withUnsafeBytes(of: UInt16(truncatingIfNeeded: text.count)) { bytes += $0 }
        bytes += text.prefix(Int(UInt16.max))
    }

    /// The text that begins at a place of a key, which is moved behind it.
    static func text(in key: UnsafeRawBufferPointer, at place: inout Int) -> String {
        let count = Int(key.loadUnaligned(fromByteOffset: place, as: UInt16.self))
        defer { place += 2 + count }
        return String(decoding: key[place + 2..<place + 2 + count], as: UTF8.self)
    }

    /// The texts of a key that is nothing else.
    static func texts(in key: UnsafeRawBufferPointer, count: Int) -> [String] {
        var place = 0
        return (0..<count).map { _ in text(in: key, at: &place) }
    }

    /// Appends the two numbers that end a key.
    mutating func end(_ first: Int64, _ second: Int64) {
        withUnsafeBytes(of: (first, second)) { bytes += $0 }
    }
}

extension SpendDimensions {
    /// The dimensions whose texts a key begins with.
    init(reading key: UnsafeRawBufferPointer) {
        self.init()
        var place = 0
        readRequest { DimensionKey.text(in: key, at: &place) }
        readAttempt { DimensionKey.text(in: key, at: &place) }
    }
}

/// Sums by key: a hash table whose keys lie in one array.
struct DimensionSums {
    struct Sums {
        var costNanoUSD: Int64 = 0
        var tokens: Int64 = 0
        var requests: Int64 = 0
        var attempts: Int64 = 0
    }

    private struct Group {
        let keyStart: Int
        let keyCount: Int
        let hash: Int
        var sums = Sums()
    }

    private var keys: [UInt8] = []
    private var groups: [Group] = []
    /// Open addressing: index into `groups`, or -1. Never more than half full.
    private var table: [Int32] = Array(repeating: -1, count: 1024)

    /// Adds an attempt to the group of its key. A sum that left 64 bits would be wrong: throws `overflow`.
    mutating func add(_ figures: AttemptScan.Figures, to key: DimensionKey) throws(LedgerError) {
        let index = group(of: key.bytes)
        var overflow = false
        func add(_ sum: inout Int64, _ value: Int64) {
            let result = sum.addingReportingOverflow(value)
            sum = result.partialValue
            overflow = overflow || result.overflow
        }
        add(&groups[index].sums.costNanoUSD, figures.costNanoUSD)
        add(&groups[index].sums.tokens, figures.tokens)
        groups[index].sums.requests += figures.ordinal == 0 ? 1 : 0
        groups[index].sums.attempts += 1
        if overflow { throw .overflow }
    }

    private mutating func group(of key: [UInt8]) -> Int {
        var hasher = Hasher()
        key.withUnsafeBytes { hasher.combine(bytes: $0) }
        let hash = hasher.finalize()
        var place = hash & (table.count - 1)
        while table[place] >= 0 {
            let index = Int(table[place])
            if groups[index].hash == hash, isKey(key, of: groups[index]) { return index }
            place = (place + 1) & (table.count - 1)
        }
        table[place] = Int32(groups.count)
        groups.append(Group(keyStart: keys.count, keyCount: key.count, hash: hash))
        keys += key
        if groups.count * 2 > table.count { grow() }
        return groups.count - 1
    }

    private func isKey(_ key: [UInt8], of group: Group) -> Bool {
        guard key.count == group.keyCount else { return false }
        return keys.withUnsafeBytes { all in
            key.withUnsafeBytes { $0.elementsEqual(all[group.keyStart..<group.keyStart + group.keyCount]) }
        }
    }

    private mutating func grow() {
        table = Array(repeating: -1, count: table.count * 2)
        for (index, group) in groups.enumerated() {
            var place = group.hash & (table.count - 1)
            while table[place] >= 0 { place = (place + 1) & (table.count - 1) }
            table[place] = Int32(index)
        }
    }

    /// The groups, in the order in which they came: dimensions, the two numbers that end the key, and the sums.
    func forEach(_ visit: (SpendDimensions, (Int64, Int64), Sums) -> Void) {
        keys.withUnsafeBytes { all in
            for group in groups {
                let key = UnsafeRawBufferPointer(rebasing: all[group.keyStart..<group.keyStart + group.keyCount])
                let numbers = (
                    key.loadUnaligned(fromByteOffset: key.count - 16, as: Int64.self),
                    key.loadUnaligned(fromByteOffset: key.count - 8, as: Int64.self)
                )
                visit(SpendDimensions(reading: key), numbers, group.sums)
            }
        }
    }
}
