import Wire

/// The conversations that one loop has seen, so that of each body only what is new in it is read: of a body of 100 KB that went on
/// from another mostly some KB, and the rest is hashed at memory's speed. Bounded: those not heard of for long are forgotten.
package struct ConversationMemory: ~Copyable {
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
        let key = Self.key(body, members, session), entry = entry(key), sizeBefore = entry.size
        defer { changed(entry, key, by: entry.size - sizeBefore) }
        return Conversation(body: body, members: members, knowing: entry, trail: trail ?? PrefixTrail(caller: 0))
    }

    private mutating func entry(_ key: UInt64) -> KnownConversation {
        if let known = young[key] { return known }
        let entry = old.removeValue(forKey: key) ?? KnownConversation()
        young[key] = entry
        size += entry.size
        return entry
    }

    private mutating func changed(_ entry: KnownConversation, _ key: UInt64, by change: Int) {
        size += change
        guard size > capacity else { return }
        young.removeValue(forKey: key)
        size -= entry.size
        // One that is larger than all others together may be read anew each time.
        guard entry.size <= capacity else { return }
        old = young
        young = [key: entry]
        size = entry.size
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
