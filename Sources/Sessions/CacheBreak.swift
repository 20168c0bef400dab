import Wire

/// Why a provider did not have in its cache what it had there a call before.
package enum CacheBreakCause: String, Sendable, CaseIterable {
    /// More time went by than the cache keeps something.
    case ttlLapse = "ttl_lapse"
    /// The conversation went on at another provider account.
    case providerSwitch = "provider_switch"
    case modelSwitch = "model_switch"
    /// The same tools stand in another order.
    case toolOrder = "tool_order"
    case toolsChanged = "tools_changed"
    /// The client's line about itself in front of the system prompt.
    case attributionChanged = "attribution_changed"
    case systemChanged = "system_changed"
    /// A message that had been sent before reads otherwise now.
    case historyEdited = "history_edited"
    /// The client summed the conversation up: what is written anew is the price of that.
    case compaction
    /// `thinking`, `tool_choice`, `speed`, `output_config` or `context_management`.
    case parametersChanged = "parameters_changed"
    case cacheControlRemoved = "cache_control_removed"
    /// The last breakpoint stands in front of what was cached.
    case cacheControlMoved = "cache_control_moved"
    /// More blocks than a provider looks back over stand between what was cached and the next breakpoint.
    case lookback
    /// A new prompt of a person: older models drop the thinking of the turn before, which was cached with it.
    case thinkingDropped = "thinking_dropped"
    /// Nothing changed on this side.
    case upstream
}

/// What a call paid again because a cache did not have it, and why.
package struct CacheBreak: Sendable, Equatable {
    package var cause: CacheBreakCause
    /// Of the first part that changed; `nil`: no part did.
    package var segment: PrefixSegment.Kind?
    package var index = 0
    /// Which parameter changed; empty: none did.
    package var parameter = ""
    /// Since what is missed was used last, nanoseconds.
    package var sinceLast: Int64 = 0
    /// How long the provider was to keep it, seconds.
    package var ttl: Int64 = 0
    /// What should have been read, and what was.
    package var expected: Int64 = 0
    package var read: Int64 = 0
    /// Tokens that were cached before and were billed as input or as writes now.
    package var rebilled: Int64 = 0
    /// What they cost beyond reading them from the cache; `nil`: the model is unpriced.
    package var costNanoUSD: Int64?
    /// The call that had them cached: its request.
    package var previousRequestID: Int64 = 0

    package init(cause: CacheBreakCause) { self.cause = cause }
}

extension ModelCall {
    /// What `tokens` of the prompt's front cost beyond reading them from a cache, in nano-dollars.
    ///
    /// A prompt is billed from its front: what is read, then what is written for an hour, then what is written for five minutes
    /// (the longer-lived must stand first), then the input behind the last breakpoint. So many of the tokens are taken from each
    /// as there are; the sum of their prices less that of so many reads is rounded once, half up.
    package func extraCost(of tokens: Int64) -> Int64? {
        guard let rates else { return nil }
        let hour = min(tokens, cacheWrite1h)
        let minutes = min(tokens - hour, cacheWrite5m)
        let plain = tokens - hour - minutes
        func product(_ count: Int64, _ rate: Int64) -> Int128 { Int128(count) * Int128(rate) }
        let paid =
            product(hour, rates.cacheWrite1h) + product(minutes, rates.cacheWrite5m) + product(plain, rates.input)
        let extra = paid - product(tokens, rates.cacheRead)
        let million: Int128 = 1_000_000
        return Int64(clamping: extra >= 0 ? (extra + million / 2) / million : -((-extra + million / 2) / million))
    }
}
