/// What becomes of each feature in each dialect. The translators act by it, docs/fidelity.md is printed from it.
package struct FidelityRule: Sendable {
    package let fidelity: Fidelity
    /// How, in a few words.
    package let remark: StaticString
}

extension RequestFeature {
    /// The rule in a dialect that is translated into; Messages itself is forwarded.
    package func rule(_ dialect: Dialect) -> FidelityRule {
        Self.table[Int(rawValue) * Dialect.allCases.count + Int(dialect.rawValue)]
    }

    /// Made once: each block of each request asks.
    private static let table = allCases.flatMap { feature in Dialect.allCases.map { feature.made($0) } }

    private func made(_ dialect: Dialect) -> FidelityRule {
        let row = rules
        switch dialect {
        case .messages: return FidelityRule(fidelity: .forwarded, remark: "")
        case .chatCompletions: return row.chat
        case .responses: return row.responses
        case .generateContent: return row.gemini
        case .converse: return row.converse
        }
    }

    private typealias Row = (
        chat: FidelityRule, responses: FidelityRule, gemini: FidelityRule, converse: FidelityRule
    )

    private static func same(_ fidelity: Fidelity, _ remark: StaticString) -> Row {
        let rule = FidelityRule(fidelity: fidelity, remark: remark)
        return (rule, rule, rule, rule)
    }

    private static func row(
        _ chat: (Fidelity, StaticString), _ responses: (Fidelity, StaticString), _ gemini: (Fidelity, StaticString),
        _ converse: (Fidelity, StaticString)
    ) -> Row {
        func rule(_ pair: (Fidelity, StaticString)) -> FidelityRule { FidelityRule(fidelity: pair.0, remark: pair.1) }
        return (rule(chat), rule(responses), rule(gemini), rule(converse))
    }

    private var rules: Row {
        switch self {
        case .text, .toolResult, .tools: Self.same(.translated, "")
        case .toolUse:
            Self.row(
                (.translated, "text behind a call moves in front of it: approximated"), (.translated, ""),
                (.translated, ""), (.translated, "text behind a call moves in front of it: approximated"))
        case .systemPrompt:
            Self.row(
                (.translated, "first message"), (.translated, "instructions"), (.translated, "systemInstruction"),
                (.translated, "system"))
        case .midConversationSystem:
            Self.row(
                (.translated, "in place; on-prem: in the next user message, marked"), (.translated, "in place"),
                (.approximated, "in the user turn, marked"), (.approximated, "in the user turn, marked"))
        case .attribution: Self.same(.dropped, "changes with each version and session; would defeat prefix caches")
        case .cacheControl:
            Self.row(
                (.dropped, "caching is automatic"), (.dropped, "caching is automatic"),
                (.dropped, "caching is automatic"), (.dropped, "caching by the model's own rules"))
        default: content
        }
    }

    private var content: Row {
        switch self {
        case .image:
            Self.row(
                (.translated, "data URL"), (.translated, "data URL"), (.translated, "inlineData"), (.translated, ""))
        case .imageURL:
            Self.row(
                (.translated, ""), (.translated, ""), (.translated, "fileData"), (.rejected, "the API takes bytes only")
            )
        case .document:
            Self.row(
                (.translated, "PDF as file; text as text"), (.translated, "PDF as input_file; text as text"),
                (.translated, "PDF as inlineData; text as text"), (.translated, "PDF as document; text as text"))
        case .documentURL:
            Self.row(
                (.rejected, "the API takes no URLs"), (.translated, "file_url"), (.translated, "fileData"),
                (.rejected, "the API takes bytes only"))
        case .fileReference: Self.same(.rejected, "files are stored at Anthropic")
        case .searchResult: Self.same(.approximated, "text with its source")
        case .citations: Self.same(.dropped, "")
        case .toolResultMedia:
            Self.row(
                (.approximated, "in a user message behind the results"), (.translated, ""),
                (.translated, "functionResponse.parts; older models: in the user turn"), (.translated, ""))
        case .toolResultError:
            Self.row(
                (.approximated, "`Error: ` before the text"), (.approximated, "`Error: ` before the text"),
                (.translated, "response.error"), (.translated, "status error"))
        case .orphanedResult: Self.same(.approximated, "a result without its call becomes text")
        case .missingResult: Self.same(.approximated, "a call without its result gets `[no result]`")
        case .ownReasoning:
            Self.row(
                (.dropped, "the API takes none"),
                (.translated, "reasoning item with encrypted_content; the `phase` of texts"),
                (.translated, "thoughtSignature"), (.translated, "reasoningContent"))
        case .foreignReasoning: Self.same(.dropped, "only the model that thought it could use it")
        case .serverToolHistory: Self.same(.approximated, "call and result as text")
        case .toolReference: Self.same(.approximated, "the tool's definition is sent")
        case .compaction: Self.same(.approximated, "its summary as text")
        case .unknownBlock: Self.same(.approximated, "a note that names its type")
        case .prefill: Self.same(.rejected, "the model would answer anew instead of going on")
        case .emptyText: Self.same(.dropped, "")
        default: parameters
        }
    }

    private var parameters: Row {
        switch self {
        case .maxTokens: Self.same(.translated, "")
        case .maxTokensClamped: Self.same(.approximated, "to what the model can write, and to the API's least")
        case .prewarm: Self.same(.approximated, "answered here: nothing could be warmed")
        case .stopSequences:
            Self.row(
                (.translated, "on-prem `stop`; reasoning models: watched for here"), (.translated, "watched for here"),
                (.translated, "more than five: watched for here"), (.translated, ""))
        case .temperature, .topP:
            Self.row(
                (.forwarded, "reasoning models: dropped"), (.forwarded, "reasoning models: dropped"),
                (.forwarded, ""), (.forwarded, ""))
        case .topK:
            Self.row(
                (.dropped, ""), (.dropped, ""), (.forwarded, ""), (.dropped, "differs by vendor"))
        case .toolSchema:
            Self.row(
                (.forwarded, "what is missing at its root is added"), (.forwarded, "with strict off"),
                (.approximated, "keywords that the API does not know move into descriptions"),
                (.forwarded, "what is missing at its root is added"))
        case .toolName: Self.same(.translated, "longer than the API allows: shortened, and restored in answers")
        case .deferredTools: Self.same(.translated, "sent once they were referred to, or chosen")
        case .webSearch, .allowedDomains, .blockedDomains, .userLocation, .maxUses: search
        case .serverTools:
            Self.same(.rejected, "run at Anthropic, `mcp_servers` too; dropped where other tools are left")
        case .anthropicTools: Self.same(.rejected, "their definitions are Anthropic's own")
        case .toolChoice:
            Self.row(
                (.translated, ""), (.translated, ""), (.translated, ""), (.translated, "`none`: tools are left out"))
        case .parallelToolUse:
            Self.row((.translated, ""), (.translated, ""), (.dropped, ""), (.dropped, ""))
        case .thinking:
            Self.row(
                (.translated, "reasoning_effort; where tools forbid it: dropped"), (.translated, "reasoning"),
                (.translated, "thinkingConfig"),
                (.dropped, "differs by vendor"))
        case .effort:
            Self.row(
                (.translated, "the nearest that the model has; where tools forbid it: dropped"),
                (.translated, "the nearest that the model has"), (.translated, "thinkingLevel or thinkingBudget"),
                (.dropped, "differs by vendor"))
        case .outputFormat:
            Self.row(
                (.translated, "response_format; approximated if `strict` does not take the schema"),
                (.translated, "text.format; approximated if `strict` does not take the schema"),
                (.translated, "responseJsonSchema; narrowed, or beside tools of older models: approximated"),
                (.approximated, "as an instruction"))
        case .metadata:
            Self.row(
                (.dropped, "names a person"), (.dropped, "names a person"), (.dropped, "names a person"),
                (.dropped, "names a person"))
        case .serviceTier: Self.same(.dropped, "")
        case .speed: Self.same(.dropped, "")
        case .contextManagement: Self.same(.dropped, "costs tokens, changes nothing")
        case .safeguards: Self.same(.rejected, "the client repeats the request without it")
        default: Self.same(.dropped, "no counterpart")
        }
    }

    /// Anthropic's search, and what binds it.
    private var search: Row {
        let none: (Fidelity, StaticString) = (.rejected, "the API has none")
        return switch self {
        case .allowedDomains:
            Self.row(
                none, (.translated, "filters, without paths; on-prem: dropped"), (.dropped, "the API has none"), none)
        case .blockedDomains:
            Self.row(
                none, (.translated, "xAI: filters; OpenAI: filters, approximated; others: dropped"),
                (.dropped, "Vertex: translated: excludeDomains"), none)
        case .userLocation:
            Self.row(none, (.translated, "xAI, on-prem: dropped"), (.dropped, "the API has none"), none)
        case .maxUses:
            Self.row(none, (.translated, "max_tool_calls; xAI, on-prem: dropped"), (.dropped, "the API has none"), none)
        default:
            Self.row(
                none, (.translated, "web_search; results without titles, texts without citations"),
                (.translated, "googleSearch"), none)
        }
    }
}
