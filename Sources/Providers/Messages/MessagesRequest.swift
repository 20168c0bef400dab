import Wire

/// A client's request as a translator sees it: what there is and where it stands. Texts are not copied or decoded; every view is
/// valid as long as the body's memory is. https://platform.claude.com/docs/en/api/messages
package struct MessagesRequest {
    package enum Role: Sendable {
        case user, assistant, system
    }

    package struct Message {
        package let role: Role
        package let blocks: [Block]
    }

    package enum Block {
        case text(JSONString)
        case image(Source)
        /// Rare and large: apart, so that all the others stay small.
        indirect case document(Document)
        case toolUse(ToolUse)
        case toolResult(ToolResult)
        case thinking(text: JSONString, signature: JSONString?)
        case redactedThinking(JSONString)
        indirect case searchResult(title: JSONString?, source: JSONString?, content: [Block])
        /// A call that a server made by itself, and what came of it: as the JSON it is.
        case serverToolUse(name: JSONString, input: UnsafeRawBufferPointer)
        case serverToolResult(type: JSONString, content: UnsafeRawBufferPointer?)
        case toolReference(JSONString)
        case compaction(JSONString?)
        case other(type: JSONString)
    }

    package enum Source {
        case base64(mediaType: JSONString, data: JSONString)
        case url(JSONString)
        case file(JSONString)
        case text(JSONString)
        case blocks([Block])
    }

    package struct Document {
        package let source: Source
        package let title: JSONString?
        package let context: JSONString?
    }

    package struct ToolUse {
        package let id: JSONString
        package let name: JSONString
        /// An object.
        package let input: UnsafeRawBufferPointer
    }

    package struct ToolResult {
        package let id: JSONString
        package let content: [Block]
        package let isError: Bool
    }

    package struct Tool {
        package let name: JSONString
        /// `nil`, `custom`, or one of Anthropic's own with its date.
        package let type: JSONString?
        package let description: JSONString?
        /// The JSON Schema; absent for Anthropic's own tools.
        package let schema: UnsafeRawBufferPointer?
        package let isStrict: Bool
        package let isDeferred: Bool
        /// The whole definition.
        package let json: UnsafeRawBufferPointer

        /// A tool that the client runs and describes.
        package var isCustom: Bool { type.map { $0.equals("custom") } ?? true }
    }

    package enum ToolChoice {
        case auto, any, none
        case tool(JSONString)
    }

    package enum Thinking {
        case enabled(budget: Int64)
        case adaptive
        case disabled
    }

    package enum Effort: Int, Sendable {
        case low, medium, high, xhigh, max
    }

    package var maxTokens: Int64?
    package var system: [Block] = []
    package var messages: [Message] = []
    package var tools: [Tool] = []
    package var toolChoice: ToolChoice?
    package var disablesParallelTools = false
    package var thinking: Thinking?
    /// `thinking.display` is `omitted`: no summary is wanted.
    package var omitsThinking = false
    /// The last one said, in `output_config` or in a system message.
    package var effort: Effort?
    /// The schema of `output_config.format`.
    package var outputSchema: UnsafeRawBufferPointer?
    package var stopSequences: [JSONString] = []
    /// Numbers as they are written.
    package var temperature: UnsafeRawBufferPointer?
    package var topP: UnsafeRawBufferPointer?
    package var topK: UnsafeRawBufferPointer?
    package var userID: JSONString?
    package var isFast = false
    package var standardTierOnly = false
    package var hasCacheControl = false
    package var hasCitations = false
    package var hasContextManagement = false
    package var hasSafeguards = false
    /// `mcp_servers` that Anthropic would call.
    package var hasServers = false
    /// Members that have no counterpart in any other dialect, and unknown ones.
    package var otherMembers: [JSONString] = []
}

extension MessagesRequest.Block {
    /// A text that holds nothing but white space; other APIs refuse it.
    var isBlank: Bool {
        if case .text(let text) = self { text.isBlank } else { false }
    }
}

extension JSONString {
    /// It holds nothing but white space.
    var isBlank: Bool {
        guard hasEscapes else { return bytes.allSatisfy { $0 == 0x20 } }
        var rest = bytes[...]
        while let first = rest.first {
            if first == 0x20 {
                rest = rest.dropFirst()
            } else if first == UInt8(ascii: "\\"), let length = Self.blankEscape(rest.dropFirst()) {
                rest = rest.dropFirst(1 + length)
            } else {
                return false
            }
        }
        return true
    }

    /// How long an escape of white space is, behind its backslash.
    private static func blankEscape(_ text: Slice<UnsafeRawBufferPointer>) -> Int? {
        switch text.first {
        case UInt8(ascii: "n"), UInt8(ascii: "t"), UInt8(ascii: "r"): return 1
        case UInt8(ascii: "u"):
            let digits = text.dropFirst().prefix(4).compactMap { Hex.value(of: $0) }
            guard digits.count == 4 else { return nil }
            return [0x09, 0x0A, 0x0D, 0x20].contains(digits.reduce(0) { $0 << 4 | Int($1) }) ? 5 : nil
        default: return nil
        }
    }
}
