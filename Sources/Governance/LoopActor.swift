import Transport

/// An actor whose executor is an event loop.
protocol LoopActor: Actor {
    nonisolated var loop: EventLoop { get }
}

extension LoopActor {
    /// As `assumeIsolated`, for the way of a request: what the operation needs comes as an argument, so that neither it nor the call
    /// makes a closure on the heap. Traps where the caller is not on the actor's loop.
    nonisolated func assumed<Argument, Result>(
        with argument: Argument, _ operation: @escaping (isolated Self, Argument) -> Result
    ) -> Result {
        precondition(loop.isCurrent, "not on the loop that owns this actor")
        // As in the standard library: isolation is no part of how a function is called.
        let plain = unsafeBitCast(operation, to: ((Self, Argument) -> Result).self)
        return plain(self, argument)
    }
}
