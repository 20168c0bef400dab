import HTTP
import Transport

/// The right to one upstream connection for one attempt. It ends exactly once: by `finish`, which gives the connection back if
/// it can serve another, or by being dropped, which closes it.
package struct Lease: ~Copyable {
    package let connection: ClientConnection
    package let isReused: Bool
    private let pool: ProviderPool
    private var isFinished = false

    private init(_ connection: ClientConnection, pool: ProviderPool, isReused: Bool) {
        self.connection = connection
        self.pool = pool
        self.isReused = isReused
    }

    /// Takes an idle connection of the pool unless it must be `fresh`, or opens one within `connectTimeout` nanoseconds.
    ///
    /// Throws `.transport`, `.timedOut`, or `.cancelled` when one of `abort` came first.
    package static func take(
        from pool: ProviderPool, fresh: Bool, wakeup: Wakeup, connectTimeout: Int64, abort: WakeEvents
    ) async throws(ClientFault) -> Lease {
        if !fresh, let idle = await pool.take() {
            idle.begin(wakeup)
            return Lease(idle, pool: pool, isReused: true)
        }
        let stream: ByteStream
        do throws(TransportError) {
            stream = try await pool.connector.connect(wakeup, timeout: connectTimeout, abort: abort)
        } catch {
            throw ClientFault(error)
        }
        let connection = ClientConnection(stream: stream, loop: pool.loop)
        await pool.opened(connection)
        connection.begin(wakeup)
        return Lease(connection, pool: pool, isReused: false)
    }

    package consuming func finish() async {
        isFinished = true
        await pool.giveBack(connection)
    }

    deinit {
        if !isFinished { connection.close() }
    }
}
