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

    package init() {}
}

/// A part of the prompt that is cached as one piece or not at all.
package struct PrefixSegment: Sendable, Equatable {
    package enum Kind: UInt8, Sendable, CaseIterable { case tools, system, message }

    package var kind: Kind
    /// Its place among those of its kind.
    package var index: Int
    /// Of its bytes, white space between JSON's parts and `cache_control` left out.
    package var hash: UInt64
    package var bytes: Int

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
