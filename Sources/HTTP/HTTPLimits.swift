/// What a server accepts before anything is believed. Times in nanoseconds, sizes in bytes.
package struct HTTPLimits: Sendable {
    package var headBytes = 32 * 1024
    package var bodyBytes = 32 * 1024 * 1024
    /// From the first byte of a head to its end.
    package var headerTimeout: Int64 = 10_000_000_000
    /// In each such period a body must bring 64 KiB, or end.
    package var bodyTimeout: Int64 = 60_000_000_000
    /// Without a request on an open connection, and without progress in writing to a client.
    package var idleTimeout: Int64 = 300_000_000_000

    /// How long a connection without a request keeps its task, which has the memory of all that its requests needed: long enough for
    /// clients that send one request after the other.
    package var timeBeforeRest: Int64 = 1_000_000_000

    package init() {}
}
