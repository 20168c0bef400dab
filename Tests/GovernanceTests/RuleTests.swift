import Configuration
import SeededRandom
import Testing

@testable import Governance

@Suite struct RuleTests {
    private func match(_ change: (inout RuleMatch) -> Void) -> RuleMatch {
        var match = RuleMatch()
        change(&match)
        return match
    }

    private let subject = Sample.subject()

    @Test("What a rule does not name does not matter; all that it names must hold, of each name one value")
    func names() {
        #expect(RuleMatch().matches(subject))
        #expect(match { $0.users = [Glob("bob"), Glob("ali*")] }.matches(subject))
        #expect(!match { $0.users = [Glob("bob")] }.matches(subject))
        #expect(match { $0.groups = [Glob("senior")] }.matches(subject), "one of the groups is enough")
        #expect(!match { $0.groups = [Glob("junior")] }.matches(subject))
        #expect(
            match {
                $0.teams = [Glob("platform")]; $0.keys = [Glob("k1")]
            }.matches(subject))
        #expect(
            !match {
                $0.teams = [Glob("platform")]; $0.keys = [Glob("k2")]
            }.matches(subject))
        #expect(!match { $0.virtualAccounts = [Glob("*")] }.matches(subject), "a person is no service account")
        #expect(match { $0.virtualAccounts = [Glob("ci*")] }.matches(Sample.subject(virtualAccount: "ci-1")))
    }

    @Test(
        "A model is meant by the client's name, by the provider's, or by both parts",
        arguments: [
            ("fast", true), ("claude-opus-4-7", true), ("anthropic-main/claude-opus-4-7", true), ("*opus*", true),
            ("anthropic-main/*", true), ("bedrock/*", false), ("opus", false), ("*/fast", false),
        ])
    func models(pattern: String, expected: Bool) {
        #expect(match { $0.models = [Glob(pattern)] }.matches(subject) == expected)
    }

    @Test("Tags: all names, of each one value; a tag that is not there matches nothing")
    func metadata() {
        #expect(match { $0.metadata = ["environment": [Glob("dev"), Glob("ci")]] }.matches(subject))
        #expect(!match { $0.metadata = ["environment": [Glob("dev")]] }.matches(subject))
        #expect(!match { $0.metadata = ["environment": [Glob("ci")], "stage": [Glob("*")]] }.matches(subject))
        #expect(match { $0.metadata = ["environment": [Glob("ci")], "project": [Glob("*")]] }.matches(subject))
    }

    @Test("What stands under not must not hold, as a whole")
    func not() {
        #expect(!match { $0.not = [match { $0.groups = [Glob("senior")] }] }.matches(subject))
        #expect(match { $0.not = [match { $0.groups = [Glob("junior")] }] }.matches(subject))
        let both = match {
            $0.groups = [Glob("senior")]
            $0.models = [Glob("*sonnet*")]
        }
        #expect(match { $0.not = [both] }.matches(subject), "only half of it holds")
        #expect(!match { $0.not = [match { $0.not = [match { $0.users = [Glob("bob")] }] }] }.matches(subject))
        #expect(!match { $0.not = [RuleMatch()] }.matches(subject), "nothing is not anything")
    }

    @Test("Whom a rule concerns is asked without what is asked for")
    func concerns() {
        let opus = match { $0.models = [Glob("nothing")] }
        #expect(opus.concerns(subject.principal, subject.metadata))
        #expect(opus.namesTarget && !match { $0.users = [Glob("a")] }.namesTarget)
        #expect(match { $0.not = [opus] }.concerns(subject.principal, subject.metadata))
        #expect(match { $0.not = [opus] }.namesTarget)
        let seniors = match { $0.groups = [Glob("senior")] }
        #expect(!match { $0.not = [seniors] }.concerns(subject.principal, subject.metadata))
    }

    @Test("The seeds: 50 for seniors, 10 for everybody else, 1000 on Opus for all, at once")
    func seeds() {
        let senior = match { $0.groups = [Glob("senior")] }
        var rules = RuleSet()
        rules.budgets = [
            Sample.budget("seniors", 50, per: [.user]) { $0.when = senior },
            Sample.budget("everyone", 10, per: [.user]) { $0.when.not = [senior] },
            Sample.budget("opus-org", 1_000) { $0.when.models = [Glob("*opus*")] },
        ]
        let book = RuleBook(rules)
        func places(_ subject: RuleSubject) -> [String] {
            book.places(of: subject).budgets.map { "\(rules.budgets[$0.rule].id) \($0.scope)" }
        }
        #expect(places(Sample.subject()) == ["seniors user=alice", "opus-org "])
        #expect(places(Sample.subject(user: "bob", groups: [])) == ["everyone user=bob", "opus-org "])
        #expect(places(Sample.subject(groups: [], model: "claude-haiku-4-5")) == ["everyone user=alice"])
    }

    // MARK: Scopes

    @Test(
        "Only what a rule's dimensions can come to is a scope of it",
        arguments: [
            ("user=alice,team=platform", true), (#"user=Doe\, Jane,team="#, true), (#"user=a\\,team=b"#, true),
            ("user=alice", false), ("team=platform,user=alice", false), ("alice,platform", false), ("", false),
            (#"user=a\,team=b"#, false), ("user=a,team=b,c", false),
        ])
    func possibleScopes(text: String, isPossible: Bool) {
        #expect([ScopeDimension.user, .team].account(named: text) == (isPossible ? text : nil))
        #expect([ScopeDimension]().account(named: text) == (text.isEmpty ? "" : nil))
        #expect([ScopeDimension.model, .user].account(named: "model=GPT-5,user=Al") == "model=gpt-5,user=Al")
    }

    @Test("The text of a scope names each dimension with its value")
    func scope() {
        #expect([ScopeDimension]().scope(of: subject) == "")
        let all: [ScopeDimension] = [
            .user, .team, .key, .virtualAccount, .model, .provider, .session, .metadata("project"), .metadata("none"),
        ]
        #expect(
            all.scope(of: subject)
                == "user=alice,team=platform,key=k1,virtualaccount=,model=claude-opus-4-7,provider=anthropic-main,"
                + "session=s1,metadata.project=atlas,metadata.none=")
    }

    @Test("However a model is written, it has one account", arguments: ["claude-opus-4-7", "Claude-OPUS-4-7"])
    func modelScope(model: String) {
        #expect([.model, .user].scope(of: Sample.subject(model: model)) == "model=claude-opus-4-7,user=alice")
    }

    @Test("Control characters do not get into it")
    func plainScope() {
        #expect([.user].scope(of: Sample.subject(user: "a\tb\nc\u{7F}d")) == "user=a b c d")
    }

    @Test("No two lists of values come to the same text", arguments: 0..<10)
    func injective(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func value() -> String {
            (0..<Int.random(in: 0...4, using: &generator))
                .map { _ in ["a", ",", "\\", "=", ",team=", "user="].randomElement(using: &generator) ?? "" }.joined()
        }
        var seen: [String: [String]] = [:]
        for _ in 0..<2_000 {
            let user = value(), team = value()
            let text = [ScopeDimension.user, .team].scope(of: Sample.subject(user: user, team: team))
            #expect(seen[text, default: [user, team]] == [user, team])
            seen[text] = [user, team]
        }
        #expect(seen.count > 200)
    }

    // MARK: Access

    /// `allow` and `deny`: models, or `PROVIDER:` for a provider.
    private func access(_ id: String, allow: [String]? = nil, deny: [String]? = nil, users: [String] = []) -> AccessRule
    {
        func set(_ names: [String]) -> ModelSet {
            var set = ModelSet()
            set.models = names.filter { !$0.hasSuffix(":") }.map { Glob($0) }
            set.providers = names.filter { $0.hasSuffix(":") }.map { Glob(String($0.dropLast())) }
            return set
        }
        var rule = AccessRule(id: id)
        rule.allow = allow.map(set)
        rule.deny = deny.map(set)
        rule.when.users = users.map { Glob($0) }
        return rule
    }

    private func obstacle(_ rules: [AccessRule], requested: String = "fast", model: String = "claude-opus-4-7")
        -> String?
    {
        var set = RuleSet()
        set.access = rules
        return RuleBook(set).access(of: subject.principal, subject.metadata)
            .obstacle(TargetNames(requested: requested, provider: "anthropic-main", model: model))
    }

    @Test("Without rules everything may be used")
    func open() {
        #expect(obstacle([]) == nil)
        #expect(AccessGrant.everything.isEverything)
        #expect(obstacle([access("others", deny: ["*"], users: ["bob"])]) == nil, "a rule about somebody else")
    }

    @Test("What any rule denies is denied, whatever others allow, in whatever order")
    func denyWins() {
        let all = access("all", allow: ["*"]), no = access("no-opus", deny: ["*opus*"])
        #expect(obstacle([all, no]) == "no-opus")
        #expect(obstacle([no, all]) == "no-opus")
        #expect(obstacle([no, all], model: "claude-haiku-4-5") == nil)
        #expect(obstacle([access("alias", deny: ["fast"])]) == "alias", "by the name that was asked for")
        #expect(obstacle([access("whole", deny: ["anthropic-main/*"])]) == "whole")
        #expect(obstacle([access("provider", deny: ["anthropic-*:"])]) == "provider")
        #expect(obstacle([access("both", deny: ["bedrock:", "*opus*"])]) == nil, "model and provider must both fit")
    }

    @Test("No case of a model's name leads around a rule: some providers take any")
    func anyCase() {
        let no = access("no-opus", deny: ["*opus*", "Anthropic-Main/GPT-5.5"])
        #expect(obstacle([no], requested: "anthropic-main/Claude-OPUS", model: "Claude-OPUS") == "no-opus")
        #expect(obstacle([no], model: "gpt-5.5") == "no-opus", "nor one of the rule's own")
        #expect(obstacle([access("haiku", allow: ["*haiku*"])], model: "Claude-Haiku") == nil)
        #expect(
            obstacle([access("provider", deny: ["Anthropic-*:"])]) == nil, "providers are named by the configuration")
    }

    @Test("Whom some rules allow something may use what one of them allows and nothing else")
    func allowUnion() {
        let haiku = access("haiku", allow: ["*haiku*"]), sonnet = access("sonnet", allow: ["*sonnet*"])
        #expect(obstacle([haiku, sonnet]) == "haiku")
        #expect(obstacle([haiku, sonnet], model: "claude-sonnet-4-6") == nil)
        #expect(obstacle([haiku, sonnet], model: "claude-haiku-4-5") == nil)
        #expect(obstacle([haiku, access("bobs", allow: ["*opus*"], users: ["bob"])]) == "haiku")
        #expect(obstacle([access("one", allow: ["*"], deny: ["fast"])]) == "one", "one rule may do both")
    }

    @Test("Deny wins and allow is a union, for random rules", arguments: 0..<20)
    func randomAccess(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let sets = ["*opus*", "*haiku*", "fast", "claude-*", "anthropic-main:", "bedrock:"]
        for _ in 0..<50 {
            let rules = (0..<Int.random(in: 0...4, using: &generator)).map { index in
                let some = { sets.shuffled(using: &generator).prefix(1).map { $0 } }
                return access(
                    "r\(index)", allow: Bool.random(using: &generator) ? some() : nil,
                    deny: Int.random(in: 0..<4, using: &generator) == 0 ? some() : nil)
            }
            func names(_ set: ModelSet?) -> Bool? {
                set.map { set in
                    (set.models.isEmpty || set.models.match("fast") || set.models.match("claude-opus-4-7"))
                        && (set.providers.isEmpty || set.providers.match("anthropic-main"))
                }
            }
            let isDenied = rules.contains { names($0.deny) == true }
            let allows = rules.compactMap { names($0.allow) }
            #expect((obstacle(rules) == nil) == (!isDenied && (allows.isEmpty || allows.contains(true))))
        }
    }
}
