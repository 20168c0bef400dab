import Wire

/// Several shards, or the same one at two moments.
extension MetricShard {
    /// Adds the figures of another shard; how many gauges were left out for want of room.
    @discardableResult mutating func merge(_ other: MetricShard) -> Int {
        combine(other, sign: 1)
        var leftOut = 0
        for instrument in Instrument.allCases {
            guard let gathering = instrument.gathering else { continue }
            let row = instrument.rawValue
            for entry in other.series[row] {
                let isKnown = knows(instrument, entry.labels)
                guard let index = place(instrument, entry.labels) else {
                    leftOut += 1
                    continue
                }
                let value = series[row][index].count
                series[row][index].count =
                    !isKnown ? entry.count : gathering == .sum ? value + entry.count : max(value, entry.count)
            }
        }
        return leftOut
    }

    /// Series of `earlier` keep their places, before others take them: at the bound, one that a loop finds later than the others would
    /// push another into the overflow, or leave it, and sums that only grow would seem to begin anew.
    mutating func keepPlaces(of earlier: MetricShard) {
        for instrument in Instrument.allCases where !instrument.isSet {
            for entry in earlier.series[instrument.rawValue] { _ = quietIndex(instrument, entry.labels) }
        }
    }

    /// What came since `earlier`, a former state of the same sums: series to which nothing was added are left out. Values
    /// that go up and down are no differences and stay as they are (OTLP exporter, temporality preference delta).
    func since(_ earlier: MetricShard) -> MetricShard {
        var difference = self
        difference.combine(earlier, sign: -1)
        var kept = MetricShard(limit: limit)
        for instrument in Instrument.allCases {
            let row = instrument.rawValue, isLevel = instrument.isLevel
            for entry in isLevel ? series[row] : difference.series[row] where isLevel || entry.count != 0 {
                kept.append(entry, to: row)
            }
        }
        return kept
    }

    /// Of everything that is not set.
    private mutating func combine(_ other: MetricShard, sign: Int64) {
        for instrument in Instrument.allCases where !instrument.isSet {
            let row = instrument.rawValue
            for entry in other.series[row] {
                let index = quietIndex(instrument, entry.labels)
                series[row][index].count.add(saturating: sign * entry.count)
                series[row][index].sum += Double(sign) * entry.sum
                for (bucket, count) in entry.buckets.enumerated() {
                    let before = series[row][index].buckets[bucket]
                    series[row][index].buckets[bucket] = sign > 0 ? before + count : before - count
                }
                if !entry.exemplars.isEmpty { combine(entry.exemplars, row, index, sign) }
            }
        }
    }

    /// Of two the later one stays; of a difference those that were not told before.
    private mutating func combine(_ exemplars: [Exemplar?], _ row: Int, _ index: Int, _ sign: Int64) {
        if series[row][index].exemplars.isEmpty {
            if sign > 0 { series[row][index].exemplars = exemplars }
            return
        }
        for (bucket, other) in exemplars.enumerated() {
            guard let other else { continue }
            let own = series[row][index].exemplars[bucket]
            if sign < 0 {
                if own == other { series[row][index].exemplars[bucket] = nil }
            } else if other.source.time > own?.source.time ?? 0 {
                series[row][index].exemplars[bucket] = other
            }
        }
    }
}
