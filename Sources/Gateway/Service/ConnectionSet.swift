import HTTP
import Transport

/// The open connections of one loop, so that they can be counted and told to end; loop-confined.
final class ConnectionSet {
    private var channels: [ObjectIdentifier: ServerChannel] = [:]
    private(set) var isDraining = false

    var count: Int { channels.count }

    func add(_ channel: ServerChannel) {
        channels[ObjectIdentifier(channel)] = channel
        if isDraining { channel.mustClose = true }
    }

    func remove(_ channel: ServerChannel) { channels[ObjectIdentifier(channel)] = nil }

    /// Those that are open end, and those that come after their first exchange.
    func drain() {
        isDraining = true
        endPresent()
    }

    /// Idle connections end now, the others after the exchange in hand.
    func endPresent() {
        for channel in channels.values {
            channel.mustClose = true
            channel.wakeup.signal(.notice)
        }
    }

    /// Has all exchanges end now.
    func stop() {
        for channel in channels.values { channel.stop() }
    }

    /// Breaks all connections off.
    func abort() {
        for channel in channels.values { channel.abort() }
    }
}
