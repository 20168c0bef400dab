import Configuration
import Testing

@testable import Providers

@Suite("T-37 Betas by platform")
struct BetaFilterTests {
    private static let toolSearch = "tool-search-tool-2025-10-19"

    /// Name; what Bedrock, Mantle, Vertex and Foundry get: as it is, nothing, or tool search.
    private static let matrix: [(name: String, fates: String)] = [
        ("claude-code-20250219", "-y-y"), ("interleaved-thinking-2025-05-14", "-yyy"),
        ("context-management-2025-06-27", "yyyy"), ("advanced-tool-use-2025-11-20", "rrry"),
        ("effort-2025-11-24", "yy-y"), ("per-turn-control-2026-07-01", "-yyy"),
        ("mid-conversation-tool-changes-2026-07-01", "yy--"), ("thinking-binding-controls-2026-08-01", "yyy-"),
        ("thinking-display-updates-2026-08-18", "yyyy"), ("compact-2026-01-12", "yyy-"),
        ("context-1m-2025-08-07", "yyyy"), ("fine-grained-tool-streaming-2025-05-14", "yy--"),
        ("prompt-caching-scope-2026-01-05", "---y"), ("code-execution-2025-08-25", "---y"),
        ("files-api-2025-04-14", "---y"), ("skills-2025-10-02", "---y"), ("mcp-client-2025-11-20", "---y"),
        ("fast-mode-2026-02-01", "----"), ("advisor-tool-2026-03-01", "----"),
        ("structured-outputs-2025-11-13", "-y-y"), ("web-search-2025-03-05", "-yyy"),
        ("web-fetch-2025-09-10", "---y"), ("computer-use-2025-01-24", "yyyy"), ("computer-use-2025-11-24", "yyyy"),
        ("request-tags-2026-08-21", "---y"), ("oauth-2025-04-20", "----"), ("something-new-2027-01-01", "-y-y"),
    ]

    @Test("T-37 The matrix", arguments: matrix.indices)
    func row(index: Int) {
        let (name, fates) = Self.matrix[index]
        let platforms: [ClaudePlatform] = [.bedrock, .mantle, .vertex, .foundry]
        for (platform, fate) in zip(platforms, fates) {
            let selection = BetaFilter(platform).select([name])
            let expected = fate == "y" ? [name] : fate == "r" ? [Self.toolSearch] : []
            #expect(selection.kept == expected, "\(name) on \(platform)")
            #expect(
                selection.dropped == (fate == "-" ? [name] : []) && selection.renamed == (fate == "r" ? [name] : []))
        }
        #expect(BetaFilter(.anthropic).select([name]).kept == [name])
    }

    @Test("Lines and lists, each beta once, in order")
    func lists() {
        let selection = BetaFilter(.mantle).select([
            " a-1 ,b-2,,\ta-1", "", "advanced-tool-use-2025-11-20,\(Self.toolSearch)",
        ])
        #expect(selection.kept == ["a-1", "b-2", Self.toolSearch])
        #expect(selection.header == "a-1,b-2,\(Self.toolSearch)")
        #expect(BetaFilter(.vertex).select([]).header.isEmpty)
    }

    @Test("Configuration overrules the table, and dropping is stronger")
    func rules() {
        let rules = BetaSetting(
            keep: ["something-*", "fast-mode-2026-02-01", "advanced-tool-use-2025-11-20"], drop: ["something-b*"])
        let filter = BetaFilter(.bedrock, rules)
        let selection = filter.select(["something-a,something-b1,fast-mode-2026-02-01,advanced-tool-use-2025-11-20"])
        #expect(selection.kept == ["something-a", "fast-mode-2026-02-01", "advanced-tool-use-2025-11-20"])
        #expect(selection.dropped == ["something-b1"] && selection.renamed.isEmpty && selection.removedFields.isEmpty)
        let direct = BetaFilter(.anthropic, BetaSetting(drop: ["fast-mode-*"])).select(["fast-mode-2026-02-01"])
        #expect(direct.kept.isEmpty && direct.removedFields.map(\.text) == ["speed"])
    }

    @Test("Header and body change as a pair")
    func pairs() {
        func fields(_ platform: ClaudePlatform, _ names: String) -> [String] {
            BetaFilter(platform).select([names]).removedFields.map(\.text)
        }
        #expect(fields(.bedrock, "fast-mode-2026-02-01") == ["speed"])
        #expect(fields(.vertex, "effort-2025-11-24") == ["output_config.effort", "messages.*.output_config.effort"])
        #expect(fields(.bedrock, "effort-2025-11-24,context-management-2025-06-27").isEmpty)
        #expect(fields(.foundry, "compact-2026-01-12") == ["context_management.edits.compact_…", "compaction"])
        #expect(fields(.bedrock, "skills-2025-10-02,code-execution-2025-08-25") == ["container"])
        for platform in [ClaudePlatform.bedrock, .vertex] {
            #expect(fields(platform, "dangerous-tool-use-2026-09-01") == ["safeguards"])
        }
        #expect(fields(.bedrock, "something-new-2027-01-01").isEmpty)
    }
}
