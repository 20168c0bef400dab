import Wire

/// The conversations that one loop has seen, so that of each body only what is new in it is read: of a body of 100 KB that went on
/// from another mostly some KB, and the rest is hashed at memory's speed. Bounded: those not heard of for long are forgotten.
package struct ConversationMemory {
    /// The older half is dropped when the newer one is full.
    private var young: [UInt64: KnownConversation] = [:]
    private var old: [UInt64: KnownConversation] = [:]
    private var size = 0
    private let capacity: Int

    /// - Parameter capacity: segments that each half holds, 24 bytes each.
    package init(capacity: Int = 50_000) { self.capacity = capacity }

    /// Reads the conversation out of the body of a Messages request; the same as `Conversation(body:members:)` finds. HOT.
    ///
    /// - Parameters:
    ///   - body: the whole body, which was found to be a JSON object.
    ///   - members: those of its first level.
    ///   - session: whose body it is; what one session sent is not looked at for another.
    ///   - trail: how the body begins, of all its whole pieces, by this memory's only hasher; `nil`: that is not known.
    package mutating func conversation(
        _ body: UnsafeRawBufferPointer, members: [JSONMember], session: UnsafeRawBufferPointer, trail: PrefixTrail?
    ) -> Conversation {
        let key = Self.key(body, members, session)
        var known = young.removeValue(forKey: key)
        if let known { size -= known.size } else { known = old.removeValue(forKey: key) }
        var entry = known ?? KnownConversation()
        defer { keep(entry, key) }
        return Conversation(body: body, members: members, knowing: &entry, trail: trail ?? PrefixTrail(caller: 0))
    }

    private mutating func keep(_ entry: KnownConversation, _ key: UInt64) {
        let size = entry.size
        // One that is larger than all others together may be read anew each time.
        guard size <= capacity else { return }
        if self.size + size > capacity {
            old = young
            young = [:]
            self.size = 0
        }
        young[key] = entry
        self.size += size
    }

    /// Subagents and helping requests have the session's id, too: conversations are told apart by how they begin.
    private static func key(
        _ body: UnsafeRawBufferPointer, _ members: [JSONMember], _ session: UnsafeRawBufferPointer
    ) -> UInt64 {
        var key = SegmentHasher.hash(session)
        for member in members where member.keyEquals("messages", in: body) {
            let value = member.value
            key = SegmentHasher.hash(
                body.slice(value.lowerBound..<min(value.upperBound, value.lowerBound + 512)), after: key)
        }
        return key
    }
}
