import Wire

/// The tools that go to a provider.
package struct ToolSelection {
    /// Those that the client runs.
    package private(set) var tools: [MessagesRequest.Tool] = []
    /// The provider's own search stands for Anthropic's.
    package var searchesWeb: Bool { webSearch != nil }
    /// How that search is bound.
    private(set) var webSearch: WebSearchRules?

    /// Throws 400 if all that the client offers runs only at Anthropic.
    package init(
        _ request: MessagesRequest, _ conversation: Conversation, for target: TranslationTarget,
        _ receipt: inout FidelityReceipt
    ) throws(Refusal) {
        var refused: [(name: JSONString, feature: RequestFeature)] = []
        for tool in request.tools {
            if tool.isCustom {
                add(tool, request.toolChoice, conversation, &receipt)
            } else if let feature = Self.feature(of: tool) {
                if feature.rule(target.dialect).fidelity == .translated {
                    webSearch = WebSearchRules(tool.json)
                    receipt.record(feature)
                } else {
                    refused.append((tool.type ?? tool.name, feature))
                }
            } else {
                // Tool search: what it would find is sent when it is referred to.
                receipt.record(.deferredTools)
            }
        }
        if request.hasServers { refused.append((JSONString(literal: "mcp_servers"), .serverTools)) }
        guard let first = refused.first else { return }
        if tools.isEmpty, !searchesWeb {
            let name = (try? first.name.decoded()) ?? ""
            throw .invalid(
                "tools", "\(name) cannot be given to \(target.model): \(first.feature.rule(target.dialect).remark)")
        }
        for entry in refused { receipt.record(entry.feature, .dropped) }
    }

    /// T-28: all deferred tools together would fill the context; those that were found are sent, and one that must be called.
    private mutating func add(
        _ tool: MessagesRequest.Tool, _ choice: MessagesRequest.ToolChoice?, _ conversation: Conversation,
        _ receipt: inout FidelityReceipt
    ) {
        if tool.isDeferred {
            receipt.record(.deferredTools)
            let isChosen = if case .tool(let name)? = choice { name.bytes.equals(tool.name.bytes) } else { false }
            guard isChosen || conversation.refers(to: tool.name) else { return }
        }
        receipt.record(.tools)
        tools.append(tool)
    }

    private static func feature(of tool: MessagesRequest.Tool) -> RequestFeature? {
        guard let type = tool.type else { return nil }
        func begins(_ prefix: StaticString) -> Bool { type.bytes.startsIgnoringCase(prefix) }
        if begins("tool_search_tool") { return nil }
        if begins("web_search") { return .webSearch }
        if begins("bash_") || begins("text_editor_") || begins("memory_") || begins("computer_")
            || begins("browser_toolset") || begins("computer_toolset")
        {
            return .anthropicTools
        }
        return .serverTools
    }
}

extension Conversation {
    /// Whether the history mentions or calls a tool.
    func refers(to name: JSONString) -> Bool {
        if referencedTools.contains(where: { $0.bytes.equals(name.bytes) }) { return true }
        for case .assistant(let content) in turns {
            for case .toolUse(let call) in content where call.name.bytes.equals(name.bytes) { return true }
        }
        return false
    }
}
