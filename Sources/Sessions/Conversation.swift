/// What one scan of a Messages request's body tells of the conversation: hashes, counts and ids, no text.
package struct Conversation: Sendable, Equatable {
    /// Parts of the prompt in the order in which the provider caches them: tools, system blocks, messages.
    package var segments = PrefixSegments()
    /// Where the newest prompt of a person stands in `messages`; `nil`: there is none. Results of tools, the client's own
    /// `<system-reminder>`s and messages of the role `system` are no prompts.
    package var promptIndex: Int?
    /// Which prompts of a person the conversation has had, up to the newest: the same for all requests of one prompt's loop.
    package var promptKey: UInt64 = 0
    /// Prompts of a person so far.
    package var promptCount = 0
    package var messageCount = 0
    /// Results of tools in what came since the newest answer of the model.
    package var toolResults: [ToolResult] = []
    /// What else decides whether a provider finds the messages in its cache.
    package var parameters = PromptParameters()
    /// The body asks for a breakpoint behind its last block by a `cache_control` of its own.
    package var automaticMark: CacheMark?
    /// There were more messages than segments: the last segment stands for all from there on.
    package var isJoined = false

    package init() {}
}

/// Hashes of members of the body that change what a provider makes of the same messages; 0: it is not there.
package struct PromptParameters: Sendable, Equatable {
    package var toolChoice: UInt64 = 0
    package var thinking: UInt64 = 0
    package var speed: UInt64 = 0
    package var outputConfig: UInt64 = 0
    package var contextManagement: UInt64 = 0

    package init() {}
}

/// How long a provider shall keep what stands in front of a breakpoint.
package enum CacheMark: UInt8, Sendable, CaseIterable {
    case fiveMinutes, hour

    package var seconds: Int64 { self == .hour ? 3_600 : 300 }
}

/// Who speaks in a message.
package enum MessageRole: UInt8, Sendable, CaseIterable { case user, assistant, system, other }

/// A part of the prompt that is cached as one piece or not at all.
package struct PrefixSegment: Sendable, Equatable {
    package enum Kind: UInt8, Sendable, CaseIterable { case tools, system, message }

    /// Of its bytes, white space between JSON's parts and `cache_control` left out, a string as the block that it stands for.
    package var hash: UInt64
    // Hundreds of these go with every call to another thread: 24 bytes each.
    private var byteCount: UInt32
    private var place: UInt16
    private var blockCount: UInt16 = 1
    package var kind: Kind
    /// The last breakpoint in it.
    package var mark: CacheMark?
    /// Of a message.
    package var role = MessageRole.other
    /// The client's line about itself, `x-anthropic-billing-header:`, in front of its system blocks.
    package var isAttribution = false
    /// An answer that begins with the model's thinking.
    package var thinks = false

    package init(kind: Kind, index: Int, hash: UInt64, bytes: Int) {
        self.hash = hash
        byteCount = UInt32(clamping: bytes)
        place = UInt16(clamping: index)
        self.kind = kind
    }

    /// Its place among those of its kind.
    package var index: Int { Int(place) }

    /// So many were hashed; at most 4 GiB.
    package var bytes: Int {
        get { Int(byteCount) }
        set { byteCount = UInt32(clamping: newValue) }
    }

    /// Of a message: blocks of its content, which a provider looks back over one by one; at most 65,535.
    package var blocks: Int {
        get { Int(blockCount) }
        set { blockCount = UInt16(clamping: newValue) }
    }
}

/// A tool's result as it comes back to the model.
package struct ToolResult: Sendable, Equatable {
    /// `tool_use_id`.
    package var id: String
    package var isError: Bool
    package var bytes: Int

    package init(id: String, isError: Bool, bytes: Int) {
        self.id = id
        self.isError = isError
        self.bytes = bytes
    }
}
