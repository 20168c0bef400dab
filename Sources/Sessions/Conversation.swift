/// What one scan of a Messages request's body tells of the conversation: hashes, counts and ids, no text.
package struct Conversation: Sendable, Equatable {
    /// Parts of the prompt in the order in which the provider caches them: tools, system blocks, messages.
    package var segments: [PrefixSegment] = []
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

    package var kind: Kind
    /// Its place among those of its kind.
    package var index: Int
    /// Of its bytes, white space between JSON's parts and `cache_control` left out, a string as the block that it stands for.
    package var hash: UInt64
    /// So many were hashed.
    package var bytes: Int
    /// The last breakpoint in it.
    package var mark: CacheMark?
    /// Of a message.
    package var role = MessageRole.other
    /// Of a message: blocks of its content, which a provider looks back over one by one.
    package var blocks = 1
    /// The client's line about itself, `x-anthropic-billing-header:`, in front of its system blocks.
    package var isAttribution = false
    /// An answer that begins with the model's thinking.
    package var thinks = false

    package init(kind: Kind, index: Int, hash: UInt64, bytes: Int) {
        self.kind = kind
        self.index = index
        self.hash = hash
        self.bytes = bytes
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
