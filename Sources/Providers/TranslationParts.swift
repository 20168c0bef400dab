import Wire

/// What a request's translators work on, read and put in order once.
package struct TranslationParts {
    package let request: MessagesRequest
    package let conversation: Conversation
    package let selection: ToolSelection
    package let target: TranslationTarget
    /// Claude Code's session, for the provider's cache; may be empty.
    package let sessionID: [UInt8]
    /// Of the client's request: about as many as the provider's has.
    let bodyBytes: Int
    package var receipt: FidelityReceipt
    package var context: AnswerContext

    package init(
        _ body: UnsafeRawBufferPointer, for target: TranslationTarget, sessionID: [UInt8], counts: Bool = false,
        _ context: AnswerContext
    ) throws(Refusal) {
        var receipt = FidelityReceipt(target.dialect)
        request = try MessagesRequest(reading: body)
        if request.hasSafeguards { throw .invalid("safeguards", "is not supported by \(target.model)") }
        conversation = try Conversation(request, for: target, counts: counts, &receipt)
        selection = try ToolSelection(request, conversation, for: target, &receipt)
        self.target = target
        bodyBytes = body.count
        self.sessionID = sessionID
        self.context = context
        self.context.estimatedInput = conversation.estimatedInput
        self.context.sent = SentMedia(receipt)
        if request.stopSequences.count == 1 { self.context.onlyStopSequence = Self.decoded(request.stopSequences[0]) }
        self.context.omitsThinking = request.omitsThinking
        if request.hasCitations { receipt.record(.citations) }
        if request.hasCacheControl { receipt.record(.cacheControl) }
        if request.hasContextManagement { receipt.record(.contextManagement) }
        if request.userID != nil { receipt.record(.metadata) }
        if request.standardTierOnly { receipt.record(.serviceTier) }
        if request.isFast { receipt.record(.speed) }
        if !request.otherMembers.isEmpty { receipt.record(.otherFields) }
        self.receipt = receipt
    }

    /// The request is written. Throws 400 where the policy allows no loss and there is one.
    func done() throws(Refusal) -> Translation.Request {
        guard target.rejectsLosses, !receipt.losses.isEmpty else {
            return Translation.Request(receipt: receipt, context: context)
        }
        let names = receipt.losses.map { "\($0.name)" }.joined(separator: ", ")
        throw .invalid(
            "fidelity",
            "\(target.model) cannot be given all of the request: \(names). The provider's policy is `reject`.")
    }

    // MARK: Tools

    /// A name as the provider takes it.
    mutating func write(name: JSONString, _ json: inout JSONWriter) {
        if context.toolNames.write(name, &json) { receipt.record(.toolName) }
    }

    /// The most tokens that may be written; `nil`: the provider's own limit is to hold.
    mutating func maximumTokens(modelLimit: Int64?, least: Int64 = 1) -> Int64? {
        guard let asked = request.maxTokens else { return nil }
        receipt.record(.maxTokens)
        var tokens = max(asked, least)
        if let limit = target.maximumOutput ?? modelLimit { tokens = min(tokens, limit) }
        if tokens != asked { receipt.record(.maxTokensClamped) }
        return tokens
    }

    /// Stop sequences are looked for here, as the provider does not (T-11).
    mutating func watchStopSequences() {
        guard !request.stopSequences.isEmpty else { return }
        receipt.record(.stopSequences)
        context.stopSequences = request.stopSequences.compactMap(Self.decoded)
    }

    private static func decoded(_ text: JSONString) -> [UInt8]? {
        var decoded = ByteWriter()
        return (try? text.append(to: &decoded)).map { decoded.array }
    }
}

extension MessagesRequest {
    /// How much is to be thought, as one word; `nil`: as the model likes.
    var reasoning: Reasoning? {
        switch (thinking, effort) {
        case (.disabled?, _): .off
        case (_, let effort?): .effort(effort)
        case (.enabled(let budget)?, nil):
            // The bounds that other translators use for budgets.
            .effort(budget >= 4_096 ? .high : budget >= 2_048 ? .medium : .low)
        case (.adaptive?, nil), (nil, nil): nil
        }
    }

    enum Reasoning {
        case off
        case effort(Effort)
    }
}
