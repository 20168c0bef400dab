/// `limits.body_room`: how much of requests' bodies is held at once.
extension SnapshotReader {
    /// Call when `body_bytes` was read. The room must hold two of the largest bodies, so that one that is nearly there can
    /// always be finished beside another.
    func readBodyRoom(_ group: inout Section, _ limits: inout LimitSettings) {
        let least = 2 * limits.bodyBytes
        limits.bodyRoom = max(limits.bodyRoom, least)
        let mark = group.node("body_room")?.mark
        let room = group.size("body_room", default: limits.bodyRoom, range: 2_048...1 << 40)
        if let mark, room < least {
            reader.note(
                mark, group.pathOf("body_room"),
                "\(room) bytes are less than two bodies of `body_bytes`; write \(least) or more, or a smaller `body_bytes`"
            )
        }
        limits.bodyRoom = room
        limits.bodyRoomTimeout = group.duration("body_room_timeout", default: limits.bodyRoomTimeout)
    }
}
