import Configuration

/// What a request will probably use, from what requests like it have used lately: of the same conversation and model, else of the same
/// key and model, else of the model. Pure and bounded.
///
/// A coding agent reads most of its input from the cache and writes a small part of the output it may: reserving `max_tokens` and
/// the price of plain input would refuse it at a tenth of its budget. So the input is what nineteen of the last twenty requests cost for
/// each byte of their bodies, and the output what nineteen of twenty wrote.
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
        let input = TokenEstimate.input(bodyBytes: bodyBytes)
        // The first request writes to the cache, which costs a quarter more than plain input.
        return Expected(
            plainInput: input + input / 4, totalInput: input, output: min(Self.firstOutput, mostOutput))
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

/// The last twenty requests of one kind.
struct UsageSamples: Sendable {
    private static let capacity = 20
    /// Tokens for a mebibyte of body; what twenty requests need is remembered, not where it came from.
    private var plain: [Int64] = []
    private var total: [Int64] = []
    private var outputs: [Int64] = []
    private var next = 0

    var count: Int { outputs.count }

    mutating func add(bodyBytes: Int, plainInput: Int64, totalInput: Int64, output: Int64) {
        let plain = Self.rate(plainInput, bodyBytes), total = Self.rate(totalInput, bodyBytes)
        if count < Self.capacity {
            self.plain.append(plain)
            self.total.append(total)
            outputs.append(output)
        } else {
            self.plain[next] = plain
            self.total[next] = total
            outputs[next] = output
        }
        next = (next + 1) % Self.capacity
    }

    func plainInput(bodyBytes: Int) -> Int64 { Self.tokens(Self.high(plain), bodyBytes) }
    func totalInput(bodyBytes: Int) -> Int64 { Self.tokens(Self.high(total), bodyBytes) }
    var output: Int64 { Self.high(outputs) }

    private static func rate(_ tokens: Int64, _ bytes: Int) -> Int64 {
        Int64(clamping: Int128(tokens) << 20 / Int128(bytes))
    }

    private static func tokens(_ rate: Int64, _ bytes: Int) -> Int64 {
        // No more than is believed of an answer: what is held for requests at the same time is added up.
        Int64(min((Int128(rate) * Int128(bytes) + (1 << 20) - 1) >> 20, Int128(UsageReport.largestCount)))
    }

    /// The largest but one of twenty; the largest of fewer.
    private static func high(_ values: [Int64]) -> Int64 {
        var first: Int64 = 0, second: Int64 = 0
        for value in values {
            if value >= first {
                second = first
                first = value
            } else if value > second {
                second = value
            }
        }
        return values.count < capacity ? first : second
    }
}
