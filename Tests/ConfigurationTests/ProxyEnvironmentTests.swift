import Testing

@testable import Configuration

@Suite("The proxy on the way out")
struct ProxyEnvironmentTests {
    /// `HOST:PORT user:password`, or `direct`, or what is wrong.
    private func way(to host: String, port: UInt16 = 443, _ variables: [String: String]) -> String {
        do throws(ProxyEnvironment.Fault) {
            let environment = try ProxyEnvironment { variables[$0] }
            guard let proxy = environment.proxy(for: host, port: port) else { return "direct" }
            let credential = proxy.credential?.withBytes { " " + String(decoding: $0, as: UTF8.self) }
            return "\(proxy.host):\(proxy.port)" + (credential ?? "")
        } catch {
            return error.sentence
        }
    }

    @Test(
        "A proxy is written in several ways",
        arguments: [
            ("http://proxy.example:3128", "proxy.example:3128"), ("proxy.example:3128/", "proxy.example:3128"),
            ("HTTP://proxy.example", "proxy.example:80"), ("http://u:p@10.0.0.1:1", "10.0.0.1:1 u:p"),
            ("http://u%40x:p%3a%2F@[::1]:1/", "::1:1 u@x:p:/"), ("u:p@x@h:1", "h:1 u:p@x"), ("http://u@h", "h:80 u:"),
            ("", "direct"),
        ])
    func proxies(text: String, expected: String) {
        #expect(way(to: "api.example", ["HTTPS_PROXY": text]) == expected)
        #expect(way(to: "api.example", ["https_proxy": text, "NO_PROXY": "other"]) == expected)
    }

    @Test("Small letters come first")
    func letters() {
        #expect(way(to: "a.example", ["https_proxy": "low:1", "HTTPS_PROXY": "high:1"]) == "low:1")
        #expect(way(to: "a.example", ["https_proxy": "", "HTTPS_PROXY": "high:1"]) == "high:1")
        let both = ["HTTPS_PROXY": "p:1", "no_proxy": "a.example", "NO_PROXY": "b.example"]
        #expect(way(to: "a.example", both) == "direct")
        #expect(way(to: "b.example", both) == "p:1")
    }

    @Test(
        "What is no proxy is named, not shown",
        arguments: [
            "https://s3cret@h", "socks5://s3cret", "http://s3cret:x@", "http://s3cret/path", "s3cret:0", "s3cret:x",
        ])
    func faults(text: String) {
        let sentence = way(to: "a.example", ["HTTPS_PROXY": text])
        #expect(
            sentence
                == "HTTPS_PROXY in the environment is not http://[USER:PASSWORD@]HOST[:PORT]; correct or unset it")
    }

    @Test(
        "Exceptions are hosts, domains, addresses, ports, or all",
        arguments: [
            ("a.example", "a.example", true), ("A.Example.", "a.example", true), ("a.example", "A.EXAMPLE.", true),
            ("x.a.example", "a.example", true), ("xa.example", "a.example", false), ("a.example", ".a.example", true),
            ("x.a.example", ".a.example", true), ("x.a.example", "*.a.example", true), ("a.example", "b, *", true),
            ("a.example", "b a.example", true), ("a.example", "a.example:443", true),
            ("a.example", "a.example:80", false), ("a.example", "example.com", false), ("10.0.0.1", "10.0.0.1", true),
            ("10.0.0.1", "10.0.0.10", false), ("2001:db8::1", "2001:DB8:0:0::1", true),
            ("2001:db8::1", "[2001:db8::1]:443", true), ("2001:db8::1", "[2001:db8::1]:80", false),
            ("a.example", ",,", false), ("10.9.8.7", "192.168.0.0/16,10.0.0.0/8", true),
            ("11.0.0.0", "10.0.0.0/8", false), ("172.31.0.1", "172.16.0.0/12", true),
            ("172.32.0.1", "172.16.0.0/12", false), ("10.0.0.1", "10.0.0.1/32", true),
            ("10.0.0.2", "10.0.0.1/32", false), ("fd12::1", "fd00::/8", true), ("fe80::1", "fd00::/8", false),
            ("10.0.0.1", "::/0", false), ("10.0.0.1", "0.0.0.0/0", true), ("a.example", "0.0.0.0/0", false),
            ("10.0.0.1", "10.0.0.0/33", false), ("10.0.0.1", "10.0.0.0/", false), ("10.0.0.1", "10/8", false),
        ])
    func exceptions(host: String, list: String, isDirect: Bool) {
        let way = way(to: host, ["HTTPS_PROXY": "p:1", "NO_PROXY": list])
        #expect(way == (isDirect ? "direct" : "p:1"))
    }

    @Test(
        "This machine is never reached by a proxy",
        arguments: ["localhost", "LOCALHOST", "x.localhost", "127.0.0.1", "127.9.9.9", "::1"])
    func loopback(host: String) {
        #expect(way(to: host, ["HTTPS_PROXY": "p:1"]) == "direct")
        #expect(way(to: "127.example", ["HTTPS_PROXY": "p:1"]) == "p:1")
    }

    @Test("Without a proxy, everything is direct")
    func none() {
        #expect(way(to: "a.example", [:]) == "direct")
        #expect(way(to: "a.example", ["HTTP_PROXY": "p:1"]) == "direct")
    }

    /// A configuration with all its providers' proxies given, in an environment; the proxy of everything else, or what is wrong.
    private func read(_ variables: [String: String], needsSecrets: Bool = true) throws -> Snapshot {
        let sources = ValueSources(environment: { variables[$0] }, file: { _ in .failure(.init("is not here")) })
        return try Snapshot.parse(
            "providers: [{name: a, kind: anthropic, api_key: k, proxy: none}, {name: b, kind: anthropic, api_key: k}]\n"
                + "models: [{name: m, target: a/m}]", file: "t.yaml", directory: "/", sources: sources,
            needsSecrets: needsSecrets)
    }

    @Test("The variables count for what has no proxy of its own; one that makes no sense is told once")
    func besidesProviders() throws {
        let snapshot = try read(["HTTPS_PROXY": "p:1"])
        #expect(snapshot.proxies.proxy(for: "issuer.example", port: 443)?.host == "p")
        #expect(snapshot.providers.map { $0.proxy?.host } == [nil, "p"])
        #expect(try read([:]).proxies.proxy(for: "issuer.example", port: 443) == nil)
        let fault = try #require(throws: ConfigurationErrors.self) { try read(["HTTPS_PROXY": "socks5://s3cret"]) }
        #expect(
            fault.problems.map(\.description) == [
                "t.yaml:1:1: HTTPS_PROXY in the environment is not http://[USER:PASSWORD@]HOST[:PORT]; correct or unset it"
            ])
        #expect(throws: Never.self) { try read(["HTTPS_PROXY": "socks5://s3cret"], needsSecrets: false) }
    }
}
