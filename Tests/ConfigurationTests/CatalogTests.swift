import Testing

@testable import Configuration

@Suite("A model's name leads to an account")
struct CatalogTests {
    private func model(_ name: String, _ target: String, shown: String? = nil) -> ModelSetting {
        let parts = target.split(separator: "/", maxSplits: 1).map(String.init)
        return ModelSetting(name: name, account: parts[0], upstream: parts[1], displayName: shown)
    }

    private func resolve(_ name: String, _ models: [ModelSetting], accounts: [String] = ["a", "b"]) -> String? {
        ModelCatalog(models, accounts: accounts, known: []).resolve(name).map {
            "\(accounts[$0.provider])/\($0.upstream)"
        }
    }

    @Test("An exact name beats every pattern, a longer pattern a shorter one, in any order")
    func precedence() {
        let models = [
            model("*", "a/any-*"), model("claude-*", "a/*"), model("claude-opus-*", "b/opus-*"),
            model("claude-opus-5", "b/exact"),
        ]
        for order in [models, models.reversed()] {
            #expect(resolve("claude-opus-5", order) == "b/exact")
            #expect(resolve("claude-opus-5-5", order) == "b/opus-5-5")
            #expect(resolve("claude-haiku", order) == "a/haiku")
            #expect(resolve("gpt", order) == "a/any-gpt")
        }
    }

    @Test("Another spelling of a name is another name: rules compare bytes, and nobody is to come past them")
    func spelling() {
        let kelvin = "\u{212A}raken"
        #expect(kelvin == "Kraken")
        #expect(resolve(kelvin, [model("Kraken", "a/x")]) == nil)
        #expect(resolve(kelvin, [model("Kr*", "a/x")]) == nil)
        #expect(resolve(kelvin, [model("Kraken", "a/x"), model("*", "b/*")]) == "b/\(kelvin)")
        #expect(resolve("e\u{301}x", [model("\u{E9}*", "a/*")]) == nil)
    }

    @Test("What the star stood for is carried over, or left out")
    func star() {
        #expect(resolve("x-1", [model("x-*", "a/y-*")]) == "a/y-1")
        #expect(resolve("x-1", [model("x-*", "a/y")]) == "a/y")
        #expect(resolve("x-", [model("x-*", "a/y-*")]) == nil)
        #expect(resolve("X-1", [model("x-*", "a/y-*")]) == nil)
        #expect(resolve("x-1*", [model("x-*", "a/*")]) == "a/1*")
        #expect(resolve("äb", [model("ä*", "a/*")]) == "a/b")
    }

    @Test(
        "T-42 Every family has a model, with a date and with a suffix: also for calls in the background",
        arguments: ["haiku-5-5", "haiku-4-5-20251001", "sonnet-5-5", "opus-5-5[1m]", "fable-5", "opus-4-8@20260101"])
    func families(name: String) {
        let models = [
            model("claude-haiku-*", "a/small"), model("claude-sonnet-*", "a/middle"), model("claude-opus-*", "b/large"),
            model("claude-fable-*", "b/large"),
        ]
        let expected = name.hasPrefix("haiku") ? "a/small" : name.hasPrefix("sonnet") ? "a/middle" : "b/large"
        #expect(resolve("claude-\(name)", models) == expected)
    }

    @Test("ACCOUNT/MODEL works without being configured")
    func account() {
        #expect(resolve("b/some/model", []) == "b/some/model")
        #expect(resolve("b/x", [model("*", "a/*")]) == "b/x")
        #expect(resolve("b/x", [model("b/*", "a/*")]) == "a/x")
        #expect(resolve("b/x", [model("b/x", "a/y")]) == "a/y")
        #expect(resolve("b/", []) == nil && resolve("c/x", []) == nil && resolve("/x", []) == nil)
        #expect(resolve("", []) == nil && resolve("x", []) == nil)
        #expect(resolve("c/x", [model("*", "a/*")]) == "a/c/x")
    }

    @Test("The list shows names once, and patterns by the models that are known")
    func listed() {
        let known = ["claude-1", "claude-2", "gpt"]
        func list(_ models: [ModelSetting]) -> [String] {
            ModelCatalog(models, accounts: ["a"], known: known).listed.map { "\($0.id)=\($0.displayName)" }
        }
        #expect(list([]).isEmpty)
        #expect(list([model("claude-*", "a/claude-*")]) == ["claude-1=claude-1", "claude-2=claude-2"])
        #expect(list([model("x", "a/y", shown: "An X"), model("z", "a/y")]) == ["x=An X", "z=z"])
        #expect(
            list([model("claude-*", "a/claude-*"), model("claude-1", "a/claude-1", shown: "One")])
                == ["claude-2=claude-2", "claude-1=One"])
        #expect(list([model("*", "a/*"), model("claude-*", "a/claude-*")]).count == 3)
        #expect(
            list([model("acme/claude-*", "a/claude-*")]) == [
                "acme/claude-1=acme/claude-1", "acme/claude-2=acme/claude-2",
            ])
        #expect(list([model("claude-*", "a/gpt")]) == ["claude-1=claude-1", "claude-2=claude-2"])
    }

    @Test("What is listed is routed")
    func listedIsRouted() throws {
        let catalog = try snapshot(
            """
            providers: [{name: m, kind: mock}]
            models: [{name: "claude-*", target: "m/claude-*"}, {name: "acme/*", target: "m/*"}, {name: own, target: m/x}]
            """
        ).catalog
        #expect(catalog.listed.count == 2 * PriceTable.builtIn.models.count + 1)
        #expect(catalog.listed.allSatisfy { catalog.resolve($0.id) != nil })
    }
}
