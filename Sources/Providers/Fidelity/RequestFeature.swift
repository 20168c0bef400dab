/// The parts of a Messages request whose fate in another dialect is worth telling. At most 64.
package enum RequestFeature: UInt8, Sendable, CaseIterable {
    case text, systemPrompt, midConversationSystem, attribution
    case image, imageURL, document, documentURL, fileReference, searchResult, citations
    case toolUse, toolResult, toolResultMedia, toolResultError, orphanedResult, missingResult
    case ownReasoning, foreignReasoning, serverToolHistory, toolReference, compaction, unknownBlock
    case prefill, emptyText
    case maxTokens, maxTokensClamped, prewarm, stopSequences, temperature, topP, topK
    case tools, toolSchema, toolName, deferredTools, webSearch, allowedDomains, blockedDomains, userLocation, maxUses
    case serverTools, anthropicTools
    case toolChoice, parallelToolUse
    case thinking, effort, outputFormat
    case cacheControl, metadata, serviceTier, speed, contextManagement, safeguards, otherFields

    package var name: StaticString {
        switch self {
        case .text: "text"
        case .systemPrompt: "system_prompt"
        case .midConversationSystem: "system_message"
        case .attribution: "attribution"
        case .image: "image"
        case .imageURL: "image_url"
        case .document: "document"
        case .documentURL: "document_url"
        case .fileReference: "file_id"
        case .searchResult: "search_result"
        case .citations: "citations"
        case .toolUse: "tool_use"
        case .toolResult: "tool_result"
        case .toolResultMedia: "tool_result_media"
        case .toolResultError: "is_error"
        case .orphanedResult: "orphaned_tool_result"
        case .missingResult: "missing_tool_result"
        case .ownReasoning: "thinking_replayed"
        case .foreignReasoning: "thinking_of_others"
        case .serverToolHistory: "server_tool_history"
        case .toolReference: "tool_reference"
        case .compaction: "compaction"
        case .unknownBlock: "unknown_block"
        case .prefill: "prefill"
        case .emptyText: "empty_text"
        case .maxTokens: "max_tokens"
        case .maxTokensClamped: "max_tokens_clamped"
        case .prewarm: "max_tokens_zero"
        case .stopSequences: "stop_sequences"
        case .temperature: "temperature"
        case .topP: "top_p"
        case .topK: "top_k"
        case .tools: "tools"
        case .toolSchema: "tool_schema"
        case .toolName: "tool_name"
        case .deferredTools: "deferred_tools"
        case .webSearch: "web_search"
        case .allowedDomains: "allowed_domains"
        case .blockedDomains: "blocked_domains"
        case .userLocation: "user_location"
        case .maxUses: "max_uses"
        case .serverTools: "server_tools"
        case .anthropicTools: "anthropic_tools"
        case .toolChoice: "tool_choice"
        case .parallelToolUse: "disable_parallel_tool_use"
        case .thinking: "thinking"
        case .effort: "effort"
        case .outputFormat: "output_format"
        case .cacheControl: "cache_control"
        case .metadata: "metadata"
        case .serviceTier: "service_tier"
        case .speed: "speed"
        case .contextManagement: "context_management"
        case .safeguards: "safeguards"
        case .otherFields: "other_fields"
        }
    }

    /// Whether leaving it out could change what the model says, and not only what it costs or how long it takes.
    package var mattersToAnswer: Bool {
        switch self {
        case .attribution, .cacheControl, .metadata, .serviceTier, .speed, .contextManagement, .emptyText,
            .maxTokensClamped, .citations, .foreignReasoning, .otherFields, .toolName, .deferredTools, .toolReference,
            .maxUses:
            false
        default: true
        }
    }
}
