import HTTP
import Transport

/// The idle connections of one provider account on one loop; sockets never leave their loop.
package actor ProviderPool {
    package nonisolated let loop: EventLoop
    package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
    /// Opens what the pool does not have; the caller waits for it, not the pool.
    package nonisolated let connector: Connector
    private let maximumIdle: Int
    private let sweep: LoopTimer
    /// The one used last is taken first: the others grow old and are closed.
    private var idle: [ClientConnection] = []
    private var isClosed = false
    private static let maximumAge: Int64 = 50_000_000_000

    /// `maximumIdle`: connections kept open without a request.
    package init(endpoint: Endpoint, maximumIdle: Int, loop: EventLoop, resolver: Resolver) {
        self.loop = loop
        self.maximumIdle = maximumIdle
        connector = Connector(endpoint: endpoint, loop: loop, resolver: resolver)
        sweep = LoopTimer(loop: loop)
    }

    package var idleCount: Int { idle.count }
    /// Connections that are open, leased or idle.
    package private(set) var openCount = 0
    private var whenConnectionEnds: @Sendable (Int64) -> Void = { _ in }

    /// Has `told` called, on the loop's thread, with how long a connection was open, nanoseconds.
    package func watchConnections(_ told: @escaping @Sendable (Int64) -> Void) { whenConnectionEnds = told }

    /// Counts a new connection until it is closed.
    func opened(_ connection: ClientConnection) {
        openCount += 1
        connection.whenClosed = { [unowned self] age in
            // Connections are closed on the loop's thread, where this actor is isolated.
            assumeIsolated { pool in
                pool.openCount -= 1
                pool.whenConnectionEnds(age)
            }
        }
    }

    /// An idle connection that has not ended meanwhile.
    func take() -> ClientConnection? {
        while let connection = idle.popLast() {
            if connection.isFit { return connection }
            connection.close()
        }
        return nil
    }

    /// Ends the exchange on `connection`; it is kept if it can serve another.
    func giveBack(_ connection: ClientConnection) {
        let kept = connection.end { [unowned connection] in
            // The loop calls it on its own thread, where this actor is isolated.
            self.assumeIsolated { $0.remove(connection) }
        }
        guard kept else { return }
        guard !isClosed, idle.count < maximumIdle else { return connection.close() }
        idle.append(connection)
        if !sweep.isArmed { arm() }
    }

    private func remove(_ connection: ClientConnection) {
        idle.removeAll { $0 === connection }
        connection.close()
    }

    private func arm() {
        sweep.whenFired = { [unowned self] in assumeIsolated { $0.closeAged() } }
        sweep.schedule(after: Self.maximumAge)
    }

    private func closeAged() {
        let limit = loop.now - Self.maximumAge
        while let oldest = idle.first, oldest.idleSince <= limit {
            idle.removeFirst()
            oldest.close()
        }
        if let oldest = idle.first { sweep.schedule(at: oldest.idleSince + Self.maximumAge) }
    }

    /// Closes what is idle; leased connections are closed when they come back to a pool that was closed.
    package func close() {
        sweep.cancel()
        for connection in idle { connection.close() }
        idle.removeAll()
        isClosed = true
    }
}
