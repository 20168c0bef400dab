import Configuration

extension NanoUSD {
    /// xAI's `usage.cost_in_usd_ticks`: 10¹⁰ ticks are a dollar, so that ten are a nano-dollar; half of one goes to the even.
    /// `nil`: a negative number. https://docs.x.ai/docs/cost-tracking
    package init?(xAITicks ticks: Int64) {
        guard ticks >= 0 else { return nil }
        self.init(Int64(Cost.roundedHalfEven(Int128(ticks), 10)))
    }
}
