import Configuration
import SeededRandom
import Testing
import Wire

@testable import Providers

@Suite("Bodies for Claude elsewhere are the client's, but for a few members")
struct ClaudeBodyTests {
    private func edited(
        _ body: String, _ platform: ClaudePlatform, model: String = "anthropic.claude-opus-5-5",
        version: String = "2023-06-01", betas: [String] = [], rules: BetaSetting = BetaSetting(), counting: Bool = false
    ) throws -> String {
        try Array(body.utf8).withUnsafeBytes { bytes in
            var scanner = JSONObjectScanner()
            try scanner.finish(bytes)
            let selection = BetaFilter(platform, rules, counting: counting).select(betas)
            let claude = ClaudeBody(platform, model: model, version: version, betas: selection)
            var output = ByteWriter()
            if counting {
                try claude.writeCount(bytes, scanner.members, into: &output)
            } else {
                try claude.write(bytes, scanner.members, into: &output)
            }
            return output.text
        }
    }

    private let body =
        #"{ "model" : "claude-opus-5-5","max_tokens": 1.0e2 ,"stream":true, "messages":[{"role":"user","content":"\u00e9"}],"tags":{"a":"b"} }"#

    @Test("Bedrock")
    func bedrock() throws {
        #expect(
            try edited(body, .bedrock)
                == #"{ "max_tokens": 1.0e2 ,"messages":[{"role":"user","content":"\u00e9"}],"anthropic_version":"bedrock-2023-05-31" }"#
        )
        let betas = ["context-1m-2025-08-07, advanced-tool-use-2025-11-20", "fast-mode-2026-02-01"]
        #expect(
            try edited(#"{"model":"m","speed":"fast","messages":[]}"#, .bedrock, betas: betas)
                == #"{"messages":[],"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["context-1m-2025-08-07","tool-search-tool-2025-10-19"]}"#
        )
        #expect(try edited(#"{"model":"m"}"#, .bedrock) == #"{"anthropic_version":"bedrock-2023-05-31"}"#)
    }

    @Test(
        "The version that the client sent, as far as Bedrock serves the model by it",
        arguments: [
            ("us.anthropic.claude-opus-5-5", "2026-10-21"), ("anthropic.claude-opus-4-7", "2026-10-21"),
            ("anthropic.claude-fable-5", "2026-10-21"),
            ("global.anthropic.claude-sonnet-4-6", "bedrock-2023-05-31"),
            ("anthropic.claude-haiku-4-5-20251001-v1:0", "bedrock-2023-05-31"),
            ("anthropic.claude-sonnet-4-20250514-v1:0", "bedrock-2023-05-31"),
            ("anthropic.claude-3-5-sonnet-20241022-v2:0", "bedrock-2023-05-31"),
        ])
    func versions(model: String, expected: String) throws {
        let text = try edited(#"{"model":"m"}"#, .bedrock, model: model, version: "2026-10-21")
        #expect(text == #"{"anthropic_version":"\#(expected)"}"#)
    }

    @Test("Vertex keeps `stream`, and the model only for counting")
    func vertex() throws {
        #expect(
            try edited(body, .vertex)
                == #"{ "max_tokens": 1.0e2 ,"stream":true, "messages":[{"role":"user","content":"\u00e9"}],"anthropic_version":"vertex-2023-10-16" }"#
        )
        #expect(
            try edited(
                #"{"model":"m","messages":[]}"#, .vertex, model: "claude-haiku-4-5@20251001", version: "2026-10-21",
                counting: true)
                == #"{"model":"claude-haiku-4-5@20251001","messages":[],"anthropic_version":"2026-10-21"}"#)
    }

    @Test("Foundry and Mantle: the model's name is replaced")
    func foundry() throws {
        #expect(
            try edited(#"{"speed":"fast","model":"m" ,"tags":{}}"#, .foundry, model: "my-\"deployment\"")
                == #"{"model":"my-\"deployment\"" ,"tags":{}}"#)
        #expect(try edited(#"{"tags":{},"model":"m"}"#, .mantle, model: "n") == #"{"model":"n"}"#)
        #expect(try edited(body, .anthropic, model: "claude-opus-5-5") == body)
    }

    @Test("Names with escapes are found; the same names further inside stay")
    func names() throws {
        #expect(
            try edited(
                #"{"\u006dodel":"m","system":[{"model":1,"stream":2,"tags":3}],"str\u0065am":false}"#, .bedrock)
                == #"{"system":[{"model":1,"stream":2,"tags":3}],"anthropic_version":"bedrock-2023-05-31"}"#)
    }

    @Test("Whatever the order of members, every byte that is not theirs stays")
    func property() throws {
        var random = SeededGenerator(seed: 41)
        let kept = [
            #""max_tokens" :  1.50e1"#, #""system":[ {"model":"x","tags":[]} ]"#,
            #""messages":[{"content":"stream\\\",\"model\":{"}]"#, #""x":null"#, #""m\u006fdels":[[],{}]"#, #""":"""#,
        ]
        let dropped = [#""model":"claude""#, #""stream" : true"#, #""tags":{"a":[1,2,{"b":"}"}]}"#, #""\u0074ags":0"#]
        for _ in 0..<400 {
            let mine = kept.shuffled(using: &random).prefix(Int.random(in: 0...kept.count, using: &random))
            let theirs = dropped.prefix(Int.random(in: 0...dropped.count, using: &random))
            let all = (mine + theirs).shuffled(using: &random)
            let space = ["", " ", "\n  ", "\t"].randomElement(using: &random) ?? ""
            let body = "{" + space + all.joined(separator: "," + space) + "}"
            let order = all.filter { mine.contains($0) } + [#""anthropic_version":"bedrock-2023-05-31""#]
            let result = try edited(body, .bedrock)
            // The last member's addition has no white space before it.
            let head = order.dropLast().joined(separator: "," + space)
            let expected =
                all.isEmpty
                ? #"{"anthropic_version":"bedrock-2023-05-31"\#(space)}"#
                : "{" + space + head + (head.isEmpty ? "" : ",") + (order.last ?? "") + "}"
            #expect(result == expected, "\(body)")
        }
    }

    // MARK: Pairs

    @Test("Fields of a dropped beta go with it, wherever they stand")
    func pairs() throws {
        let body =
            #"{"model":"m","thinking":{"type":"adaptive","block_binding":{"a":1}},"output_config":{"effort":"high","format":{"x":"effort"}},"context_management":{"edits":[{"type":"compact_20260112"},{"type":"clear_thinking_20251015"}]},"messages":[{"role":"system","content":[{"type":"text","text":"\"output_config\""}],"output_config":{"effort":"low"}},{"role":"user","output_config":1,"content":"clear_at"},{"clear_at":"never","role":"user"}],"diagnostics":{}}"#
        let vertex = try edited(body, .vertex, betas: ["effort-2025-11-24,cache-diagnosis-2026-04-07"])
        #expect(
            vertex
                == #"{"thinking":{"type":"adaptive","block_binding":{"a":1}},"output_config":{"format":{"x":"effort"}},"context_management":{"edits":[{"type":"compact_20260112"},{"type":"clear_thinking_20251015"}]},"messages":[{"role":"system","content":[{"type":"text","text":"\"output_config\""}],"output_config":{}},{"role":"user","output_config":1,"content":"clear_at"},{"clear_at":"never","role":"user"}],"anthropic_version":"vertex-2023-10-16"}"#
        )
        let foundry = try edited(
            body, .foundry, model: "m",
            betas: ["compact-2026-01-12", "thinking-binding-controls-2026-08-01", "context-management-2025-06-27"])
        #expect(
            foundry
                == #"{"model":"m","thinking":{"type":"adaptive"},"output_config":{"effort":"high","format":{"x":"effort"}},"context_management":{"edits":[{"type":"clear_thinking_20251015"}]},"messages":[{"role":"system","content":[{"type":"text","text":"\"output_config\""}],"output_config":{"effort":"low"}},{"role":"user","output_config":1,"content":"clear_at"},{"clear_at":"never","role":"user"}],"diagnostics":{}}"#
        )
        let bedrock = try edited(body, .bedrock, betas: ["per-turn-control-2026-07-01"])
        #expect(
            bedrock
                == #"{"thinking":{"type":"adaptive","block_binding":{"a":1}},"output_config":{"effort":"high","format":{"x":"effort"}},"context_management":{"edits":[{"type":"compact_20260112"},{"type":"clear_thinking_20251015"}]},"messages":[{"role":"system","content":[{"type":"text","text":"\"output_config\""}]},{"role":"user","content":"clear_at"},{"role":"user"}],"diagnostics":{},"anthropic_version":"bedrock-2023-05-31"}"#
        )
    }

    @Test("Of lists too, and a field that a kept beta needs stays")
    func lists() throws {
        let body =
            #"{"tools":[{"type":"advisor_20260301","name":"a"},{"name":"b","defer_loading":true,"cache_control":{"type":"ephemeral","scope":"global"}},{"type":"advisor_x"}],"container":"c","mcp_servers":[]}"#
        let text = try edited(
            body, .vertex,
            betas: [
                "advisor-tool-2026-03-01", "prompt-caching-scope-2026-01-05", "advanced-tool-use-2025-11-20",
                "mcp-client-2025-11-20", "skills-2025-10-02", "code-execution-2025-08-25",
            ], rules: BetaSetting(keep: ["skills-*"]))
        #expect(
            text
                == #"{"tools":[{"name":"b","defer_loading":true,"cache_control":{"type":"ephemeral"}}],"container":"c","anthropic_version":"vertex-2023-10-16"}"#
        )
        let dropped = try edited(
            body, .mantle, model: "n", betas: ["advanced-tool-use-2025-11-20"], rules: BetaSetting(drop: ["advanced-*"])
        )
        #expect(!dropped.contains("defer_loading") && dropped.contains("scope"))
    }

    @Test("A body that is broken inside is refused where it has to be changed")
    func broken() {
        #expect(throws: Refusal.self) {
            try edited(#"{"output_config":{"effort":1,}}"#, .vertex, betas: ["effort-2025-11-24"])
        }
    }

    // MARK: Counting

    @Test("T-19 Bedrock counts by the body of an invocation, with its own rules")
    func counting() throws {
        let body =
            #"{"model":"m","tools":[ ],"tool_choice":{"type":"auto"},"thinking":{"type":"enabled","budget_tokens":2048},"context_management":{},"messages":[]}"#
        let filter = BetaFilter(.bedrock, counting: true)
        let betas = filter.select(["context-1m-2025-08-07,context-management-2025-06-27"])
        let request = try Array(body.utf8).withUnsafeBytes { bytes in
            var scanner = JSONObjectScanner()
            try scanner.finish(bytes)
            return try BedrockCount.write(
                bytes, scanner.members, model: "anthropic.claude-opus-4-5", version: "2023-06-01", betas: betas
            ).text
        }
        let blob = try JSONValue(parsing: request)["input"]?["invokeModel"]?["body"]?.string ?? ""
        var inner = ByteWriter()
        #expect(Array(blob.utf8).withUnsafeBytes { Base64.decode($0, to: &inner) })
        #expect(
            inner.text
                == #"{"thinking":{"type":"enabled","budget_tokens":2048},"messages":[],"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["context-1m-2025-08-07"],"max_tokens":2049}"#
        )
    }
}
