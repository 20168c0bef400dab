/// One loop's figures. Recording adds to plain numbers; the series of a label set is found once and kept by its index. HOT.
package struct MetricShard: Sendable {
    /// A series of one instrument.
    struct Series: Sendable {
        let labels: Labels
        /// Counters: the sum. Gauges: the value. Histograms: how many values.
        var count: Int64 = 0
        var sum: Double = 0
        /// Histograms only: one more than there are bounds.
        var buckets: [UInt64] = []
    }

    /// Label sets per instrument; what comes beyond goes to one overflow series, or is left out if it is a gauge's.
    static let maximumSeries = 1_000
    /// The reason of the drop counter for what was left out.
    static let seriesFull = "series_full"

    private(set) var series: [[Series]] = Array(repeating: [], count: Instrument.allCases.count)
    private var indices: [[Labels: Int]] = Array(repeating: [:], count: Instrument.allCases.count)

    package init() {}

    /// Adds to a counter.
    package mutating func add(_ instrument: Instrument, _ value: Int64, _ labels: Labels = Labels()) {
        add(instrument, value, at: index(instrument, labels))
    }

    /// Adds to a counter whose series was found before.
    package mutating func add(_ instrument: Instrument, _ value: Int64, at index: Int) {
        series[instrument.rawValue][index].count += value
    }

    /// Records a value in a histogram whose series was found before.
    package mutating func record(_ instrument: Instrument, _ value: Double, at index: Int) {
        guard case .histogram(let bounds) = instrument.kind else { return }
        series[instrument.rawValue][index].count += 1
        series[instrument.rawValue][index].sum += value
        // Bounds are inclusive above (OTLP): the first bound that is not smaller.
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        series[instrument.rawValue][index].buckets[bucket] += 1
    }

    // MARK: Gauges

    /// Sets a gauge. Without room for one more series it is left out and counted: a sum of what is beyond the bound would be
    /// nobody's value.
    package mutating func set(_ instrument: Instrument, _ value: Int64, _ labels: Labels = Labels()) {
        precondition(instrument.isGauge, "what is counted is not set")
        if let index = place(instrument, labels) {
            series[instrument.rawValue][index].count = value
        } else {
            add(.telemetryDropped, 1, Signal.metrics.labels(Self.seriesFull))
        }
    }

    /// Ends a gauge's series: what it spoke of is gone.
    package mutating func remove(_ instrument: Instrument, _ labels: Labels) {
        precondition(instrument.isGauge, "what is counted is not taken back")
        let row = instrument.rawValue
        guard let index = indices[row].removeValue(forKey: labels) else { return }
        let last = series[row].removeLast()
        guard index < series[row].count else { return }
        series[row][index] = last
        indices[row][last.labels] = index
    }

    /// Ends all series of a gauge, so that it can be set anew as a whole.
    package mutating func removeAll(_ instrument: Instrument) {
        precondition(instrument.isGauge, "what is counted is not taken back")
        series[instrument.rawValue].removeAll(keepingCapacity: true)
        indices[instrument.rawValue].removeAll(keepingCapacity: true)
    }

    /// A gauge's series, made if there is room.
    private mutating func place(_ instrument: Instrument, _ labels: Labels) -> Int? {
        let row = instrument.rawValue
        if let known = indices[row][labels] { return known }
        guard series[row].count < Self.maximumSeries else { return nil }
        append(Series(labels: labels), to: row)
        return series[row].count - 1
    }

    // MARK: Series

    /// The series of a label set, good for as long as the shard is. Gauges have none that lasts.
    package mutating func index(_ instrument: Instrument, _ labels: Labels) -> Int {
        precondition(!instrument.isGauge, "a gauge is set by its labels")
        let row = instrument.rawValue
        if let known = indices[row][labels] { return known }
        if series[row].count >= Self.maximumSeries, labels != .overflow { return index(instrument, .overflow) }
        var fresh = Series(labels: labels)
        if case .histogram(let bounds) = instrument.kind {
            fresh.buckets = Array(repeating: 0, count: bounds.count + 1)
        }
        append(fresh, to: row)
        return series[row].count - 1
    }

    private mutating func append(_ entry: Series, to row: Int) {
        indices[row][entry.labels] = series[row].count
        series[row].append(entry)
    }

    // MARK: Several shards

    /// Adds the figures of another shard; how many gauges were left out for want of room.
    @discardableResult mutating func merge(_ other: MetricShard) -> Int {
        combine(other, sign: 1)
        var leftOut = 0
        for instrument in Instrument.allCases {
            guard case .gauge(let gathering) = instrument.kind else { continue }
            for entry in other.series[instrument.rawValue] {
                let isKnown = indices[instrument.rawValue][entry.labels] != nil
                guard let index = place(instrument, entry.labels) else {
                    leftOut += 1
                    continue
                }
                let value = series[instrument.rawValue][index].count
                series[instrument.rawValue][index].count =
                    !isKnown ? entry.count : gathering == .sum ? value + entry.count : max(value, entry.count)
            }
        }
        return leftOut
    }

    /// What came since `earlier`, a former state of the same sums: series to which nothing was added are left out. Values
    /// that go up and down are no differences and stay as they are (OTLP exporter, temporality preference delta).
    func since(_ earlier: MetricShard) -> MetricShard {
        var difference = self
        difference.combine(earlier, sign: -1)
        var kept = MetricShard()
        for instrument in Instrument.allCases {
            let row = instrument.rawValue, isLevel = instrument.isLevel
            for entry in isLevel ? series[row] : difference.series[row] where isLevel || entry.count != 0 {
                kept.append(entry, to: row)
            }
        }
        return kept
    }

    /// A counter's or gauge's value, 0 for one that was never there.
    func value(_ instrument: Instrument, _ labels: Labels) -> Int64 {
        indices[instrument.rawValue][labels].map { series[instrument.rawValue][$0].count } ?? 0
    }

    /// Whether there is nothing to tell.
    var isEmpty: Bool { series.allSatisfy(\.isEmpty) }

    /// How many data points these figures are.
    var pointCount: Int { series.reduce(0) { $0 + $1.count } }

    /// Of everything but gauges.
    private mutating func combine(_ other: MetricShard, sign: Int64) {
        for instrument in Instrument.allCases where !instrument.isGauge {
            for entry in other.series[instrument.rawValue] {
                let index = index(instrument, entry.labels), row = instrument.rawValue
                series[row][index].count += sign * entry.count
                series[row][index].sum += Double(sign) * entry.sum
                for (bucket, count) in entry.buckets.enumerated() {
                    series[row][index].buckets[bucket] =
                        sign > 0
                        ? series[row][index].buckets[bucket] + count : series[row][index].buckets[bucket] - count
                }
            }
        }
    }
}
