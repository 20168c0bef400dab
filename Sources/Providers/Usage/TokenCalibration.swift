/// How many tokens a model bills for one that was estimated by size: learned from its own answers, so that an estimate may stand for a
/// count where a provider has no counter. A wrong count is worse than none (T-19), hence nothing is said before enough was seen.
package struct TokenCalibration: Sendable {
    private var estimated: Double = 0
    private var billed: Double = 0
    private var samples = 0
    private static let neededSamples = 5
    /// Older answers count less with each new one: models and prompts change.
    private static let memory = 0.95

    package init() {}

    /// An answer's input: what was estimated before, and what the provider counted.
    package mutating func learn(estimated: Int64, billed: Int64) {
        guard estimated > 0, billed > 0 else { return }
        self.estimated = self.estimated * Self.memory + Double(estimated)
        self.billed = self.billed * Self.memory + Double(billed)
        samples += 1
    }

    /// What the provider would count, rounded up; `nil` as long as nobody can know.
    package func count(estimated tokens: Int64) -> Int64? {
        guard samples >= Self.neededSamples, estimated > 0 else { return nil }
        return Int64(min((Double(tokens) * billed / estimated).rounded(.up), Double(UsageReport.largestCount)))
    }
}
