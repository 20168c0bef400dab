/// What platforms make of a beta, and what of a body belongs to it.
struct BetaRow: Sendable {
    enum Fate: Sendable {
        case pass, drop
        case rename(String)
        /// Nobody says; the platform's rule for unknown ones holds.
        case unlisted
    }
    /// Exact, or a beginning with `*` behind.
    let name: String
    let bedrock: Fate
    let mantle: Fate
    let vertex: Fate
    let foundry: Fate
    let fields: [BodyField]
    /// From this Claude on the fields need no beta: they stay where only the beta is refused.
    var settledSince: ClaudeVersion?

    func fate(_ platform: ClaudePlatform) -> Fate {
        switch platform {
        case .anthropic: .pass
        case .bedrock: bedrock
        case .mantle: mantle
        case .vertex: vertex
        case .foundry: foundry
        }
    }
}

/// The start is LiteLLM's list of what the platforms accept
/// (https://github.com/BerriAI/litellm/blob/main/litellm/anthropic_beta_headers_config.json), with the pairs of header and body of
/// https://code.claude.com/docs/en/llm-gateway-protocol. A field that is part of the API by now, as `output_config.format` or
/// `cache_control.ttl`, is not a beta's: to lose it silently would be worse than a refusal that names it.
enum BetaTable {
    static func row(_ name: String) -> BetaRow? { rows.first { BetaName.matches(name, [$0.name]) } }

    /// What Bedrock's CountTokens takes.
    static let counted = [
        "context-1m-2025-08-07", "interleaved-thinking-2025-05-14", "computer-use-*", "advanced-tool-use-2025-11-20",
        "tool-search-tool-2025-10-19",
    ]

    private static let toolSearch = BetaRow.Fate.rename("tool-search-tool-2025-10-19")

    private static func row(
        _ name: String, _ bedrock: BetaRow.Fate, _ mantle: BetaRow.Fate, _ vertex: BetaRow.Fate,
        _ foundry: BetaRow.Fate, _ fields: BodyField...
    ) -> BetaRow {
        BetaRow(name: name, bedrock: bedrock, mantle: mantle, vertex: vertex, foundry: foundry, fields: fields)
    }

    /// Effort is part of the API since Claude 4.6; older models refuse the field.
    private static func settled(_ row: BetaRow) -> BetaRow {
        var row = row
        row.settledSince = ClaudeVersion(major: 4, minor: 6)
        return row
    }

    static let rows: [BetaRow] = thinking + conversation + tools + account

    private static let thinking = [
        row("interleaved-thinking-2025-05-14", .drop, .pass, .pass, .pass),
        row(
            "thinking-binding-controls-2026-08-01", .pass, .pass, .pass, .drop,
            BodyField(.member("thinking"), .member("block_binding"))),
        row("thinking-display-updates-2026-08-18", .pass, .pass, .pass, .pass),
        settled(row("effort-2025-11-24", .pass, .pass, .drop, .pass, effort, turnEffort)),
        row("per-turn-control-2026-07-01", .drop, .pass, .pass, .pass, turnConfig, clearAt),
        row("mid-conversation-output-config-2026-07-01", .unlisted, .unlisted, .unlisted, .unlisted, turnConfig),
        row("mid-conversation-system-clear-at-2026-08-21", .unlisted, .unlisted, .unlisted, .unlisted, clearAt),
        row(
            "task-budgets-*", .unlisted, .unlisted, .unlisted, .unlisted,
            BodyField(.member("output_config"), .member("task_budget"))),
        row("structured-outputs-*", .drop, .pass, .drop, .pass, BodyField("output_format")),
        row("fast-mode-*", .drop, .drop, .drop, .drop, BodyField("speed")),
    ]

    private static let conversation = [
        row("context-1m-2025-08-07", .pass, .pass, .pass, .pass),
        row("context-management-2025-06-27", .pass, .pass, .pass, .pass, BodyField("context_management")),
        row("compact-*", .pass, .pass, .pass, .drop, compaction, BodyField("compaction")),
        row(
            "prompt-caching-scope-2026-01-05", .drop, .drop, .drop, .pass, systemScope, toolScope, blockScope, ownScope),
        row("extended-cache-ttl-2025-04-11", .drop, .pass, .drop, .pass),
        row("mid-conversation-tool-changes-2026-07-01", .pass, .pass, .unlisted, .drop, addition, removal),
        row("mid-conversation-system-2026-04-07", .unlisted, .pass, .unlisted, .drop),
        row("message-threads-*", .drop, .drop, .drop, .drop, BodyField("thread")),
        row("server-side-fallback-*", .drop, .drop, .drop, .drop, BodyField("fallbacks")),
        row("fallback-credit-*", .drop, .drop, .drop, .drop, BodyField("fallback_credit_token")),
    ]

    private static let tools = [
        row("advanced-tool-use-2025-11-20", toolSearch, toolSearch, toolSearch, .pass, deferral, callers, examples),
        row("tool-search-tool-2025-10-19", .pass, .pass, .pass, .pass, deferral),
        row("fine-grained-tool-streaming-2025-05-14", .pass, .pass, .drop, .drop, eagerInput),
        row("computer-use-*", .pass, .pass, .pass, .pass),
        row("web-search-2025-03-05", .drop, .pass, .pass, .pass),
        row("web-fetch-*", .drop, .drop, .drop, .pass),
        row("code-execution-*", .drop, .drop, .drop, .pass, BodyField("container")),
        row("skills-*", .drop, .drop, .drop, .pass, BodyField("container")),
        row("files-api-*", .drop, .drop, .drop, .pass),
        row("mcp-client-*", .drop, .drop, .drop, .pass, BodyField("mcp_servers"), toolsets),
        row("mcp-servers-*", .drop, .drop, .drop, .pass, BodyField("mcp_servers"), toolsets),
        row("advisor-tool-*", .drop, .drop, .drop, .drop, BodyField(.member("tools"), .elements(ofType: "advisor_"))),
    ]

    private static let account = [
        row("claude-code-20250219", .drop, .pass, .drop, .unlisted),
        row("oauth-*", .drop, .drop, .drop, .drop),
        row("request-tags-*", .drop, .drop, .drop, .unlisted, BodyField("tags")),
        row("dangerous-tool-use-*", .unlisted, .unlisted, .unlisted, .unlisted, BodyField("safeguards")),
        row("cache-diagnosis-*", .unlisted, .unlisted, .unlisted, .unlisted, BodyField("diagnostics")),
    ]

    // MARK: Fields

    private static let effort = BodyField(.member("output_config"), .member("effort"))
    private static let turnEffort = BodyField(.member("messages"), .each, .member("output_config"), .member("effort"))
    private static let turnConfig = BodyField(.member("messages"), .each, .member("output_config"))
    private static let clearAt = BodyField(.member("messages"), .each, .member("clear_at"))
    private static let compaction = BodyField(
        .member("context_management"), .member("edits"), .elements(ofType: "compact_"))
    private static let addition = block(.elements(ofType: "tool_addition"))
    private static let removal = block(.elements(ofType: "tool_removal"))
    private static let deferral = tool(.member("defer_loading"))
    private static let callers = tool(.member("allowed_callers"))
    private static let examples = tool(.member("input_examples"))
    private static let eagerInput = tool(.member("eager_input_streaming"))
    private static let toolsets = BodyField(.member("tools"), .elements(ofType: "mcp_toolset"))
    private static let ownScope = BodyField(.member("cache_control"), .member("scope"))
    private static let systemScope = BodyField(.member("system"), .each, .member("cache_control"), .member("scope"))
    private static let toolScope = BodyField(.member("tools"), .each, .member("cache_control"), .member("scope"))
    private static let blockScope = BodyField(
        .member("messages"), .each, .member("content"), .each, .member("cache_control"), .member("scope"))

    private static func tool(_ step: BodyField.Step) -> BodyField { BodyField(.member("tools"), .each, step) }

    private static func block(_ step: BodyField.Step) -> BodyField {
        BodyField(.member("messages"), .each, .member("content"), step)
    }
}
