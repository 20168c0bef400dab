/// Rows of roll-ups, added up by their texts: in memory, as SQLite would sort rows of so many columns before it adds them.
struct RollupTotals {
    private let texts: Int
    /// By the bytes of the texts, where in `values` their sums begin.
    private var places: [[UInt8]: Int] = [:]
    private var values: [Int64] = []
    private static let width = RollupSums.columns.count

    /// - Parameters:
    ///   - rows: texts, then `RollupSums.columns`.
    ///   - texts: how many.
    init(_ rows: Statement, texts: Int) throws(LedgerError) {
        self.texts = texts
        var key = DimensionKey()
        while try rows.step() {
            key.reset()
            for column in 0..<Int32(texts) { key.append(rows.bytes(column)) }
            let place = place(of: key.bytes)
            var overflow = false
            for column in 0..<Self.width {
                let sum = values[place + column].addingReportingOverflow(rows.integer(Int32(texts + column)))
                values[place + column] = sum.partialValue
                overflow = overflow || sum.overflow
            }
            if overflow { throw .overflow }
        }
    }

    private mutating func place(of key: [UInt8]) -> Int {
        if let place = places[key] { return place }
        let place = values.count
        places[key] = place
        values += repeatElement(0, count: Self.width)
        return place
    }

    /// The texts and the sums of each, in the order of the texts.
    var groups: [(texts: [String], sums: RollupSums)] {
        places.map { key, place in
            let read = key.withUnsafeBytes { DimensionKey.texts(in: $0, count: texts) }
            return (texts: read, sums: RollupSums { values[place + $0] })
        }.sorted { $0.texts.lexicographicallyPrecedes($1.texts) }
    }
}
