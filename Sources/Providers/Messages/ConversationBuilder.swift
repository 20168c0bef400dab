import Wire

/// Puts a conversation in order, turn by turn.
struct ConversationBuilder {
    let target: TranslationTarget
    let state: ReasoningState
    var receipt: FidelityReceipt
    var conversation = Conversation()
    /// Calls of the last assistant turn that have no result yet.
    private var pending: [MessagesRequest.ToolUse] = []
    private var results: [Conversation.Result] = []
    private var content: [Conversation.Content] = []
    /// System messages that stood between calls and their results.
    private var delayed: [TextRun] = []
    /// Bytes of text so far.
    var textBytes = 0

    init(_ target: TranslationTarget, _ receipt: FidelityReceipt) {
        self.target = target
        self.receipt = receipt
        state = target.reasoningState
    }

    /// - Parameter counts: nothing is to be answered, so that the assistant may have the last word.
    mutating func build(_ request: MessagesRequest, counts: Bool) throws(Refusal) {
        conversation.turns.reserveCapacity(request.messages.count + 1)
        for block in request.system { try addSystem(block) }
        for message in request.messages {
            switch message.role {
            case .user: try addUser(message.blocks)
            case .system: try addSystemMessage(message.blocks)
            case .assistant: try addAssistant(message.blocks)
            }
        }
        closeUserTurn()
        try checkEnd(counts)
        for tool in request.tools where !tool.isDeferred { textBytes += tool.json.count }
        conversation.estimatedInput += max(1, Int64(textBytes) / TokenEstimate.bytesPerToken)
    }

    private func checkEnd(_ counts: Bool) throws(Refusal) {
        switch conversation.turns.last {
        case nil: throw .invalid("messages", "text content blocks must be non-empty")
        case .assistant? where !counts:
            throw .invalid(
                "messages",
                "This model does not support assistant message prefill. The conversation must end with a user message.")
        case .user?, .system?, .assistant?: return
        }
    }

    // MARK: System

    private static let attribution: StaticString = "x-anthropic-billing-header"

    private mutating func addSystem(_ block: MessagesRequest.Block) throws(Refusal) {
        guard case .text(let text) = block else {
            throw .invalid("system", "must be a string or a list of text blocks")
        }
        // T-7: changes with each version and session, in front of everything a prefix cache could keep.
        if text.bytes.startsIgnoringCase(Self.attribution) { return receipt.record(.attribution) }
        if block.isBlank { return receipt.record(.emptyText) }
        receipt.record(.systemPrompt)
        conversation.system.append(run(text))
    }

    private mutating func addSystemMessage(_ blocks: [MessagesRequest.Block]) throws(Refusal) {
        var texts: [TextRun] = []
        for block in blocks {
            guard case .text(let text) = block else {
                // `tool_addition` and its kind: of tools the target sees the whole list.
                receipt.record(.unknownBlock)
                continue
            }
            if block.isBlank { receipt.record(.emptyText) } else { texts.append(run(text)) }
        }
        guard var text = texts.first else { return }
        for other in texts.dropFirst() {
            text.append(.literal("\n\n"))
            text.append(other)
        }
        receipt.record(.midConversationSystem)
        // T-2: nothing may stand between calls and their results.
        if !pending.isEmpty { return delayed.append(text) }
        closeUserTurn()
        conversation.turns.append(.system(text))
    }

    // MARK: User

    private mutating func addUser(_ blocks: [MessagesRequest.Block]) throws(Refusal) {
        // In their order: what is no result may stand before one that becomes text.
        var converted: [Conversation.Content] = []
        for block in blocks {
            if case .toolResult(let result) = block {
                content += converted
                converted = []
                try add(result)
            } else {
                try convert(block, into: &converted)
            }
        }
        if content.isEmpty { content = converted } else { content += converted }
    }

    private mutating func add(_ result: MessagesRequest.ToolResult) throws(Refusal) {
        var inner: [Conversation.Content] = []
        inner.reserveCapacity(result.content.count)
        for block in result.content { try convert(block, into: &inner) }
        guard let index = pending.firstIndex(where: { $0.id.bytes.equals(result.id.bytes) }) else {
            receipt.record(.orphanedResult)
            content.append(
                .text(
                    TextRun(
                        .literal("[Result of the tool call "), .json(result.id),
                        .literal(", which is not part of this conversation]"))))
            content += inner
            return
        }
        let call = pending.remove(at: index)
        receipt.record(.toolResult)
        if result.isError { receipt.record(.toolResultError) }
        if inner.contains(where: \.isMedia) { receipt.record(.toolResultMedia) }
        results.append(
            Conversation.Result(id: result.id, name: call.name, content: inner, isError: result.isError))
    }

    /// Ends the user turn that is open: each call has its result then.
    private mutating func closeUserTurn() {
        for call in pending {
            receipt.record(.missingResult)
            results.append(
                Conversation.Result(
                    id: call.id, name: call.name, content: [.text(TextRun(.literal("[no result]")))], isError: false))
        }
        pending = []
        if !results.isEmpty || !content.isEmpty {
            conversation.turns.append(.user(results: results, content: content))
        }
        results = []
        content = []
        for text in delayed { conversation.turns.append(.system(text)) }
        delayed = []
    }

    // MARK: Assistant

    private mutating func addAssistant(_ blocks: [MessagesRequest.Block]) throws(Refusal) {
        var converted: [Conversation.Content] = []
        converted.reserveCapacity(blocks.count)
        for block in blocks { try convert(block, into: &converted) }
        if results.isEmpty, content.isEmpty, case .assistant(let before)? = conversation.turns.last {
            // Two in a row are one.
            conversation.turns.removeLast()
            converted = before + converted
            addPending(converted[before.count...])
        } else {
            closeUserTurn()
            addPending(converted[...])
        }
        if !converted.isEmpty { conversation.turns.append(.assistant(converted)) }
    }

    private mutating func addPending(_ content: ArraySlice<Conversation.Content>) {
        for case .toolUse(let call) in content { pending.append(call) }
    }

    mutating func run(_ text: JSONString) -> TextRun {
        textBytes += text.bytes.count
        return TextRun(text)
    }
}

extension Conversation.Content {
    var isMedia: Bool {
        switch self {
        case .image, .imageURL, .document, .documentURL: true
        case .text, .toolUse, .reasoning: false
        }
    }
}
