import Synchronization

/// Orders the stores before it ahead of those after it, for the compiler as for the processor.
@inline(__always)
func compilerAndProcessorBarrier() {
    atomicMemoryFence(ordering: .releasing)
}

/// What is made of a row whose request nobody will end any more.
extension SlotMemory {
    /// Closes an open row as `interrupted`.
    ///
    /// An attempt that was running may have been charged by the upstream: the request gets its estimate, the attempt
    /// what of it the attempts before did not use. If all attempts had ended, what they used is known and taken: nothing, if none
    /// was begun.
    func interrupt() {
        let count = attemptCount
        let known = closedAttempts()
        let numbers = numbers
        numbers.pointee.unpriced = count > 0 && estimate.unpriced
        if count > 0, !attempt(count - 1).pointee.closed {
            charge(estimate, known: known)
        } else {
            numbers.pointee.usage = known.usage
            numbers.pointee.costNanoUSD = known.costNanoUSD
            numbers.pointee.estimated = (0..<count).contains { attempt($0).pointee.estimated }
        }
        numbers.pointee.outcome = Outcome.interrupted.rawValue
        numbers.pointee.status = 0
        numbers.pointee.duration = -1
        numbers.pointee.timeToFirstByte = -1
        numbers.pointee.bytesOut = 0
        for field in [TextField.stopReason, .errorType, .upstreamRequestID, .rawUsage] {
            text(field).pointee = TextPlace()
        }
    }

    private func charge(_ estimate: UsageEstimate, known: UsageEstimate) {
        numbers.pointee.usage = estimate.usage
        numbers.pointee.costNanoUSD = estimate.costNanoUSD
        numbers.pointee.estimated = true
        let running = attempt(attemptCount - 1)
        running.pointee.usage = estimate.usage
        running.pointee.usage.subtract(known.usage)
        running.pointee.costNanoUSD = max(0, estimate.costNanoUSD &- known.costNanoUSD)
        running.pointee.outcome = Outcome.interrupted.rawValue
        running.pointee.status = 0
        running.pointee.duration = -1
        running.pointee.timeToFirstByte = -1
        running.pointee.estimated = true
        running.pointee.closed = true
    }
}
