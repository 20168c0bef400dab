import Testing

@testable import Wire

@Suite("Field names")
struct FieldNameTests {
    private func recognise(_ text: String) -> FieldName {
        Array(text.utf8).withUnsafeBytes { FieldName.recognise($0) }
    }

    @Test("Every known name is recognised in any case", arguments: FieldName.allCases)
    func known(_ name: FieldName) {
        for text in [name.canonical.description, name.alias.description] where !text.isEmpty {
            #expect(recognise(text) == name)
            #expect(recognise(text.uppercased()) == name)
            #expect(recognise(text + "x") != name)
            #expect(recognise(String(text.dropLast())) != name)
        }
    }

    @Test(
        "Families are recognised by their prefix",
        arguments: [
            ("Anthropic-RateLimit-Unified-Status", FieldName.anthropicRateLimit),
            ("anthropic-fast-input-tokens-limit", .anthropicRateLimit),
            ("anthropic-priority-x", .anthropicRateLimit),
            ("anthropic-future", .anthropicOther),
            ("X-Stainless-OS", .xStainless),
            ("x-claude-code-new", .claudeCodeOther),
            ("x-tollgate-anything", .tollgateOther),
            ("X-TFY-anything", .tollgateOther),
            ("X-TFY-METADATA", .tollgateMetadata),
            ("x-custom", .other),
            ("Content_Length", .framingLookalike),
            ("transfer_encoding", .framingLookalike),
            ("transfer_encodings", .other),
            ("x-api-ke\u{19}", .other),
            ("", .other),
            ("-", .other),
        ])
    func families(_ text: String, _ name: FieldName) {
        #expect(recognise(text) == name)
    }

    @Test("The table finds every name within a few slots")
    func isFast() {
        #expect(FieldTable.shared.longestProbe <= 4)
    }

    @Test("Methods are recognised as written and no other way")
    func methods() {
        for method in HTTPMethod.allCases where method != .other {
            #expect(HTTPMethod.recognise(method.text.bytes) == method)
            let lower = Array(method.text.description.lowercased().utf8)
            #expect(lower.withUnsafeBytes { HTTPMethod.recognise($0) } == .other)
        }
    }
}
