import Wire

extension ConversationBuilder {
    /// Adds what a block becomes: nothing, itself, or text. Throws 400 for what cannot be given to the target.
    mutating func convert(
        _ block: MessagesRequest.Block, into content: inout [Conversation.Content]
    ) throws(Refusal) {
        switch block {
        case .text(let text):
            if block.isBlank { return receipt.record(.emptyText) }
            receipt.record(.text)
            content.append(.text(run(text)))
        case .toolUse(let call):
            receipt.record(.toolUse)
            textBytes += call.input.count
            content.append(.toolUse(call))
        default: content += try converted(block)
        }
    }

    private mutating func converted(_ block: MessagesRequest.Block) throws(Refusal) -> [Conversation.Content] {
        switch block {
        case .image(let source): return [try image(source)]
        case .document(let document): return try self.document(document)
        case .toolResult:
            throw .invalid("messages", "a tool_result stands only in a user message")
        case .thinking(let text, let signature): return reasoning(signature, text: text)
        case .redactedThinking(let data): return reasoning(data, text: nil)
        default: return try rare(block)
        }
    }

    private mutating func rare(_ block: MessagesRequest.Block) throws(Refusal) -> [Conversation.Content] {
        switch block {
        case .searchResult(let title, let source, let content):
            receipt.record(.searchResult)
            return try searchResult(title, source, content)
        case .serverToolUse(let name, let input):
            receipt.record(.serverToolHistory)
            textBytes += input.count
            return [
                .text(
                    TextRun(
                        .literal("[The server's tool "), .json(name), .literal(" was called with "), .utf8(input),
                        .literal("]")))
            ]
        case .serverToolResult(let type, let content):
            receipt.record(.serverToolHistory)
            textBytes += content?.count ?? 0
            let result = content.map { TextRun.Part.utf8($0) } ?? .literal("nothing")
            return [.text(TextRun(.literal("["), .json(type), .literal(": "), result, .literal("]")))]
        case .toolReference(let name):
            receipt.record(.toolReference)
            conversation.referencedTools.append(name)
            return [.text(TextRun(.literal("The tool "), .json(name), .literal(" can be called now.")))]
        case .compaction(let summary):
            receipt.record(.compaction)
            return summary.map { [.text(run($0))] } ?? []
        case .other(let type):
            receipt.record(.unknownBlock)
            return [.text(TextRun(.literal("[A block of the type "), .json(type), .literal(" stood here.]")))]
        default: return []
        }
    }

    // MARK: Media

    private mutating func image(_ source: MessagesRequest.Source) throws(Refusal) -> Conversation.Content {
        switch source {
        case .base64(let mediaType, let data):
            receipt.record(.image)
            conversation.estimatedInput += Conversation.imageTokens
            return .image(mediaType: ImageType.told(by: data) ?? mediaType, data: data)
        case .url(let url):
            try check(.imageURL, "an image by URL")
            conversation.estimatedInput += Conversation.imageTokens
            return .imageURL(url)
        case .file:
            try check(.fileReference, "an image by file_id")
            fallthrough
        case .text, .blocks: throw .invalid("messages", "an image needs a base64 or url source")
        }
    }

    private mutating func document(_ document: MessagesRequest.Document) throws(Refusal) -> [Conversation.Content] {
        switch document.source {
        case .base64(let mediaType, let data):
            receipt.record(.document)
            // Of the size a page has in the mean.
            conversation.estimatedInput += 2_000 + Int64(data.bytes.count) / 50
            return head(document) + [.document(mediaType: mediaType, data: data, title: document.title)]
        case .text(let text):
            receipt.record(.document)
            return [.text(headed(document, run(text)))]
        case .blocks(let blocks):
            receipt.record(.document)
            var content = head(document)
            for block in blocks { try convert(block, into: &content) }
            return content
        case .url(let url):
            try check(.documentURL, "a document by URL")
            return head(document) + [.documentURL(url)]
        case .file:
            try check(.fileReference, "a document by file_id")
            return []
        }
    }

    /// What is said of a document and has no place in it; the titles of files are some APIs' names of them.
    private func head(_ document: MessagesRequest.Document) -> [Conversation.Content] {
        let isNamed = if case .base64 = document.source { target.dialect != .generateContent } else { false }
        if document.context == nil, document.title == nil || isNamed { return [] }
        return [.text(headed(document, nil))]
    }

    private func headed(_ document: MessagesRequest.Document, _ text: TextRun?) -> TextRun {
        var run = TextRun(.literal("[Document"))
        if let title = document.title {
            run.append(.literal(": "))
            run.append(.json(title))
        }
        run.append(.literal("]"))
        for part in [document.context.map { TextRun($0) }, text] {
            guard let part else { continue }
            run.append(.literal("\n"))
            run.append(part)
        }
        return run
    }

    private mutating func searchResult(
        _ title: JSONString?, _ source: JSONString?, _ blocks: [MessagesRequest.Block]
    ) throws(Refusal) -> [Conversation.Content] {
        var run = TextRun(.literal("[Search result"))
        for part in [title, source] {
            guard let part else { continue }
            run.append(.literal(": "))
            run.append(.json(part))
        }
        run.append(.literal("]"))
        for case .text(let text) in blocks {
            run.append(.literal("\n"))
            run.append(self.run(text))
        }
        return [.text(run)]
    }

    // MARK: Reasoning

    /// T-8: only who minted a state can use it; the text alone is not what the model thought.
    private mutating func reasoning(_ signature: JSONString?, text: JSONString?) -> [Conversation.Content] {
        guard let signature, let payload = state.payload(of: signature),
            RequestFeature.ownReasoning.rule(target.dialect).fidelity == .translated
        else {
            receipt.record(.foreignReasoning)
            return []
        }
        receipt.record(.ownReasoning)
        return [.reasoning(state: payload, text: text.flatMap { $0.bytes.isEmpty ? nil : $0 })]
    }

    /// Refuses what the table says is rejected in this dialect.
    private mutating func check(_ feature: RequestFeature, _ what: String) throws(Refusal) {
        receipt.record(feature)
        let rule = feature.rule(target.dialect)
        guard rule.fidelity == .rejected else { return }
        throw .invalid("messages", "\(what) cannot be given to \(target.model): \(rule.remark)")
    }
}

/// What an image is by its first bytes: a wrong `media_type` is common, and refused elsewhere (T-20).
enum ImageType {
    /// Of base64: the beginnings of PNG, JPEG, GIF and WebP (`RIFF….WEBP`).
    static func told(by data: JSONString) -> JSONString? {
        func begins(_ text: StaticString) -> Bool {
            data.bytes.count > 24 && data.bytes.starts(with: text)
        }
        if begins("iVBORw0KGgo") { return JSONString(literal: "image/png") }
        if begins("/9j/") { return JSONString(literal: "image/jpeg") }
        if begins("R0lGOD") { return JSONString(literal: "image/gif") }
        if begins("UklGR") { return JSONString(literal: "image/webp") }
        return nil
    }
}
