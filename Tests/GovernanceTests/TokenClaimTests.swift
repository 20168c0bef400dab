import Configuration
import Testing
import Transport
import Wire

@testable import Governance

/// What the claims of a token with a good signature lead to.
@Suite struct TokenClaimTests {
    private let fixture = TokenFixture()

    private func fault(_ changes: [String: String], seconds: Int64 = TokenFixture.now) throws -> TokenFault? {
        try fixture.verdict(TokenFixture.token(TokenFixture.claims(changes)), seconds: seconds).fault
    }

    @Test("Issuer and audience")
    func issuerAndAudience() throws {
        for audience in [#""tollgate""#, #""gateway""#, #"["x","tollgate"]"#, #"[7,"gateway"]"#] {
            #expect(try fault(["aud": audience]) == nil, "\(audience)")
        }
        let expected = TokenFault.audience(expected: ["tollgate", "gateway"])
        for audience in [
            "", #""""#, #""toll""#, #""Tollgate""#, #""tollgate ""#, "[]", #"["x"]"#, "7", "null", #"{"tollgate":1}"#,
            #"[["tollgate"]]"#,
        ] {
            #expect(try fault(["aud": audience]) == expected, "\(audience)")
        }
        for issuer in [
            #""https://idp.example/realm/""#, #""https://IDP.example/realm""#, #""https://idp.example""#, #""""#,
        ] {
            #expect(try fault(["iss": issuer]) == .unknownIssuer, "\(issuer)")
        }
        for issuer in ["", "7", "null", #"["https://idp.example/realm"]"#] {
            #expect(try fault(["iss": issuer]) == .missingClaim("iss"), "\(issuer)")
        }
    }

    @Test("The end of a token, with a minute for clocks that differ")
    func end() throws {
        #expect(try fault([:], seconds: 1_700_000_159) == nil)
        #expect(try fault([:], seconds: 1_700_000_160) == .expired(since: 1_700_000_100_000_000_000))
        #expect(try fault(["exp": "1700000000.5"], seconds: 1_700_000_060) == nil)
        #expect(
            try fault(["exp": "1700000000.5"], seconds: 1_700_000_061) == .expired(since: 1_700_000_000_500_000_000))
        #expect(try fault(["exp": "1.7000001e9"], seconds: 1_700_000_159) == nil)
        for never in ["9000000001", "9999999999", "253402300799", "253402300799.0"] {
            #expect(try fault(["exp": never]) == nil)
        }
        #expect(try fault(["exp": "0"]) == .expired(since: 0))
        #expect(try fault(["exp": ""]) == .missingClaim("exp"))
    }

    @Test(
        "Times that are none",
        arguments: [
            #""1700000100""#, "-1", "-1700000100", "null", "true", "[]", "{}", "1700000100000", "253402300800", "1e300",
            "1e999",
            "-1e999", "123456789012345678901234567890", "9223372036854775807", "-0.5",
        ])
    func times(text: String) throws {
        for name in ["exp", "nbf", "iat"] {
            #expect(
                try fault([name: text])
                    == .claim(name, mustBe: "a time in seconds since 1970, at most of the year 9999"), "\(name)")
        }
    }

    @Test("A token is not taken before its time, but a minute early")
    func begin() throws {
        #expect(try fault(["nbf": "1700000060"]) == nil)
        #expect(try fault(["nbf": "1700000061"]) == .notYetValid(until: 1_700_000_061_000_000_000))
        #expect(try fault(["iat": "1700000060"]) == nil)
        #expect(try fault(["iat": "1700000061"]) == .issuedInFuture)
        #expect(try fault(["iat": "0"]) == nil)
        var strict = fixture
        strict.setting.clockSkew = 0
        let early = TokenFixture.token(TokenFixture.claims(["nbf": "1700000001"]))
        #expect(try strict.verdict(early).fault == .notYetValid(until: 1_700_000_001_000_000_000))
        #expect(try strict.verdict(TokenFixture.token(TokenFixture.goodClaims), seconds: 1_700_000_100).fault != nil)
    }

    @Test("The signature is looked at before any claim but the issuer")
    func order() throws {
        let claims = TokenFixture.claims(["exp": "1", "aud": #""x""#])
        #expect(
            try fixture.verdict(TokenFixture.token(claims, secret: "another secret of thirty-two bytes")).fault
                == .signature)
    }

    @Test("Who it is: user, team, groups, virtual account and tags, by paths")
    func principal() throws {
        var fixture = fixture
        fixture.setting.claims.user = "email"
        fixture.setting.claims.team = "org.team"
        fixture.setting.claims.groups = "realm_access.roles"
        fixture.setting.claims.virtualAccount = "https://x.example/service"
        fixture.setting.claims.metadata = ["cost_center": "org.cost", "project": "org.project", "beta": "org.beta"]
        let claims = TokenFixture.claims([
            "email": #""dora@example.com""#,
            "org": #"{"team":"data","cost":42,"project":"atlas","beta":true}"#,
            "realm_access": #"{"roles":["senior","eng"]}"#, "https://x.example/service": #""nightly""#,
        ])
        let principal = try #require(try fixture.verdict(TokenFixture.token(claims)).principal)
        #expect(principal.user == "dora@example.com" && principal.team == "data")
        #expect(principal.groups == ["senior", "eng"] && principal.virtualAccount == "nightly")
        #expect(
            String(decoding: principal.metadata.json, as: UTF8.self)
                == #"{"beta":"true","cost_center":"42","project":"atlas"}"#)
    }

    @Test("The id of a token's holder is the same for all of their tokens, and another for another user")
    func id() throws {
        func id(_ changes: [String: String]) throws -> String {
            try #require(try fixture.verdict(TokenFixture.token(TokenFixture.claims(changes))).principal).keyID
        }
        let first = try id([:])
        #expect(first.hasPrefix("jwt_") && first.count == 20)
        #expect(try id(["jti": #""x""#, "exp": "1700000050"]) == first)
        #expect(try id(["sub": #""emil""#]) != first)
    }

    @Test("Groups as a list or with commas; anything else is refused, as a group not seen could be one that is denied")
    func groups() throws {
        var fixture = fixture
        fixture.setting.claims.groups = "g"
        func groups(_ value: String) throws -> [String]? {
            try fixture.verdict(TokenFixture.token(TokenFixture.claims(["g": value]))).principal?.groups
        }
        #expect(try groups("") == [] && groups("null") == [] && groups("[]") == [] && groups(#""""#) == [])
        #expect(try groups(#""senior""#) == ["senior"] && groups(#""a b, c ,d,""#) == ["a b", "c", "d"])
        #expect(try groups(#"["a","b,c",""]"#) == ["a", "b,c"])
        for value in [
            "7", "true", "{}", "[1]", #"["a",null]"#, #"["a",["b"]]"#, "\"a\\u0007\"",
            "[\"" + String(repeating: "x", count: 257) + "\"]",
        ] {
            #expect(try groups(value) == nil, "\(value)")
        }
    }

    @Test("A token that is bound to a key of its holder is no bearer token")
    func bound() throws {
        #expect(try fault(["cnf": #"{"jkt":"x"}"#]) == .bound)
        #expect(try fault(["cnf": "null"]) == .bound)
    }

    @Test("Without a user there is nobody", arguments: ["", "null", #""""#])
    func missingUser(value: String) throws { #expect(try fault(["sub": value]) == .missingClaim("sub")) }

    @Test(
        "A user that is no name is refused, and one that the ledger would cut",
        arguments: [
            "7", "[]", "{}", "true", "\"a\\nb\"", "\"\\u0000\"", "\"" + String(repeating: "x", count: 129) + "\"",
        ])
    func badUser(value: String) throws {
        guard case .claim("sub", _) = try fault(["sub": value]) else { return #expect(Bool(false)) }
    }

    @Test("A team or an account that is no string is refused")
    func badTeam() throws {
        var fixture = fixture
        fixture.setting.claims.team = "team"
        let token = TokenFixture.token(TokenFixture.claims(["team": #"["a"]"#]))
        #expect(try fixture.verdict(token).fault == .claim("team", mustBe: "a string"))
    }

    @Test("A user of the form virtualaccount:NAME is that account")
    func virtualAccount() throws {
        let token = TokenFixture.token(TokenFixture.claims(["sub": #""virtualaccount:ci""#]))
        #expect(try fixture.verdict(token).principal?.virtualAccount == "ci")
    }

    @Test("Sentences say what is wrong and nothing of the token")
    func sentences() throws {
        let cases: [([String: String], String)] = [
            (["exp": "1600000000"], "The token expired at 2020-09-13T12:26:40Z. Get a new one."),
            (["aud": #""canary""#], "The token is for another audience; this gateway is tollgate or gateway."),
            (["iss": #""canary""#], "The token is of an issuer that this gateway does not know."),
            (["sub": #"["canary"]"#], "The claim sub of the token must be a string."),
            (
                ["nbf": "1800000000"],
                "The token is not valid before 2027-01-15T08:00:00Z. Is the clock of its issuer right?"
            ),
        ]
        for (changes, sentence) in cases { #expect(try fault(changes)?.sentence == sentence) }
    }

    @Test("Of two settings of one issuer the one whose audience fits decides")
    func twice() throws {
        var second = fixture
        second.setting = TokenIssuerSetting(
            issuer: TokenFixture.issuer, audiences: ["other"], keys: fixture.setting.keys, algorithms: [.hs256])
        second.setting.claims.user = "name"
        let keys = TokenKeySet([TokenKey(id: nil, key: try .secret(Array(TokenFixture.secret.utf8)))])
        let verifier = TokenVerifier([fixture.setting, second.setting], keys: [keys, keys])
        let other = TokenFixture.token(TokenFixture.claims(["aud": #""other""#, "name": #""Dora""#]))
        #expect(verifier.verdict(on: other).principal?.user == "Dora")
        #expect(verifier.verdict(on: TokenFixture.token(TokenFixture.goodClaims)).principal?.user == "dora")
    }
}
