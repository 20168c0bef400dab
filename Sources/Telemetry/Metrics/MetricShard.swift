import Wire

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
        /// The last of each bucket; empty as long as there is none.
        var exemplars: [Exemplar?] = []
    }

    /// Label sets per instrument, where nobody says otherwise: five classes of tokens of 500 people with four models each. (The SDK
    /// specification's 2,000 are too few for that.)
    package static let maximumSeries = 10_000
    /// Series that may have exemplars: what they take is bounded, whatever the labels are.
    static let maximumExemplarSeries = 1_024
    /// The reason of the drop counter for gauges that were left out.
    static let seriesFull = "series_full"

    /// Label sets per instrument; what comes beyond goes to one overflow series, or is left out if it is a gauge's.
    let limit: Int
    /// What is recorded now is measured in this span; `nil`: there are no exemplars of it.
    package var source: ExemplarSource?
    var series: [[Series]] = Array(repeating: [], count: Instrument.allCases.count)
    private var indices: [[Labels: Int]] = Array(repeating: [:], count: Instrument.allCases.count)
    private var exemplarSeries = 0

    /// `limit`: label sets per instrument.
    package init(limit: Int = MetricShard.maximumSeries) { self.limit = limit }

    /// Adds to a counter.
    package mutating func add(_ instrument: Instrument, _ value: Int64, _ labels: Labels = Labels()) {
        add(instrument, value, at: index(instrument, labels))
    }

    /// Adds to a counter whose series was found before.
    package mutating func add(_ instrument: Instrument, _ value: Int64, at index: Int) {
        series[instrument.rawValue][index].count.add(saturating: value)
    }

    /// Records a value in a histogram.
    package mutating func record(_ instrument: Instrument, _ value: Double, _ labels: Labels) {
        record(instrument, value, at: index(instrument, labels))
    }

    /// Records a value in a histogram whose series was found before.
    package mutating func record(_ instrument: Instrument, _ value: Double, at index: Int) {
        let row = instrument.rawValue, bounds = Self.bounds[row]
        // Bounds are inclusive above (OTLP): the first bound that is not smaller.
        var bucket = 0
        while bucket < bounds.count, value > bounds[bucket] { bucket += 1 }
        series[row][index].count += 1
        series[row][index].sum += value
        series[row][index].buckets[bucket] += 1
        if let source { keep(Exemplar(value: value, source: source), row, index, bucket) }
    }

    private static let bounds = Instrument.allCases.map { instrument -> [Double] in
        if case .histogram(let bounds) = instrument.kind { return bounds }
        return []
    }

    private mutating func keep(_ exemplar: Exemplar, _ row: Int, _ index: Int, _ bucket: Int) {
        if series[row][index].exemplars.isEmpty {
            guard exemplarSeries < Self.maximumExemplarSeries else { return }
            exemplarSeries += 1
            series[row][index].exemplars = Array(repeating: nil, count: series[row][index].buckets.count)
        }
        series[row][index].exemplars[bucket] = exemplar
    }

    // MARK: Gauges

    /// Sets a gauge. Without room for one more series it is left out and counted: a sum of what is beyond the bound would be
    /// nobody's value.
    package mutating func set(_ instrument: Instrument, _ value: Int64, _ labels: Labels = Labels()) {
        precondition(instrument.isSet, "what is counted is not set")
        if let index = place(instrument, labels) {
            series[instrument.rawValue][index].count = value
        } else {
            add(.telemetryDropped, 1, Signal.metrics.labels(Self.seriesFull))
        }
    }

    /// Ends a gauge's series: what it spoke of is gone.
    package mutating func remove(_ instrument: Instrument, _ labels: Labels) {
        precondition(instrument.isSet, "what is counted is not taken back")
        let row = instrument.rawValue
        guard let index = indices[row].removeValue(forKey: labels) else { return }
        let last = series[row].removeLast()
        guard index < series[row].count else { return }
        series[row][index] = last
        indices[row][last.labels] = index
    }

    /// Ends all series of a gauge, so that it can be set anew as a whole.
    package mutating func removeAll(_ instrument: Instrument) {
        precondition(instrument.isSet, "what is counted is not taken back")
        series[instrument.rawValue].removeAll(keepingCapacity: true)
        indices[instrument.rawValue].removeAll(keepingCapacity: true)
    }

    /// A gauge's series, made if there is room.
    mutating func place(_ instrument: Instrument, _ labels: Labels) -> Int? {
        let row = instrument.rawValue
        if let known = indices[row][labels] { return known }
        guard series[row].count < limit else { return nil }
        append(Series(labels: labels), to: row)
        return series[row].count - 1
    }

    // MARK: Series

    /// The series of a label set, good for as long as the shard is. Gauges have none that lasts.
    package mutating func index(_ instrument: Instrument, _ labels: Labels) -> Int {
        if let index = find(instrument, labels) { return index }
        // Of the count itself what is beyond the bound has no series of its own to be told in.
        if instrument != .metricsOverflow {
            add(.metricsOverflow, 1, Labels().adding("tollgate.instrument", "\(instrument.name)"))
        }
        return overflow(instrument)
    }

    /// The same without counting: what one loop has counted is not counted again where several are put together.
    mutating func quietIndex(_ instrument: Instrument, _ labels: Labels) -> Int {
        find(instrument, labels) ?? overflow(instrument)
    }

    private mutating func find(_ instrument: Instrument, _ labels: Labels) -> Int? {
        precondition(!instrument.isSet, "a gauge is set by its labels")
        let row = instrument.rawValue
        if let known = indices[row][labels] { return known }
        guard series[row].count < limit || labels == .overflow else { return nil }
        return make(instrument, labels)
    }

    private mutating func overflow(_ instrument: Instrument) -> Int {
        indices[instrument.rawValue][.overflow] ?? make(instrument, .overflow)
    }

    private mutating func make(_ instrument: Instrument, _ labels: Labels) -> Int {
        let row = instrument.rawValue
        var fresh = Series(labels: labels)
        if case .histogram(let bounds) = instrument.kind {
            fresh.buckets = Array(repeating: 0, count: bounds.count + 1)
        }
        append(fresh, to: row)
        return series[row].count - 1
    }

    mutating func append(_ entry: Series, to row: Int) {
        indices[row][entry.labels] = series[row].count
        series[row].append(entry)
    }

    func knows(_ instrument: Instrument, _ labels: Labels) -> Bool { indices[instrument.rawValue][labels] != nil }

    /// A counter's or gauge's value, 0 for one that was never there.
    func value(_ instrument: Instrument, _ labels: Labels) -> Int64 {
        indices[instrument.rawValue][labels].map { series[instrument.rawValue][$0].count } ?? 0
    }

    /// Whether there is nothing to tell.
    var isEmpty: Bool { series.allSatisfy(\.isEmpty) }

    /// How many data points these figures are.
    var pointCount: Int { series.reduce(0) { $0 + $1.count } }
}
