import Configuration
import Wire

/// The provider's own search, bound as the client binds Anthropic's.
/// https://platform.openai.com/docs/guides/tools-web-search, https://docs.x.ai/docs/guides/tools/search-tools
extension ResponsesRequest {
    private var isOpenAI: Bool { parts.target.kind == .openAI || parts.target.kind == .azure }

    mutating func writeSearch(_ rules: WebSearchRules, _ json: inout JSONWriter) {
        json.beginObject()
        json.member("type", literal: "web_search")
        writeFilters(rules, &json)
        if let location = rules.location {
            parts.receipt.record(.userLocation, isOpenAI ? .translated : .dropped)
            if isOpenAI {
                json.key("user_location")
                json.value(raw: location)
            }
        }
        json.endObject()
        if rules.maximumUses != nil { parts.receipt.record(.maxUses, isOpenAI ? .translated : .dropped) }
    }

    private mutating func writeFilters(_ rules: WebSearchRules, _ json: inout JSONWriter) {
        let isXAI = parts.target.kind == .xAI
        let allows = takes(rules.allowed, .allowedDomains, isOpenAI || isXAI ? .translated : .dropped)
        // OpenAI has shown what was blocked (community.openai.com, 1381555).
        let blocking: Fidelity =
            switch parts.target.kind {
            case .xAI: .translated
            case .openAI: .approximated
            default: .dropped
            }
        let blocks = takes(rules.blocked, .blockedDomains, blocking)
        guard allows || blocks else { return }
        json.key("filters")
        json.beginObject()
        if allows { json.member("allowed_domains", rules.allowed) }
        if blocks { json.member(isXAI ? "excluded_domains" : "blocked_domains", rules.blocked) }
        json.endObject()
    }

    /// Whether there are domains and the API takes them.
    private mutating func takes(
        _ domains: WebSearchRules.Domains, _ feature: RequestFeature, _ fidelity: Fidelity
    ) -> Bool {
        guard !domains.names.isEmpty else { return false }
        parts.receipt.record(feature, domains.hadPaths && fidelity == .translated ? .approximated : fidelity)
        return fidelity != .dropped
    }

    /// The search is all that is run by the provider, so that a limit of its tools is one of searches.
    func writeSearchLimit(_ json: inout JSONWriter) {
        guard isOpenAI, let uses = parts.selection.webSearch?.maximumUses else { return }
        json.member("max_tool_calls", uses)
    }

    /// What is asked for beside the answer.
    func writeInclude(_ values: [StaticString], _ json: inout JSONWriter) {
        let values = values + (parts.selection.searchesWeb && isOpenAI ? ["web_search_call.action.sources"] : [])
        guard !values.isEmpty else { return }
        json.key("include")
        json.beginArray()
        for value in values { json.value(value) }
        json.endArray()
    }
}
