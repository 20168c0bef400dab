import Wire

/// The one place where usage is put together, streamed or not.
///
/// Fields are cumulative: of each, the last value that is not null wins, and what `message_delta` says wins over what
/// `message_start` said, in whatever order they come.
package struct UsageReducer: Sendable {
    private var start = UsageReport.empty
    private var delta = UsageReport.empty
    /// Counts that were refused: negative or beyond any context.
    package private(set) var refusedCounts = 0
    /// What a provider of another dialect reported, whole.
    private var reported: TokenUsage?
    /// A report has come: what is missing from it is zero, not unknown.
    package private(set) var hasReport = false

    package init() {}

    /// The usage object of `message_start`, or of a whole answer.
    package mutating func started(_ usage: UnsafeRawBufferPointer) throws(JSONError) {
        merge(try UsageReport(usage), into: \.start)
    }

    /// The usage object of a `message_delta`.
    package mutating func changed(_ usage: UnsafeRawBufferPointer) throws(JSONError) {
        merge(try UsageReport(usage), into: \.delta)
    }

    /// Usage in our classes already; the last report counts.
    mutating func report(_ usage: TokenUsage) {
        reported = usage
        hasReport = true
    }

    private mutating func merge(_ report: UsageReport, into layer: WritableKeyPath<UsageReducer, UsageReport>) {
        self[keyPath: layer].overlay(report)
        refusedCounts += report.refused
        hasReport = true
    }

    /// A `message_delta` has counted the answer; before, `message_start` says one token for it or a few.
    package var hasStreamCount: Bool { delta.output != nil }

    /// A usage object came, and does not say what the answer had.
    package var lacksOutput: Bool { hasReport && reported == nil && start.output == nil && delta.output == nil }

    /// Output tokens that were thinking, where the provider says so; a part of the output.
    package var reasoningOutput: Int64? {
        if let reported { return reported.thinking > 0 ? reported.thinking : nil }
        return delta.reasoning ?? start.reasoning
    }

    /// What models that were consulted used, which is charged at their own prices.
    package var advice: [AdvisorUsage] { delta.advice ?? start.advice ?? [] }

    /// What was used as far as is known now.
    package var usage: TokenUsage {
        if let reported { return reported }
        var all = start
        all.overlay(delta)
        var usage = all.tokens
        if let compaction = all.compaction {
            usage.input += compaction.input
            usage.output += compaction.output
            usage.cacheRead += compaction.cacheRead
            usage.cacheWrite5m += compaction.cacheWrite5m
            usage.cacheWrite1h += compaction.cacheWrite1h
        }
        return usage
    }
}

extension UsageReport {
    static let empty = UsageReport()

    private init() {}

    /// What `later` says replaces what stands here.
    mutating func overlay(_ later: UsageReport) {
        input = later.input ?? input
        output = later.output ?? output
        reasoning = later.reasoning ?? reasoning
        cacheRead = later.cacheRead ?? cacheRead
        cacheWrite = later.cacheWrite ?? cacheWrite
        cacheWrite5m = later.cacheWrite5m ?? cacheWrite5m
        cacheWrite1h = later.cacheWrite1h ?? cacheWrite1h
        webSearchRequests = later.webSearchRequests ?? webSearchRequests
        webFetchRequests = later.webFetchRequests ?? webFetchRequests
        isFast = later.isFast ?? isFast
        isUS = later.isUS ?? isUS
        compaction = later.compaction ?? compaction
        advice = later.advice ?? advice
    }
}
