import Wire

/// What is remembered of a call, so that the next one of the conversation can be compared with it.
struct CacheRecord: Sendable {
    /// A part of the prompt, in as few bytes as do.
    struct Part: Sendable, Equatable {
        enum Mask {
            static let attribution: UInt8 = 1
            static let thinks: UInt8 = 2
        }

        let hash: UInt64
        let bytes: UInt32
        let blocks: UInt16
        let kind: PrefixSegment.Kind
        let flags: UInt8

        init(_ segment: PrefixSegment) {
            hash = segment.hash
            bytes = UInt32(clamping: segment.bytes)
            blocks = UInt16(clamping: segment.blocks)
            kind = segment.kind
            flags = (segment.isAttribution ? Mask.attribution : 0) | (segment.thinks ? Mask.thinks : 0)
        }

        var isAttribution: Bool { flags & Mask.attribution != 0 }
        var thinks: Bool { flags & Mask.thinks != 0 }
    }

    let requestID: Int64
    let provider: String
    let model: String
    /// Unix nanoseconds: from then on others can read what it wrote.
    let availableAt: Int64
    let parameters: PromptParameters
    let promptCount: Int
    let isJoined: Bool
    /// Of the parts in front of the last breakpoint, and how many of them there are.
    let prefix: UInt64
    let end: Int
    /// There was a breakpoint.
    let isMarked: Bool
    /// Read and written: what the provider has from now on.
    let tokens: Int64
    /// Nanoseconds.
    let ttl: Int64
    /// Empty for calls that are older than the last few.
    private(set) var parts: [Part]

    /// - Parameter inherited: how long what it read is kept, if it wrote nothing.
    init(_ call: borrowing ModelCall, _ parts: [Part], inherited: Int64?) {
        let conversation = call.conversation
        requestID = call.requestID
        provider = call.provider
        model = call.model
        availableAt = call.firstByteAt ?? call.endedAt
        parameters = conversation.parameters
        promptCount = conversation.promptCount
        isJoined = conversation.isJoined
        self.parts = parts
        tokens = call.cacheRead + call.cacheWrite5m + call.cacheWrite1h
        let mark = Self.lastMark(conversation)
        isMarked = mark != nil
        end = mark ?? parts.count
        prefix = parts[..<end].reduce(0, Self.prefix)
        // A provider that does not know the longer time takes the shorter, and says so by what it counts.
        let written: CacheMark? = call.cacheWrite5m > 0 ? .fiveMinutes : call.cacheWrite1h > 0 ? .hour : nil
        ttl = written.map { $0.seconds * 1_000_000_000 } ?? inherited ?? 300_000_000_000
    }

    mutating func forgetParts() { parts = [] }

    /// How many parts stand in front of the last breakpoint; `nil`: there is none.
    static func lastMark(_ conversation: Conversation) -> Int? {
        if conversation.automaticMark != nil { return conversation.segments.count }
        return conversation.segments.lastIndex { $0.mark != nil }.map { $0 + 1 }
    }

    /// For each part the hash of all up to it.
    static func prefixes(_ parts: ArraySlice<Part>) -> [UInt64] {
        var hash: UInt64 = 0
        return parts.map { part in
            hash = prefix(hash, part)
            return hash
        }
    }

    private static func prefix(_ hash: UInt64, _ part: Part) -> UInt64 {
        SegmentHasher.join(hash &+ UInt64(part.kind.rawValue), part.hash)
    }
}
