import Testing

@testable import Configuration

@Suite("Who is believed: tokens, certificates, memberships of keys")
struct IssuerTests {
    private static let second: Int64 = 1_000_000_000
    private static let secret = "0123456789abcdef0123456789abcdef"

    private func said(_ issuer: String) -> [String] { problems(with: "credentials: {jwt: [{\(issuer)}]}") }

    @Test("Issuers by key set, file and secret")
    func issuers() throws {
        let read = try snapshot(
            complete + """
                credentials:
                  jwt:
                    - issuer: https://idp.example
                      audience: [tollgate, other]
                      jwks: https://idp.example:8443/keys?v=2
                      refresh: 5m
                      clock_skew: 0s
                      ca_file: ca.pem
                      algorithms: [RS256, EdDSA]
                      claims: {user: email, team: department, groups: realm.roles, virtual_account: azp, metadata: {project: prj}}
                    - {issuer: file, audience: a, jwks: "file:keys.json"}
                    - {issuer: path, audience: a, jwks: /abs/keys.json}
                    - {issuer: local, audience: a, jwks: "http://127.0.0.1:1/keys"}
                    - {issuer: shared, audience: a, secret: \(Self.secret)}
                """
        ).tokenIssuers
        #expect(read.map(\.issuer) == ["https://idp.example", "file", "path", "local", "shared"])
        let first = read[0]
        #expect(first.audiences == ["tollgate", "other"] && first.algorithms == [.rs256, .edDSA])
        #expect(first.clockSkew == 0 && first.authorityFile == "/etc/tg/ca.pem")
        #expect(first.claims.user == "email" && first.claims.team == "department")
        #expect(first.claims.groups == "realm.roles" && first.claims.virtualAccount == "azp")
        #expect(first.claims.metadata == ["project": "prj"])
        guard case .url(let base, let path, let refresh) = first.keys else { throw Missing() }
        #expect(base == BaseURL("https://idp.example:8443") && path == "/keys?v=2" && refresh == 300 * Self.second)
        guard case .file("/etc/tg/keys.json") = read[1].keys, case .file("/abs/keys.json") = read[2].keys,
            case .url(_, "/keys", let standard) = read[3].keys, case .secret(let secret) = read[4].keys
        else { throw Missing() }
        #expect(standard == 600 * Self.second && secret.isSame(as: Secret(Self.secret)))
        #expect(read[1].algorithms == [.rs256, .es256, .edDSA] && read[4].algorithms == [.hs256])
        #expect(read[1].claims == TokenClaims() && read[1].clockSkew == 60 * Self.second)
    }

    private struct Missing: Error {}

    @Test(
        "What is wrong with an issuer",
        arguments: [
            ("audience: a, jwks: k", "jwt[0].issuer: is missing; write for example `issuer: https://idp.example`"),
            ("issuer: i, jwks: k", "jwt[0].audience: is missing; write for example `audience: tollgate`"),
            ("issuer: i, audience: [], jwks: k", "jwt[0].audience: is missing"),
            (
                "issuer: i, audience: a",
                "jwt[0].jwks: is missing; write for example `jwks: https://idp.example/keys`, or a `secret`"
            ),
            (
                "issuer: i, audience: a, secret: canary-too-short",
                "jwt[0].secret: is shorter than 32 bytes; use a long random one"
            ),
            ("issuer: i, audience: a, secret: \(secret), jwks: k", "jwt[0].jwks: has no effect beside secret"),
            (
                "issuer: i, audience: a, secret: \(secret), refresh: 1m",
                "jwt[0].refresh: has no effect: a secret is not fetched"
            ),
            (
                "issuer: i, audience: a, secret: \(secret), algorithms: RS256",
                "jwt[0].algorithms: `RS256` needs the keys of a `jwks`; a `secret` is for HS256 alone"
            ),
            (
                "issuer: i, audience: a, secret: \(secret), ca_file: c",
                "jwt[0].ca_file: has no effect: jwks is no URL that begins with https://"
            ),
            (
                "issuer: i, audience: a, jwks: k, algorithms: [HS256]",
                "jwt[0].algorithms: `HS256` needs a `secret`; with the public keys of a `jwks` anybody could sign"
            ),
            (
                "issuer: i, audience: a, jwks: k, algorithms: [none]",
                "jwt[0].algorithms: `none` is not one of HS256, RS256, ES256, EdDSA"
            ),
            (
                "issuer: i, audience: a, jwks: k, algorithms: []",
                "jwt[0].algorithms: is empty: no token would be taken; leave it out"
            ),
            (
                "issuer: i, audience: a, jwks: k, refresh: 1m",
                "jwt[0].refresh: has no effect: a file is read anew when it changes"
            ),
            (
                "issuer: i, audience: a, jwks: \"http://idp.example/canary\"",
                "jwt[0].jwks: must begin with https://: whoever can change the answer on its way could sign tokens"
            ),
            (
                "issuer: i, audience: a, jwks: \"ftp://idp.example/canary\"",
                "jwt[0].jwks: the value is not http(s)://HOST[:PORT]/PATH, without user and fragment"
            ),
            ("issuer: i, audience: a, jwks: \"file:\"", "jwt[0].jwks: `file:` names no file"),
            (
                "issuer: i, audience: a, jwks: k, clock_skew: 2h",
                "jwt[0].clock_skew: `2h` is not a duration from 0s to 1h, such as `60s`"
            ),
            ("issuer: i, audience: a, jwks: k, claims: {user: \"\"}", "jwt[0].claims.user: must not be empty"),
            (
                "issuer: i, audience: a, jwks: k, claims: {metadata: {a: \"\"}}",
                "jwt[0].claims.metadata.a: must not be empty"
            ),
            (
                "issuer: i, audience: a, jwks: k, claims: {usr: a}",
                "jwt[0].claims.usr: unknown setting; did you mean user?"
            ),
        ])
    func issuerMistakes(issuer: String, expected: String) {
        let said = said(issuer)
        #expect(said.count == 1 && said.first?.contains("t.yaml:3:") == true, "\(said)")
        #expect(said.first?.contains("credentials.\(expected)") == true, "\(said)")
        #expect(!said.joined().contains("canary"))
    }

    @Test("An issuer stands once")
    func twice() {
        let said = problems(
            with:
                "credentials:\n  jwt:\n    - {issuer: i, audience: a, jwks: k}\n    - {issuer: i, audience: b, jwks: k}\n"
        )
        #expect(
            said == [
                "t.yaml:6:16: credentials.jwt[1].issuer: `i` is the issuer of another entry too; its `audience` may be a list"
            ])
    }

    @Test("Certificates stand for people and for virtual accounts")
    func certificates() throws {
        let read = try snapshot(
            complete + """
                tls: {certificate: c, key: k, client_ca: ca.pem, client_certificates: required}
                credentials:
                  client_certificates:
                    - {match: {email: "*@example.com"}, team: platform, groups: [senior]}
                    - {match: {dns: "*.ci.example"}, virtual_account: ci, metadata: {environment: ci}}
                    - {match: {common_name: alice}, user: a}
                    - {match: {uri: "spiffe://x/*"}}
                """)
        #expect(read.tls?.clientAuthorityFile == "/etc/tg/ca.pem" && read.tls?.requiresClientCertificate == true)
        let identities = read.certificateIdentities
        #expect(identities.map(\.field) == [.email, .dnsName, .commonName, .uri])
        #expect(identities[0].value == Glob("*@example.com") && identities[0].team == "platform")
        #expect(identities[0].groups == ["senior"] && identities[0].user.isEmpty)
        #expect(identities[1].virtualAccount == "ci" && identities[1].metadata == ["environment": "ci"])
        #expect(identities[2].user == "a")
        let optional = try snapshot(complete + "tls: {certificate: c, key: k, client_ca: ca.pem}").tls
        #expect(optional?.clientAuthorityFile != nil && optional?.requiresClientCertificate == false)
    }

    @Test("What is wrong with certificates")
    func certificateMistakes() {
        let tls = "tls: {certificate: c, key: k, client_ca: a}\n"
        func said(_ identity: String) -> [String] {
            problems(with: tls + "credentials: {client_certificates: [{\(identity)}]}")
        }
        let path = "t.yaml:4:37: credentials.client_certificates[0]"
        #expect(said("user: a") == ["\(path).match: is missing; write for example `match: {dns: \"*.ci.example\"}`"])
        #expect(
            said("match: {}").first?.hasSuffix("[0].match: must have one of common_name, dns, email, uri, found 0")
                == true)
        #expect(said("match: {dns: a, email: b}").first?.hasSuffix("found 2") == true)
        #expect(said("match: {cn: a}").contains { $0.contains("match.cn: unknown setting") })
        #expect(
            said("match: {dns: a}, user: u, virtual_account: v").first?.contains(
                ".user: has no effect: a virtual account stands in place of a person") == true)
        #expect(
            problems(with: "credentials: {client_certificates: [{match: {dns: a}}]}") == [
                "t.yaml:3:37: credentials.client_certificates: has no effect: no client is asked for a certificate; set `tls: {client_ca: …}`"
            ])
        for mode in ["required", "optional"] {
            #expect(
                problems(with: "tls: {certificate: c, key: k, client_certificates: \(mode)}") == [
                    "t.yaml:3:52: tls.client_certificates: has no effect: there is no client_ca that they must chain to"
                ])
        }
        #expect(
            problems(with: "tls: {certificate: c, key: k, client_ca: a, client_certificates: maybe}").first?.contains(
                "`maybe` is not one of optional, required") == true)
    }

    @Test("A key belongs to groups, or to a virtual account")
    func keys() throws {
        let keys = try snapshot(
            complete
                + "credentials: {keys: [{key: long-enough-1, user: a, groups: [senior, ops]}, {key: long-enough-2, virtual_account: ci, team: t}]}"
        ).keys
        #expect(keys[0].groups == ["senior", "ops"] && keys[0].virtualAccount.isEmpty && keys[0].user == "a")
        #expect(keys[1].virtualAccount == "ci" && keys[1].user.isEmpty && keys[1].team == "t")
        #expect(
            problems(with: "credentials: {keys: [{key: long-enough-1, user: a, virtual_account: ci}]}") == [
                "t.yaml:3:49: credentials.keys[0].user: has no effect: a virtual account stands in place of a person"
            ])
    }
}
