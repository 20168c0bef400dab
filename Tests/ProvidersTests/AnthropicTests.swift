import Testing
import Wire

@testable import Providers

@Suite("What passes to Anthropic and back")
struct AnthropicTests {
    @Test("Of a request everything goes out but these", arguments: [false, true])
    func requests(passesThrough: Bool) {
        var held: Set<FieldName> = [
            .xAPIKey, .cookie, .tollgateAPIKey, .tollgateMetadata, .tollgateLoggingConfig, .tollgateAnthropicBeta,
            .tollgateFidelity,
            .tollgateOther,
            .host, .contentLength, .expect, .acceptEncoding, .traceparent, .tracestate, .baggage, .xForwardedFor,
            .xForwardedHost, .xForwardedProto, .xRealIP, .forwarded, .via,
            .connection, .framingLookalike, .keepAlive, .proxyConnection, .te, .trailer, .transferEncoding, .upgrade,
            .http2Settings,
            .proxyAuthorization, .proxyAuthenticate, .proxyAuthenticationInfo,
        ]
        if !passesThrough { held.insert(.authorization) }
        for name in FieldName.allCases {
            #expect(
                AnthropicEndpoint.forwards(requestField: name, passesThrough: passesThrough) == !held.contains(name),
                "\(name)")
        }
    }

    @Test("Of credentials at most the client's own login goes out")
    func credentials() {
        for name in [.authorization, .xAPIKey, .tollgateAPIKey, .cookie, .proxyAuthorization] as [FieldName] {
            #expect(!AnthropicEndpoint.forwards(requestField: name, passesThrough: false), "\(name)")
            #expect(
                AnthropicEndpoint.forwards(requestField: name, passesThrough: true) == (name == .authorization),
                "\(name)")
        }
    }

    @Test("T-43 Of an answer everything comes back but these", arguments: [false, true])
    func answers(passesThrough: Bool) {
        var held: Set<FieldName> = [
            .contentLength, .requestID, .traceresponse, .setCookie,
            .connection, .framingLookalike, .keepAlive, .proxyConnection, .te, .trailer, .transferEncoding, .upgrade,
            .http2Settings,
            .proxyAuthorization, .proxyAuthenticate, .proxyAuthenticationInfo,
        ]
        if !passesThrough {
            held.formUnion([
                .anthropicRateLimit, .anthropicOrganizationID, .anthropicWorkspaceID, .anthropicUserProfileID,
            ])
        }
        for name in FieldName.allCases {
            #expect(
                AnthropicEndpoint.returns(responseField: name, passesThrough: passesThrough) == !held.contains(name),
                "\(name)")
        }
    }

    // MARK: Models

    /// Reads a page as Anthropic's SDKs do.
    private struct Page {
        let ids: [String], first: String?, last: String?, hasMore: Bool

        init(_ bytes: [UInt8]) throws {
            let page = try JSONValue(parsing: String(decoding: bytes, as: UTF8.self))
            ids = try #require(page["data"]?.array).map { model in
                #expect(model["type"] == "model" && model["created_at"]?.string.flatMap(RFC3339.parse) != nil)
                #expect(model["display_name"]?.string == model["id"]?.string.map { "The \($0)" })
                return model["id"]?.string ?? ""
            }
            (first, last) = (page["first_id"]?.string, page["last_id"]?.string)
            hasMore = try #require(page["has_more"]?.bool as Bool?)
            #expect(page.object?.members.map(\.key) == ["data", "first_id", "last_id", "has_more"])
        }
    }

    private func list(_ count: Int) -> ModelList {
        ModelList((0..<count).map { ("m\($0)", "The m\($0)") })
    }

    private func page(_ count: Int, _ query: String) throws -> Page {
        try Page(try list(count).page(query: query).get())
    }

    @Test("A page has its models in order, and says where to go on")
    func onePage() throws {
        let first = try page(5, "limit=2")
        #expect(first.ids == ["m0", "m1"] && first.first == "m0" && first.last == "m1" && first.hasMore)
        let middle = try page(5, "limit=2&after_id=m1")
        #expect(middle.ids == ["m2", "m3"] && middle.hasMore)
        let last = try page(5, "after_id=m3&limit=2")
        #expect(last.ids == ["m4"] && !last.hasMore)
        let behind = try page(5, "after_id=m4")
        #expect(behind.ids.isEmpty && behind.first == nil && behind.last == nil && !behind.hasMore)
        #expect(try page(0, "").ids.isEmpty)
        #expect(try page(50, "").ids.count == 20)
        #expect(try page(1_001, "limit=1000").hasMore)
        #expect(try !page(20, "").hasMore)
    }

    @Test("Backwards a page is the last before the id, whatever the order of the query")
    func backwards() throws {
        for query in ["limit=2&before_id=m4", "before_id=m4&limit=2"] {
            let page = try page(5, query)
            #expect(page.ids == ["m2", "m3"] && page.hasMore)
        }
        let first = try page(5, "before_id=m1")
        #expect(first.ids == ["m0"] && !first.hasMore)
        #expect(try page(5, "before_id=m0").ids.isEmpty)
        #expect(try page(5, "before_id=m4&after_id=m0").ids == ["m1", "m2", "m3"])
        #expect(try page(5, "before_id=m1&after_id=m3").ids.isEmpty)
    }

    @Test("Who goes on as the SDKs do sees every model once, in both directions", arguments: 1...12)
    func walk(limit: Int) throws {
        var seen: [String] = [], query = "limit=\(limit)"
        for _ in 0..<20 {
            let page = try page(11, query)
            seen += page.ids
            guard page.hasMore, let last = page.last else { break }
            query = "limit=\(limit)&after_id=\(last)"
        }
        #expect(seen == (0..<11).map { "m\($0)" })
        (seen, query) = ([], "limit=\(limit)&before_id=m10")
        for _ in 0..<20 {
            let page = try page(11, query)
            seen = page.ids + seen
            guard page.hasMore, let first = page.first else { break }
            query = "limit=\(limit)&before_id=\(first)"
        }
        #expect(seen == (0..<10).map { "m\($0)" })
    }

    @Test(
        "A query that makes no sense is refused, one that is not known ignored",
        arguments: [
            "limit=0", "limit=1001", "limit=", "limit", "limit=x", "limit=-1", "after_id=nope", "after_id=",
            "before_id=m%",
        ])
    func refused(query: String) throws {
        guard case .failure(let refusal) = list(3).page(query: query) else {
            Issue.record("taken: \(query)")
            return
        }
        #expect(refusal.status == 400)
        #expect(try page(3, "lifecycle=active&&x&=y").ids.count == 3)
    }

    @Test("Ids may be percent-encoded")
    func encoded() throws {
        let models = ModelList([("acme/é %2F", "The acme/é %2F"), ("b", "The b")])
        let page = try Page(try models.page(query: "after_id=acme%2F%c3%A9%20%252F").get())
        #expect(page.ids == ["b"])
        let one = try #require(models.model("acme%2F%C3%A9%20%252F"))
        #expect(try JSONValue(parsing: String(decoding: one, as: UTF8.self))["id"] == "acme/é %2F")
        #expect(models.model("acme/é %2F") == one)
        #expect(models.model("%+b") == nil && models.model("") == nil && models.model("b%") == nil)
        #expect(models.model("%62") != nil)
    }

    // MARK: User agents

    @Test(
        "What a client says of itself",
        arguments: [
            ("claude-cli/2.1.329 (external, sdk-py, agent-sdk/0.2.186)", "2.1.329", "sdk-py"),
            ("claude-cli/2.1.329 (external, cli)", "2.1.329", "cli"),
            ("claude-cli/2.1.329 (external,claude-vscode)", "2.1.329", "claude-vscode"),
            ("claude-cli/2.1.329(external, cli)", "2.1.329", "cli"),
            ("claude-cli/2.1.329", "2.1.329", ""),
            ("claude-cli/2.1.329 (external)", "2.1.329", ""),
            ("claude-cli/2.1.329 (external, cli", "2.1.329", ""), ("claude-cli/2 )(", "2", ""),
            ("Anthropic/Python 2.11.0 (x, y)", "Anthropic/Python", ""), ("curl/8.0", "curl/8.0", ""), ("", "", ""),
            ("claude-cli/2 ()", "2", ""), (" x", "", ""), ("claude-cli/1 (", "1", ""),
            ("claude-cli/2.1.329 (external, sdk-py, agent-sdk/0.2.186)", "2.1.329", "sdk-py"),
        ])
    func agents(text: String, version: String, entrypoint: String) {
        let agent = read(agent: text)
        #expect(agent.version == version && agent.entrypoint == entrypoint)
    }

    @Test("Names without end are cut")
    func longAgents() {
        let long = String(repeating: "x", count: 500)
        let agent = read(agent: "claude-cli/\(long) (external, \(long))")
        #expect(agent.version.count == 48 && agent.entrypoint.count == 48)
    }
}

private func read(agent text: String) -> (version: String, entrypoint: String) {
    Array(text.utf8).withUnsafeBytes { bytes in
        let agent = ClientAgent(bytes)
        return (
            String(decoding: bytes[agent.version], as: UTF8.self),
            String(decoding: bytes[agent.entrypoint], as: UTF8.self)
        )
    }
}
