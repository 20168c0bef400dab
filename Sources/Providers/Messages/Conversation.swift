import Wire

/// A conversation in the form that all other dialects can be written from: results stand directly behind their calls, one for
/// each; what only Anthropic knows has become text or is gone; reasoning is there only if the target minted it.
package struct Conversation {
    package enum Content {
        case text(TextRun)
        case image(mediaType: JSONString, data: JSONString)
        case imageURL(JSONString)
        /// A PDF.
        case document(mediaType: JSONString, data: JSONString, title: JSONString?)
        case documentURL(JSONString)
        case toolUse(MessagesRequest.ToolUse)
        /// State that the target minted; `text` is the summary it was shown with.
        case reasoning(state: UnsafeRawBufferPointer, text: JSONString?)
    }

    package struct Result {
        package let id: JSONString
        /// The tool that was called.
        package let name: JSONString
        package let content: [Content]
        package let isError: Bool
    }

    package enum Turn {
        case user(results: [Result], content: [Content])
        case assistant([Content])
        case system(TextRun)
    }

    package var system: [TextRun] = []
    package var turns: [Turn] = []
    /// Deferred tools that the history refers to, by name.
    package var referencedTools: [JSONString] = []
    /// Tokens of the input by the size of its parts: for `message_start`, before anybody has counted.
    package var estimatedInput: Int64 = 0
}

extension Conversation {
    /// Throws 400 for what the target cannot be given.
    package init(
        _ request: MessagesRequest, for target: TranslationTarget, counts: Bool = false,
        _ receipt: inout FidelityReceipt
    ) throws(Refusal) {
        var builder = ConversationBuilder(target, receipt)
        try builder.build(request, counts: counts)
        receipt = builder.receipt
        self = builder.conversation
    }

    /// Tokens of an image, of about the size that clients send.
    static let imageTokens: Int64 = 1_600

    /// The system prompt as one text, its blocks separated by blank lines (T-7).
    package var systemText: TextRun? {
        guard var text = system.first else { return nil }
        for block in system.dropFirst() {
            text.append(.literal("\n\n"))
            text.append(block)
        }
        return text
    }
}
