import Testing

@testable import Configuration
@testable import Gateway

@Suite("The past at other models")
struct WhatIfTests {
    private static let models = [
        "claude-haiku-4-5", "claude-haiku-5-5", "claude-opus-5", "claude-opus-5-5", "claude-sonnet-4-5",
        "claude-sonnet-4-6",
        "claude-sonnet-5", "claude-sonnet-5-5",
    ]

    @Test(
        "Of a family it is the newest of the same version, else the newest",
        arguments: [
            ("claude-opus-5", "sonnet", "claude-sonnet-5"), ("claude-opus-5-5", "sonnet", "claude-sonnet-5-5"),
            ("claude-opus-4-5-20251101", "sonnet", "claude-sonnet-4-5"),
            ("claude-opus-4-8", "sonnet", "claude-sonnet-5-5"),
            ("us.anthropic.claude-opus-5-20260901-v1:0", "sonnet", "claude-sonnet-5"),
            ("claude-opus-5[1m]", "haiku", "claude-haiku-5-5"),
            ("claude-opus-4-5@20251101", "haiku", "claude-haiku-4-5"),
            ("claude-unheard-of-9", "opus", "claude-opus-5-5"),
            ("claude-opus-5", "claude-sonnet-4-5", "claude-sonnet-4-5"), ("claude-opus-5", "gpt-5.5", "gpt-5.5"),
            ("claude-opus-5", "sonett", "sonett"),
        ])
    func family(model: String, name: String, found: String) {
        #expect(WhatIf.complete(name, like: model, Self.models) == found)
        #expect(WhatIf.complete(name, like: model, Self.models.reversed()) == found)
    }

    @Test("It is a model of the built-in prices, too: never an older one of another number")
    func builtIn() {
        #expect(WhatIf.complete("sonnet", like: "claude-opus-5", PriceTable.builtIn.models) == "claude-sonnet-5")
    }
}
