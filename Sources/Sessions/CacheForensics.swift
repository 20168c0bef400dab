import Wire

/// Finds out why a call paid again for what a provider had in its cache: remembers the parts of each conversation's last calls by
/// their hashes, and compares the next one with them.
///
/// **What should have been read.** The call before is the newest one of the same session and agent that shares at least half of its
/// messages and whose answer had begun when this one started. It left R tokens in the cache: those it read and those it wrote.
/// Where all of its cached parts are sent again as they were, R should be read. Where one has changed, K tokens should be, those of
/// the largest cached prefix of any earlier call that is still the same; and of the other R - K the share, by bytes, of the parts
/// that are sent again in spite of the change:
///
///     expected = K + (R - K) * bytes sent again / bytes cached behind K, rounded down
///     rebilled = min(expected - read, input + writes of this call)
///
/// Where nothing from the change on is sent again, K is expected: a conversation that was wound back is no break. After a
/// compaction all of R counts as expected: the break is the price of warming up. Fewer than `minimumTokens` are no break.
/// `ModelCall.extraCost` has the arithmetic of the money.
package struct CacheForensics: Sendable {
    /// Less than a provider caches at all; implicit caches count in steps of 128.
    package static let minimumTokens: Int64 = 1_024

    private struct Key: Hashable {
        let session: String
        let agent: String
    }

    private struct Thread {
        var records: [CacheRecord] = []
        var isCompacting = false
        /// Ascending with every use.
        var usedAt = 0
        var partCount: Int { records.reduce(0) { $0 + $1.parts.count } }
    }

    private var threads: [Key: Thread] = [:]
    private var clock = 0
    private var partCount = 0
    private let limits: Limits

    /// What is kept, at most.
    package struct Limits: Sendable {
        /// Conversations' agents.
        package var threads = 2_048
        /// Parts of prompts, 16 bytes each.
        package var parts = 1_000_000

        package init() {}
    }

    package init(limits: Limits = Limits()) { self.limits = limits }

    /// Conversations that are remembered now, and their parts.
    package var count: (threads: Int, parts: Int) { (threads.count, partCount) }

    /// Calls whose cache is remembered, and among these calls whose parts are.
    private static let recordLimit = 16, detailLimit = 4

    /// A model's call has ended.
    package mutating func callEnded(_ call: ModelCall) -> CacheBreak? {
        guard call.isComparable else { return nil }
        let key = Key(session: call.sessionID, agent: call.agentID)
        clock += 1
        let finding = Self.take(call, at: clock, &threads[key, default: Thread()], &partCount)
        forget(except: key)
        return finding
    }

    private static func take(
        _ call: ModelCall, at clock: Int, _ thread: inout Thread, _ partCount: inout Int
    ) -> CacheBreak? {
        thread.usedAt = clock
        // It sends the conversation with another end, which nobody goes on from.
        if !call.compaction.isEmpty {
            thread.isCompacting = true
            return nil
        }
        let parts = call.conversation.segments.map(CacheRecord.Part.init)
        let found = examine(call, parts, thread)
        if found.hasFollowed || thread.records.isEmpty || !call.contextCompacted.isEmpty { thread.isCompacting = false }
        partCount -= thread.partCount
        add(CacheRecord(call, parts, inherited: found.ttl), to: &thread)
        partCount += thread.partCount
        return found.finding
    }

    /// In the order in which their answers began: calls of several loops come in another.
    private static func add(_ record: CacheRecord, to thread: inout Thread) {
        let place = thread.records.lastIndex { $0.availableAt <= record.availableAt }.map { $0 + 1 } ?? 0
        thread.records.insert(record, at: place)
        if thread.records.count > recordLimit { thread.records.removeFirst() }
        for index in thread.records.indices.dropLast(detailLimit) where !thread.records[index].parts.isEmpty {
            thread.records[index].forgetParts()
        }
    }

    /// The conversations that were silent for longest go first.
    private mutating func forget(except key: Key) {
        while threads.count > limits.threads || partCount > limits.parts, threads.count > 1 {
            let oldest = threads.lazy.filter { $0.key != key }.min { $0.value.usedAt < $1.value.usedAt }
            guard let oldest else { return }
            partCount -= oldest.value.partCount
            threads[oldest.key] = nil
        }
    }

    // MARK: One call

    private struct Finding {
        var finding: CacheBreak?
        /// Of what it went on from.
        var ttl: Int64?
        /// It goes on from a call that is known.
        var hasFollowed = false
    }

    private static func examine(_ call: ModelCall, _ parts: [CacheRecord.Part], _ thread: Thread) -> Finding {
        let count = thread.records.lastIndex { $0.availableAt <= call.startedAt }.map { $0 + 1 } ?? 0
        let earlier = thread.records[..<count]
        let before = earlier.last { record in
            let overlap = CacheComparison.overlap(record.parts, parts)
            return overlap.same > 0 && overlap.same * 2 >= overlap.of
        }
        if let before {
            let finding = compare(call, parts, before, earlier)
            return Finding(
                finding: finding, ttl: before.provider == call.provider ? before.ttl : nil, hasFollowed: true)
        }
        guard thread.isCompacting || !call.contextCompacted.isEmpty,
            let last = earlier.last(where: { !$0.parts.isEmpty })
        else { return Finding() }
        var finding = CacheBreak(cause: .compaction)
        finding.segment = .message
        return Finding(finding: complete(finding, call, last, expected: last.tokens), hasFollowed: true)
    }

    private static func compare(
        _ call: ModelCall, _ parts: [CacheRecord.Part], _ before: CacheRecord,
        _ earlier: ArraySlice<CacheRecord>
    ) -> CacheBreak? {
        // No more than all of it is ever expected: most calls end here.
        guard before.tokens - call.cacheRead >= minimumTokens else { return nil }
        let comparison = CacheComparison(before, parts)
        let change = comparison.firstChange
        let expected = change.map { Self.expected(comparison, $0, parts, before, earlier) } ?? before.tokens
        guard expected - call.cacheRead >= minimumTokens else { return nil }
        let (cause, parameter) = comparison.cause(call.conversation)
        var finding = CacheBreak(cause: change?.cause ?? cause)
        if let change {
            finding.segment = change.kind
            finding.index = change.index
        } else {
            finding.parameter = parameter
        }
        // What comes first is enough for all of it: a cache that is gone, or another one, has none of the parts.
        if call.startedAt - before.availableAt > before.ttl {
            finding.cause = .ttlLapse
        } else if before.provider != call.provider {
            finding.cause = .providerSwitch
        } else if before.model != call.model {
            finding.cause = .modelSwitch
        }
        return complete(finding, call, before, expected: expected)
    }

    /// What should have been read though something has changed.
    private static func expected(
        _ comparison: CacheComparison, _ change: CacheComparison.Change, _ parts: [CacheRecord.Part],
        _ before: CacheRecord,
        _ earlier: ArraySlice<CacheRecord>
    ) -> Int64 {
        let prefixes = CacheRecord.prefixes(parts[...])
        var kept: (tokens: Int64, end: Int) = (0, 0)
        for record in earlier
        where record.end <= prefixes.count && record.end > kept.end && record.end <= before.end
            && record.tokens <= before.tokens && prefixes[record.end - 1] == record.prefix
        {
            kept = (record.tokens, record.end)
        }
        let (again, all) = comparison.sentAgain(from: kept.end, changedAt: comparison.place(of: change))
        guard all > 0 else { return kept.tokens }
        return kept.tokens + Int64(Int128(before.tokens - kept.tokens) * Int128(again) / Int128(all))
    }

    private static func complete(
        _ begun: CacheBreak, _ call: ModelCall, _ before: CacheRecord, expected: Int64
    ) -> CacheBreak? {
        let billed = call.input + call.cacheWrite5m + call.cacheWrite1h
        let rebilled = min(expected - call.cacheRead, billed)
        guard rebilled >= minimumTokens else { return nil }
        var finding = begun
        finding.sinceLast = call.startedAt - before.availableAt
        finding.ttl = before.ttl / 1_000_000_000
        finding.expected = expected
        finding.read = call.cacheRead
        finding.rebilled = rebilled
        finding.costNanoUSD = call.extraCost(of: rebilled)
        finding.previousRequestID = before.requestID
        return finding
    }
}

extension ModelCall {
    /// A provider counted its input, and it belongs to a conversation.
    package var isComparable: Bool {
        !sessionID.isEmpty && conversation.messageCount > 0 && !isEstimated
            && input + cacheRead + cacheWrite5m + cacheWrite1h > 0
    }
}
