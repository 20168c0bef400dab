import Synchronization

/// How many bytes of prompts and answers are kept at once for rules of `content_capture`, in all loops and on the way to the collector.
final class CaptureRoom: Sendable {
    static let shared = CaptureRoom(maximumBytes: 256 << 20)

    private let maximum: Int
    private let used = Atomic<Int>(0)

    init(maximumBytes: Int) { maximum = maximumBytes }

    var isEmpty: Bool { used.load(ordering: .relaxed) == 0 }

    /// False: there is no room for so many bytes more.
    func take(_ count: Int) -> Bool {
        if used.add(count, ordering: .relaxed).newValue <= maximum { return true }
        giveBack(count)
        return false
    }

    func giveBack(_ count: Int) { used.subtract(count, ordering: .relaxed) }

    /// Bytes that were taken, until nobody holds them any more.
    final class Share: Sendable {
        private let room: CaptureRoom
        private let count: Int

        /// - Parameter count: bytes that were taken before.
        init(of room: CaptureRoom, _ count: Int) {
            self.room = room
            self.count = count
        }

        deinit { room.giveBack(count) }
    }
}
