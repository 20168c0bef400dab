import Testing
import Transport
import Wire

@testable import Governance

@Suite struct IdentifyTests {
    private func digest(_ key: String) -> SHA256Digest {
        Array(key.utf8).withUnsafeBytes { SHA256Digest(of: $0) }
    }

    private var ring: KeyRing {
        let alice = Principal(user: "alice", team: "platform", keyID: "k1", metadata: ["project": "p"])
        let bob = Principal(user: "bob", team: "data", keyID: "k2", metadata: [:])
        return KeyRing([
            KeyEntry(digest: digest("alice-key"), principal: alice, expires: nil, isRevoked: false),
            KeyEntry(digest: digest("bob-key"), principal: bob, expires: 1_000, isRevoked: false),
            KeyEntry(digest: digest("gone-key"), principal: bob, expires: nil, isRevoked: true),
        ])
    }

    /// What the ring says of a head with these fields, as one word.
    private func identify(_ fields: [String], now: Int64 = 500) throws -> String {
        let head = "GET / HTTP/1.1\r\nhost: x\r\n" + fields.map { $0 + "\r\n" }.joined() + "\r\n"
        return try Array(head.utf8).withUnsafeBytes { bytes in
            var parser = RequestHeadParser()
            let isComplete = try parser.parse(bytes)
            #expect(isComplete)
            switch ring.identify(CredentialFields(parser.head, bytes), bytes, now: now) {
            case .known(let principal, let passesThrough): return principal.user + (passesThrough ? "+login" : "")
            case .missing: return "missing"
            case .refused(.unknown): return "unknown"
            case .refused(.expired(let moment, let keyID)): return "expired \(moment) \(keyID)"
            case .refused(.revoked(let keyID)): return "revoked \(keyID)"
            case .refused(.valid): return "impossible"
            }
        }
    }

    @Test(
        "Each way to send a credential, and each way to fail",
        arguments: [
            (["authorization: Bearer alice-key"], "alice"), (["authorization: bearer  alice-key"], "alice"),
            (["x-api-key: alice-key"], "alice"),
            (["Authorization: Bearer alice-key", "X-Api-Key: alice-key"], "alice"),
            (["authorization: Bearer sk-ant-oat-1", "x-tollgate-api-key: alice-key"], "alice+login"),
            (["authorization: Bearer sk-ant-oat-1", "X-TFY-API-KEY: alice-key"], "alice+login"),
            (["x-tollgate-api-key: alice-key"], "alice"),
            (["x-tollgate-api-key: alice-key", "authorization: Bearer bob-key"], "alice"),
            (["x-tollgate-api-key: alice-key", "authorization: Bearer gone-key"], "alice"),
            (["x-tollgate-api-key: alice-key", "authorization: Bearer \"bob-key\""], "alice"),
            (["x-tollgate-api-key: alice-key", "authorization: Bearer a", "authorization: Bearer b"], "alice"),
            (["authorization: Bearer wrong", "x-api-key: alice-key"], "alice"),
            (["authorization: Bearer alice-key", "x-tollgate-api-key: wrong"], "unknown"),
            (["authorization: Basic alice-key"], "missing"), (["authorization: Bearer"], "missing"), ([], "missing"),
            (["x-api-key: alice-kez"], "unknown"), (["x-api-key: gone-key"], "revoked k2"),
            (["x-api-key: bob-key"], "bob"),
        ])
    func credentials(fields: [String], expected: String) throws {
        #expect(try identify(fields) == expected)
    }

    @Test("A key is good until the nanosecond it expires")
    func expiry() throws {
        #expect(try identify(["x-api-key: bob-key"], now: 999) == "bob")
        #expect(try identify(["x-api-key: bob-key"], now: 1_000) == "expired 1000 k2")
    }
}

@Suite struct MetadataTests {
    private func overlay(_ header: String, on defaults: [String: String] = [:]) throws -> Metadata {
        try Array(header.utf8).withUnsafeBytes { bytes throws(MetadataError) in
            try Metadata(defaults).overlaid(with: bytes)
        }
    }

    @Test("The header's tags come over the key's, and the JSON is sorted")
    func overlay() throws {
        let metadata = try overlay(#"{"b": "2", "a": "x\"y"}"#, on: ["a": "1", "project": "p"])
        #expect(String(decoding: metadata.json, as: UTF8.self) == #"{"a":"x\"y","b":"2","project":"p"}"#)
        #expect(metadata.project == "p")
        #expect(Metadata.none.json.isEmpty)
    }

    @Test(
        "What is no object of strings is refused",
        arguments: ["", "x", "[]", #"{"a":1}"#, #"{"a":"b""#, #"{"a":"b"} x"#, #"{"a":{"b":"c"}}"#])
    func refuses(header: String) {
        #expect { try overlay(header) } throws: {
            if case .malformed(let problem)? = $0 as? MetadataError { !problem.isEmpty } else { false }
        }
    }

    @Test("A tag of the credential's cannot be changed, only repeated")
    func locked() throws {
        func overlay(_ header: String) throws -> Metadata {
            try Array(header.utf8).withUnsafeBytes {
                try Metadata(["team": "data"]).overlaid(with: $0) { ["team", "user"].contains($0) }
            }
        }
        #expect(try overlay(#"{"team": "data", "ticket": "7"}"#).value(of: "ticket") == "7")
        #expect(throws: MetadataError.locked("team")) { try overlay(#"{"team": "platform"}"#) }
        #expect(throws: MetadataError.locked("user")) { try overlay(#"{"user": "root"}"#) }
    }

    @Test("Another spelling of a locked tag or of its value is another one, not a way around the lock")
    func spelling() throws {
        // U+212A is `K` to `==`, and another text to rules, which compare bytes.
        func overlay(_ header: String) throws -> Metadata {
            try Array(header.utf8).withUnsafeBytes {
                try Metadata(["Kost": "Kern"]).overlaid(with: $0) { $0.utf8.elementsEqual("Kost".utf8) }
            }
        }
        #expect(throws: MetadataError.locked("Kost")) { try overlay(#"{"Kost": "\u212aern"}"#) }
        let metadata = try overlay(#"{"\u212aost": "frei", "Kost": "Kern"}"#)
        #expect(metadata.value(of: "Kost") == "Kern" && metadata.value(of: "\u{212A}ost") == "frei")
        #expect(metadata.tags.count == 2)
    }

    @Test("Size and number of tags are bounded")
    func bounds() throws {
        let tags = (0..<65).map { "\"t\($0)\":\"\"" }.joined(separator: ",")
        #expect(throws: MetadataError.self) { try overlay("{\(tags)}") }
        #expect(throws: MetadataError.self) { try overlay("{\"a\":\"" + String(repeating: "x", count: 4_096) + "\"}") }
    }
}
