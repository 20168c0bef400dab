import Configuration

/// What a request will probably use, from what requests like it have used lately: of the same conversation and model, else of the same
/// key and model, else of the model. Pure and bounded.
///
/// A coding agent reads most of its input from the cache and writes a small part of the output it may: reserving `max_tokens` and
/// the price of plain input would refuse it at a tenth of its budget. So the input is what nineteen of the last twenty requests cost for
/// each byte of their bodies, and the output what nineteen of twenty wrote. Of requests whose input was more than their bodies can
/// have been, as with results of a search, it is what it was, whatever the size of the next.
package struct UsageForecast: Sendable {
    /// Whose requests are alike, most alike first.
    package struct Keys: Sendable {
        let conversation: Int
        let caller: Int
        let model: Int

        /// - Parameters:
        ///   - conversation: Claude Code's session; empty: none.
        ///   - agent: the subagent in it.
        package init(conversation: UnsafeRawBufferPointer, agent: UnsafeRawBufferPointer, caller: String, model: String)
        {
            func hash(_ parts: (inout Hasher) -> Void) -> Int {
                var hasher = Hasher()
                parts(&hasher)
                hasher.combine(model)
                return hasher.finalize()
            }
            self.model = hash { $0.combine(0) }
            self.caller = hash { hasher in
                hasher.combine(1)
                hasher.combine(caller)
            }
            self.conversation =
                conversation.isEmpty
                ? self.caller
                : hash { hasher in
                    hasher.combine(2)
                    // Clients name their sessions themselves: with another's name they say nothing of his.
                    hasher.combine(caller)
                    hasher.combine(bytes: conversation)
                    hasher.combine(bytes: agent)
                }
        }

        /// Each once: without a session the conversation is the caller.
        fileprivate var distinct: [Int] { conversation == caller ? [caller, model] : [conversation, caller, model] }
    }

    /// What is expected of a request.
    package struct Expected: Sendable, Equatable {
        /// Tokens of plain input that the input will cost.
        package let plainInput: Int64
        /// Input tokens of all kinds.
        package let totalInput: Int64
        package let output: Int64

        /// As a usage that costs the same.
        package var usage: TokenUsage {
            var usage = TokenUsage()
            usage.input = plainInput
            usage.output = output
            return usage
        }

        package var tokens: Int64 { totalInput + output }
    }

    private var recent: [Int: UsageSamples] = [:]
    private var older: [Int: UsageSamples] = [:]
    private let capacity: Int
    private static let needed = 3
    /// Of the output, as long as nothing is known.
    private static let firstOutput: Int64 = 2_000

    /// `capacity`: conversations, callers and models that are remembered at the least.
    package init(capacity: Int = 2_048) { self.capacity = capacity }

    /// - Parameter maximumOutput: `max_tokens`, if the request says so.
    package mutating func expect(_ keys: Keys, bodyBytes: Int, maximumOutput: Int64?) -> Expected {
        let mostOutput = max(0, maximumOutput ?? .max)
        for key in [keys.conversation, keys.caller, keys.model] {
            guard let samples = samples(key), samples.count >= Self.needed else { continue }
            return Expected(
                plainInput: samples.plainInput(bodyBytes: bodyBytes),
                totalInput: samples.totalInput(bodyBytes: bodyBytes),
                output: min(samples.output, mostOutput))
        }
        let input = FirstInput(bodyBytes: bodyBytes)
        return Expected(plainInput: input.plain, totalInput: input.total, output: min(Self.firstOutput, mostOutput))
    }

    /// A request has ended.
    package mutating func learn(_ keys: Keys, bodyBytes: Int, usage: TokenUsage, at price: Price?) {
        guard bodyBytes > 0, !usage.isZero else { return }
        let plain = price.map { Cost.plainInput(of: usage, at: $0) } ?? usage.totalInput
        for key in keys.distinct {
            // Taken out, so that adding does not copy them.
            var samples = recent.removeValue(forKey: key) ?? older[key] ?? UsageSamples()
            samples.add(bodyBytes: bodyBytes, plainInput: plain, totalInput: usage.totalInput, output: usage.output)
            keep(samples, key)
        }
    }

    /// Conversations, callers and models; for tests.
    var remembered: Int { recent.count + older.count }

    private func samples(_ key: Int) -> UsageSamples? { recent[key] ?? older[key] }

    private mutating func keep(_ samples: UsageSamples, _ key: Int) {
        if recent.count >= capacity {
            older = recent
            recent = [:]
        }
        recent[key] = samples
    }
}

/// The input of a body of which nothing is known but its size.
private struct FirstInput {
    let total: Int64
    /// The first request writes to the cache, which costs a quarter more than plain input.
    var plain: Int64 { total + total / 4 }

    init(bodyBytes: Int) { total = TokenEstimate.input(bodyBytes: bodyBytes) }
}

/// The last twenty requests of one kind.
struct UsageSamples: Sendable {
    private static let capacity = 20
    /// What twenty requests need is remembered, not where it came from.
    private struct Sample {
        /// Tokens for a mebibyte of body; 0 where the input was not the body's.
        var plainRate: Int64 = 0, totalRate: Int64 = 0
        /// Tokens that did not come with the body; 0 where all can have come with it.
        var plainBeside: Int64 = 0, totalBeside: Int64 = 0
        var output: Int64
    }
    private var samples: [Sample] = []
    private var next = 0

    var count: Int { samples.count }

    mutating func add(bodyBytes: Int, plainInput: Int64, totalInput: Int64, output: Int64) {
        var sample = Sample(output: output)
        // No token is less than a byte: the rest is what the body refers to, or what tools at the provider found. It says nothing
        // of larger bodies.
        if totalInput > Int64(bodyBytes) {
            sample.plainBeside = plainInput
            sample.totalBeside = totalInput
        } else {
            sample.plainRate = Self.rate(plainInput, bodyBytes)
            sample.totalRate = Self.rate(totalInput, bodyBytes)
        }
        if count < Self.capacity {
            samples.append(sample)
        } else {
            samples[next] = sample
        }
        next = (next + 1) % Self.capacity
    }

    func plainInput(bodyBytes: Int) -> Int64 {
        let rate = high { $0.plainRate }
        let byBody = rate > 0 ? Self.tokens(rate, bodyBytes) : FirstInput(bodyBytes: bodyBytes).plain
        return max(byBody, high { $0.plainBeside })
    }

    func totalInput(bodyBytes: Int) -> Int64 {
        let rate = high { $0.totalRate }
        let byBody = rate > 0 ? Self.tokens(rate, bodyBytes) : FirstInput(bodyBytes: bodyBytes).total
        return max(byBody, high { $0.totalBeside })
    }

    var output: Int64 { high { $0.output } }

    private static func rate(_ tokens: Int64, _ bytes: Int) -> Int64 {
        Int64(clamping: Int128(tokens) << 20 / Int128(bytes))
    }

    private static func tokens(_ rate: Int64, _ bytes: Int) -> Int64 {
        // No more than is believed of an answer: what is held for requests at the same time is added up.
        Int64(min((Int128(rate) * Int128(bytes) + (1 << 20) - 1) >> 20, Int128(UsageReport.largestCount)))
    }

    /// The largest but one of twenty; the largest of fewer.
    private func high(_ part: (Sample) -> Int64) -> Int64 {
        var first: Int64 = 0, second: Int64 = 0
        for sample in samples {
            let value = part(sample)
            if value >= first {
                second = first
                first = value
            } else if value > second {
                second = value
            }
        }
        return samples.count < Self.capacity ? first : second
    }
}
