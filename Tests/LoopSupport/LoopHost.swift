import Transport

/// An actor on a loop, for running a test's steps there.
package actor LoopHost {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    package init(_ loop: EventLoop) { self.loop = loop }

    /// Starts a loop of its own; it ends with the process.
    package static func started() throws -> LoopHost {
        let loop = try EventLoop(index: 0)
        try loop.start()
        return LoopHost(loop)
    }

    /// Runs `body` on the loop, as a connection's task runs there.
    package nonisolated func run<Value: Sendable>(
        _ body: @escaping @Sendable (isolated LoopHost) async throws -> Value
    ) async throws -> Value {
        try await Task(executorPreference: loop) { try await body(self) }.value
    }
}
