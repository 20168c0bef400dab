import Testing

@testable import Configuration

@Suite("The file is read strictly")
struct StrictnessTests {
    @Test("A complete configuration has no mistakes")
    func completeOne() throws {
        let read = try snapshot(complete)
        #expect(read.providers.map(\.name) == ["main"])
        #expect(read.models.map(\.name) == ["claude-*"])
        #expect(read.warnings.isEmpty)
    }

    @Test("An unknown setting is told with line, column and the word that was meant")
    func unknown() {
        #expect(problems(with: "dta: x\n") == ["t.yaml:3:1: dta: unknown setting; did you mean data?"])
        #expect(
            problems(with: "limits:\n  head_byte: 1KiB\n")
                == ["t.yaml:4:3: limits.head_byte: unknown setting; did you mean head_bytes?"])
        #expect(
            problems(with: "logs: {zzzzzz: 1}\n")
                == ["t.yaml:3:8: logs.zzzzzz: unknown setting; known here: access, level"])
        #expect(problems(with: "<<: {data: x}\n").count == 1)
    }

    @Test(
        "Every group refuses what it does not know",
        arguments: [
            "tls: {certificate: a, key: b, nope: 1}", "credentials: {nope: 1}",
            "credentials: {keys: [{key: long-enough-key, nope: 1}]}", "limits: {nope: 1}", "logs: {nope: 1}",
            "telemetry: {nope: 1}", "telemetry: {otlp: [{endpoint: \"http://a\", nope: 1}]}",
        ])
    func everyGroup(addition: String) {
        let said = problems(with: addition)
        #expect(said.count == 1)
        #expect(said.first?.contains("nope: unknown setting") == true)
    }

    @Test("Providers and models refuse what they do not know")
    func lists() {
        let said = problems(
            """
            providers:
              - {name: main, kind: anthropic, nope: 1, timeouts: {nope: 2}}
            models:
              - {name: a, target: main/a, nope: 3}
            """)
        #expect(said.count == 3)
        #expect(said[0].hasPrefix("t.yaml:2:35: providers[0].nope: unknown setting"))
        #expect(said[1].hasPrefix("t.yaml:2:55: providers[0].timeouts.nope: unknown setting"))
        #expect(said[2].hasPrefix("t.yaml:4:31: models[0].nope: unknown setting"))
    }

    @Test("All mistakes are told at once, in the order of the file")
    func allAtOnce() {
        let said = problems(
            """
            listen: nowhere
            data: a
            data: b
            logs: {level: loud, access: &x all}
            limits: {connections: 0, idle_timeout: soon}
            providers: [{name: main, kind: antropic, base_url: "ftp://x"}]
            models: [{name: a, target: mian/a}, {name: b*c, target: main/b}]
            """)
        let places = said.map { $0.split(separator: ":")[1...2].joined(separator: ":") }
        #expect(places == ["1:9", "3:1", "4:15", "4:29", "5:23", "5:40", "6:32", "6:52", "7:28", "7:44"])
        #expect(said.count == 10, "\(said)")
        #expect(said.contains { $0.contains("no provider named `mian`; did you mean main?") })
        #expect(said.contains { $0.contains("data stands here twice; it was first set in line 2") })
    }

    @Test("A provider with a mistake does not make its models wrong")
    func noFollowUps() {
        let said = problems(
            "providers: [{name: main, kind: anthropic, base_url: nonsense}]\nmodels: [{name: a, target: main/a}]")
        #expect(said.count == 1)
        #expect(said.first?.contains("`nonsense` is not http(s)://") == true)
    }

    @Test(
        "Anchors, aliases and tags are refused",
        arguments: ["data: &a x", "data: !!str x", "limits: &l {}", "listen: !x []"])
    func decorations(addition: String) {
        #expect(problems(with: addition).contains { $0.contains("3:") && $0.contains("anchors, aliases and tags") })
    }

    @Test("An alias is refused, at its own place too")
    func alias() {
        let said = problems(with: "data: &a x\nlisten: *a\n")
        #expect(said.contains { $0.hasPrefix("t.yaml:3:7:") })
        #expect(said.contains { $0.hasPrefix("t.yaml:4:9:") })
    }

    @Test("What is no YAML is told with its place")
    func noYAML() {
        #expect(problems(with: "models: [").first?.contains("this is not YAML") == true)
        #expect(problems("a: b\n---\nc: d\n").contains { $0.contains("2:1") && $0.contains("second document") })
        #expect(problems("\tx: 1\n").first?.hasPrefix("t.yaml:1:") == true)
        #expect(problems("- a\n") == ["t.yaml:1:1: must be a group of settings, found a list"])
        #expect(problems(String(repeating: "[", count: 64)).first?.contains("nested too deep") == true)
        #expect(problems("? [a]\n: b\n").first?.contains("a plain word") == true)
    }

    @Test("What is no YAML is told with a cure, and with where the part began that lacks an end")
    func cures() {
        func first(_ text: String) -> String { problems(text).first ?? "" }
        let tab = "this is not YAML: a tab stands in the indentation; write blanks"
        #expect(first("providers:\n\t- {name: a, kind: mock}\n") == "t.yaml:2:1: \(tab)")
        #expect(first("models:\n  - name: a\n\ttarget: b\n") == "t.yaml:3:1: \(tab)")
        #expect(
            first("listen: @home\n") == "t.yaml:1:9: this is not YAML: a value cannot begin with `@`; put it in quotes")
        #expect(
            first("listen:1\ndata: x\n").contains("t.yaml:2:5: this is not YAML: no value was expected here; a name"))
        #expect(first("data: x\nlisten: \u{1}\n") == "t.yaml:2:9: this is not YAML: control characters are not allowed")
        #expect(first("data: \"x\nmodels: [{name: \"a\"}]\n").hasSuffix("a block mapping that begins in line 1"))
        #expect(first("models: [{name: a}\ndata: x\n").hasSuffix("a flow sequence that begins in line 1"))
    }

    @Test("An empty file says what is missing", arguments: ["", "# nothing\n", "null\n", "{}"])
    func empty(text: String) {
        let said = problems(text)
        #expect(said.count == 2)
        #expect(said.allSatisfy { $0.hasPrefix("t.yaml:1:1: ") && $0.contains("is missing; write for example") })
    }

    @Test("An empty list is as missing as none, a null setting as one that is not there")
    func emptyLists() throws {
        #expect(problems("providers: []\nmodels: []\n").count == 2)
        let read = try snapshot(complete + "limits:\nlogs: ~\ndata: null\nlisten:\n")
        #expect(read.limits == LimitSettings())
        #expect(read.dataPath == "/etc/tg/tollgate-data")
    }

    @Test("A value of the wrong shape is told")
    func shapes() {
        #expect(problems(with: "data: [a]") == ["t.yaml:3:7: data: must be a single value, found a list"])
        #expect(problems(with: "limits: 5") == ["t.yaml:3:9: limits: must be a group of settings, found a value"])
        #expect(
            problems(with: "budgets: 5")
                == ["t.yaml:3:10: budgets: must be a list of groups of settings, found a value"])
        #expect(
            problems(with: "budgets: [5]") == ["t.yaml:3:11: budgets[0]: must be a group of settings, found a value"])
        #expect(
            problems(with: "listen: [{a: b}]")
                == ["t.yaml:3:10: listen[0]: must be a single value, found a group of settings"])
    }

    @Test("What is needed and not there is told with an example")
    func required() {
        #expect(problems(with: "tls: {}").count == 2)
        #expect(
            problems(with: "tls: {key: k}")
                == [
                    "t.yaml:3:6: tls.certificate: is missing; write for example `certificate: /etc/tollgate/server.pem`"
                ])
        let said = problems("providers: [{}]\nmodels: [{}]")
        #expect(said.count == 4)
        #expect(problems(with: "data: \"\"") == ["t.yaml:3:7: data: must not be empty"])
    }

    @Test("What has no effect is a mistake")
    func inert() {
        let mock = problems(
            """
            providers:
              - {name: m, kind: mock, api_key: k, base_url: "http://a", ca_file: f, timeouts: {}, max_idle_connections: 1}
            models: [{name: "a*", target: m/a, display_name: A}]
            """)
        #expect(mock.count == 6)
        #expect(mock.filter { $0.contains("has no effect") }.count == 6)
        let plain = problems(
            "providers: [{name: m, kind: anthropic, base_url: \"http://a\", ca_file: f}]\nmodels: [{name: a, target: m/a}]"
        )
        #expect(plain.count == 1)
        #expect(plain.first?.contains("ca_file: has no effect") == true)
        let content = problems(with: "content_capture: [{id: a, capture: []}]\n")
        #expect(
            content.count == 1 && content.first?.contains("content_capture[0].capture: nothing is recorded") == true)
    }

    @Test("Names and keys that stand twice are refused")
    func twice() {
        let said = problems(
            """
            providers: [{name: a, kind: mock}, {name: a, kind: mock}]
            models: [{name: x, target: a/x}, {name: x, target: a/y}]
            credentials: {keys: [{key: same-key-12, user: a}, {key: same-key-12, user: b}]}
            """)
        #expect(said.count == 3)
        #expect(said[0].contains("providers[1].name: `a` is the name of another provider too"))
        #expect(said[1].contains("models[1].name: `x` is routed twice"))
        #expect(said[2].contains("the same key") && !said[2].contains("same-key-12"))
    }

    @Test("The nearest word is one that a slip of the finger makes")
    func nearest() {
        #expect(Suggestion.nearest(to: "lsiten", in: ["listen", "limits"]) == "listen")
        #expect(Suggestion.nearest(to: "knd", in: ["name", "kind"]) == "kind")
        #expect(Suggestion.nearest(to: "elephant", in: ["name", "kind"]) == nil)
        #expect(Suggestion.nearest(to: "a", in: []) == nil)
        #expect(Suggestion.distance(Array("abcd".utf8), Array("acbd".utf8)) == 1)
        #expect(Suggestion.distance([], Array("abc".utf8)) == 3)
    }
}
