/// What the events of a request's life write into its slot.
extension SlotMemory {
    private func set(_ field: TextField, _ value: borrowing FactText) {
        text(field).pointee = store(value, limit: field.limit, excess: field.excess)
    }

    /// Replaces a text, unless there is no new one.
    func replace(_ field: TextField, _ value: borrowing FactText) {
        if case .none = copy value { return }
        set(field, value)
    }

    /// Writes all that is known at the start.
    func fill(with facts: borrowing RequestFacts) {
        clear()
        numbers.pointee.id = facts.id.rawValue
        numbers.pointee.startedAt = facts.startedAt
        numbers.pointee.bytesIn = facts.bytesIn
        numbers.pointee.firstEstimate = facts.estimate
        numbers.pointee.traceHigh = facts.traceHigh
        numbers.pointee.traceLow = facts.traceLow
        numbers.pointee.spanID = facts.spanID
        numbers.pointee.operation = facts.operation.rawValue
        numbers.pointee.streamed = facts.streamed
        set(.user, facts.user)
        set(.team, facts.team)
        set(.groups, facts.groups)
        set(.virtualAccount, facts.virtualAccount)
        set(.keyID, facts.keyID)
        set(.sessionID, facts.sessionID)
        set(.agentID, facts.agentID)
        set(.parentAgentID, facts.parentAgentID)
        set(.agentType, facts.agentType)
        set(.requestClass, facts.requestClass)
        set(.promptID, facts.promptID)
        set(.toolDurations, facts.toolDurations)
        set(.project, facts.project)
        set(.metadata, facts.metadata)
        set(.modelRequested, facts.modelRequested)
        set(.clientVersion, facts.clientVersion)
        set(.entrypoint, facts.entrypoint)
    }

    func revise(_ estimate: UsageEstimate) {
        if numbers.pointee.secondEstimateIsValid {
            numbers.pointee.firstEstimate = estimate
            compilerAndProcessorBarrier()
            numbers.pointee.secondEstimateIsValid = false
        } else {
            numbers.pointee.secondEstimate = estimate
            compilerAndProcessorBarrier()
            numbers.pointee.secondEstimateIsValid = true
        }
    }

    func beginAttempt(_ facts: borrowing AttemptFacts) -> Bool {
        let count = attemptCount
        guard count < SlotLayout.attemptCapacity else { return false }
        let attempt = attempt(count)
        attempt.initialize(to: AttemptRecord())
        attempt.pointee.startedAt = facts.startedAt
        attempt.pointee.spanID = facts.spanID
        attempt.pointee.admission = facts.admission
        // Another attempt at the same target says the same again.
        let former = count > 0 ? self.attempt(count - 1).pointee : AttemptRecord()
        attempt.pointee.provider = store(.provider, facts.provider, former.provider)
        attempt.pointee.providerKind = store(.providerKind, facts.providerKind, former.providerKind)
        attempt.pointee.model = store(.model, facts.model, former.model)
        attempt.pointee.priceVersion = store(.priceVersion, facts.priceVersion, former.priceVersion)
        attempt.pointee.holds = store(.holds, facts.holds, former.holds)
        text(.provider).pointee = attempt.pointee.provider
        text(.providerKind).pointee = attempt.pointee.providerKind
        text(.modelServed).pointee = attempt.pointee.model
        text(.priceVersion).pointee = attempt.pointee.priceVersion
        compilerAndProcessorBarrier()
        numbers.pointee.attempts = UInt8(count + 1)
        return true
    }

    private func store(_ field: AttemptTextField, _ value: borrowing FactText, _ former: TextPlace = TextPlace())
        -> TextPlace
    {
        store(value, limit: field.limit, excess: field == .holds ? .leftOut : .cut, orReuse: former)
    }

    func closeAttempt(_ outcome: borrowing AttemptOutcome) {
        let count = attemptCount
        precondition(count > 0, "no attempt was begun")
        let attempt = attempt(count - 1)
        precondition(!attempt.pointee.closed, "the attempt is closed already")
        attempt.pointee.duration = outcome.duration
        attempt.pointee.timeToFirstByte = outcome.timeToFirstByte ?? -1
        attempt.pointee.usage = outcome.usage
        attempt.pointee.costNanoUSD = outcome.costNanoUSD
        attempt.pointee.settlement = outcome.settlement
        attempt.pointee.status = outcome.status
        attempt.pointee.outcome = outcome.outcome.rawValue
        attempt.pointee.estimated = outcome.estimated
        attempt.pointee.reusedConnection = outcome.reusedConnection
        attempt.pointee.upstreamRequestID = store(.upstreamRequestID, outcome.upstreamRequestID)
        attempt.pointee.errorType = store(.errorType, outcome.errorType)
        compilerAndProcessorBarrier()
        attempt.pointee.closed = true
    }

    func close(_ outcome: borrowing RequestOutcome) {
        numbers.pointee.outcome = outcome.outcome.rawValue
        numbers.pointee.status = outcome.status
        numbers.pointee.duration = outcome.duration
        numbers.pointee.timeToFirstByte = outcome.timeToFirstByte ?? -1
        numbers.pointee.bytesOut = outcome.bytesOut
        numbers.pointee.usage = outcome.usage
        numbers.pointee.costNanoUSD = outcome.costNanoUSD
        numbers.pointee.unpriced = outcome.unpriced
        numbers.pointee.estimated = outcome.estimated
        replace(.modelServed, outcome.modelServed)
        replace(.stopReason, outcome.stopReason)
        replace(.errorType, outcome.errorType)
        replace(.upstreamRequestID, outcome.upstreamRequestID)
        replace(.rawUsage, outcome.rawUsage)
        closeRunningAttempt(as: outcome)
    }

    private func closeRunningAttempt(as outcome: borrowing RequestOutcome) {
        guard attemptCount > 0, !attempt(attemptCount - 1).pointee.closed else { return }
        let earlier = closedAttempts()
        let attempt = attempt(attemptCount - 1)
        attempt.pointee.usage = outcome.usage
        attempt.pointee.usage.subtract(earlier.usage)
        attempt.pointee.costNanoUSD = max(0, outcome.costNanoUSD &- earlier.costNanoUSD)
        attempt.pointee.status = outcome.status
        attempt.pointee.outcome = outcome.outcome.rawValue
        attempt.pointee.estimated = outcome.estimated
        attempt.pointee.closed = true
    }

    /// What the attempts that have ended used, together.
    func closedAttempts() -> UsageEstimate {
        var sum = UsageEstimate()
        for index in 0..<attemptCount where attempt(index).pointee.closed {
            sum.usage.add(attempt(index).pointee.usage)
            sum.costNanoUSD &+= attempt(index).pointee.costNanoUSD
        }
        return sum
    }
}
