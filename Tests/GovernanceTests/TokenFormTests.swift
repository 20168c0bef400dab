import Configuration
import Testing
import Wire

@testable import Governance

/// The form of tokens, all with good signatures.
@Suite struct TokenFormTests {
    private let fixture = TokenFixture()

    @Test(
        "No other algorithm is taken, in no spelling",
        arguments: [
            "none", "None", "NONE", "nOnE", "", "hs256", "HS256 ", "HS384", "HS512", "RS256", "ES256", "EdDSA",
            "ES256K",
            "PS256", "null", "RSA-OAEP", "dir",
        ])
    func algorithms(name: String) throws {
        let header = #"{"alg":"\#(name)"}"#
        #expect(try fixture.verdict(TokenFixture.token(TokenFixture.goodClaims, header: header)).fault == .algorithm)
        let parts = TokenFixture.encoded(header) + "." + TokenFixture.encoded(TokenFixture.goodClaims)
        #expect(try fixture.verdict(parts + ".").fault == .algorithm)
    }

    @Test(
        "Headers that ask for what is not known, or are none",
        arguments: [
            (#"{}"#, TokenFault.Shape.header), (#"{"alg":1}"#, .header), (#"{"alg":null}"#, .header), (#"[]"#, .header),
            (#""HS256""#, .header), ("", .header), ("{", .header), (#"{"alg":"HS256"}x"#, .header),
            (#"{"alg":"HS256","kid":1}"#, .header), (#"{"alg":"HS256","typ":7}"#, .header),
            (#"{"alg":"HS256","crit":["b64"],"b64":false}"#, .critical), (#"{"alg":"HS256","crit":[]}"#, .critical),
            (#"{"alg":"HS256","crit":null}"#, .critical), (#"{"alg":"HS256","typ":"logout+jwt"}"#, .type),
            (#"{"alg":"HS256","typ":"dpop+jwt"}"#, .type), (#"{"alg":"HS256","typ":"JWE"}"#, .type),
            (#"{"alg":"HS256","cty":"JWT"}"#, .nested), (#"{"alg":"HS256","enc":"A128GCM"}"#, .encrypted),
            (#"{"alg":"none","alg":"HS256"}"#, .repeatedName), (#"{"alg":"HS256","alg":"HS256"}"#, .repeatedName),
            (#"{"alg":"HS256","a\u006cg":"none"}"#, .repeatedName),
            (#"{"alg":"HS256","x":{"y":1,"y":2}}"#, .repeatedName),
        ])
    func headers(header: String, shape: TokenFault.Shape) throws {
        let token = TokenFixture.token(TokenFixture.goodClaims, header: header)
        #expect(try fixture.verdict(token).fault == .malformed(shape), "\(header)")
    }

    @Test(
        "Types of tokens that are credentials, in any case",
        arguments: ["JWT", "jwt", "at+jwt", "AT+JWT", "application/at+jwt"])
    func types(type: String) throws {
        let header = #"{"alg":"HS256","typ":"\#(type)"}"#
        #expect(try fixture.verdict(TokenFixture.token(TokenFixture.goodClaims, header: header)).principal != nil)
    }

    @Test(
        "Claims that are none",
        arguments: [
            ("", TokenFault.Shape.claims), ("[]", .claims), ("null", .claims), ("7", .claims), ("{", .claims),
            ("{}{}", .claims), (#"{"iss":"a","iss":"b"}"#, .repeatedName), (#"{"exp":1,"\u0065xp":2}"#, .repeatedName),
            (#"{"a":[{"b":1,"b":1}]}"#, .repeatedName), ("\u{FEFF}{}", .claims), (#"{"a":01}"#, .claims),
            (#"{"exp":NaN}"#, .claims), (#"{"exp":Infinity}"#, .claims), ("{\"a\":\"\u{1}\"}", .claims),
        ])
    func claims(claims: String, shape: TokenFault.Shape) throws {
        #expect(try fixture.verdict(TokenFixture.token(claims)).fault == .malformed(shape), "\(claims)")
    }

    @Test("Claims that are not UTF-8, or nested without end, are none")
    func broken() throws {
        for claims in [
            Array("{\"sub\":\"".utf8) + [0xC3, 0x28] + Array("\"}".utf8),
            Array((String(repeating: "[", count: 5_000)).utf8),
        ] {
            let parts = TokenFixture.encoded(TokenFixture.goodHeader) + "." + TokenFixture.encoded(claims)
            #expect(try fixture.verdict(TokenFixture.token(parts: parts)).fault == .malformed(.claims))
        }
    }

    @Test("Base64 has one form only: no padding, no blanks, no other alphabet, no stray bits")
    func base64() throws {
        let header = TokenFixture.encoded(#"{"alg":"HS256"}"#), claims = TokenFixture.encoded(TokenFixture.goodClaims)
        #expect(try fixture.verdict(TokenFixture.token(parts: header + "." + claims)).principal != nil)
        // 15 bytes need no padding, 16 do: their last letter has four bits to spare.
        let spare = TokenFixture.encoded(#"{"alg":"HS256" }"#)
        #expect(try fixture.verdict(TokenFixture.token(parts: spare + "." + claims)).principal != nil)
        let last = try #require(spare.last)
        #expect("AQgw".contains(last))
        for other in ["B", "R", "h", "x"] {
            let parts = spare.dropLast() + other + "." + claims
            #expect(try fixture.verdict(TokenFixture.token(parts: parts)).fault == .malformed(.header))
        }
        for (bad, shape) in [
            (spare + "==." + claims, TokenFault.Shape.header), (header + " ." + claims, .header),
            (header + "\n." + claims, .header),
            (header + "." + claims + "=", .claims), (header + ". " + claims, .claims),
            (header + "." + claims + "+", .claims),
            (header + ".ey/J", .claims), ("+" + header.dropFirst() + "." + claims, .header),
            (header + "." + claims + "A", .claims),
        ] {
            let fault = try fixture.verdict(TokenFixture.token(parts: bad)).fault
            #expect(fault == .malformed(shape) || fault == .malformed(.claims), "\(bad): \(String(describing: fault))")
        }
        let good = TokenFixture.token(TokenFixture.goodClaims)
        #expect(try fixture.verdict(good + "=").fault == .malformed(.signature))
        #expect(try fixture.verdict(good.replacing(".", with: ".\u{0}")).principal == nil)
    }

    @Test("Parts: two are too few, five are encrypted, more are too many")
    func parts() throws {
        for (token, shape) in [
            ("eyJ", TokenFault.Shape.parts), ("", .parts), (".", .parts), ("..", .header), ("a.b", .parts),
            ("a.b.c.d", .parts),
            ("a.b.c.d.e", .encrypted), ("a.b.c.d.e.f", .parts), ("....", .encrypted), (".....", .parts),
        ] {
            #expect(try fixture.verdict(token).fault == .malformed(shape), "\(token)")
        }
    }

    @Test("A token of 16 KiB is taken, a longer one is not looked at")
    func size() throws {
        func token(padding: Int) -> String {
            TokenFixture.token(TokenFixture.claims(["x": "\"" + String(repeating: "x", count: padding) + "\""]))
        }
        var padding = 12_000
        while token(padding: padding + 1).utf8.count <= JSONWebToken.maximumBytes { padding += 1 }
        #expect(try fixture.verdict(token(padding: padding)).principal != nil)
        #expect(try fixture.verdict(token(padding: padding + 2)).fault == .malformed(.tooLong))
    }

    @Test("What looks like a token, and what does not")
    func likely() {
        func isLikely(_ text: String) -> Bool { Array(text.utf8).withUnsafeBytes { JSONWebToken.isLikely($0) } }
        for text in ["eyJ.a.b", "eyJhbGciOi.x.", "eyJ..", "eyJa.b.c.d.e"] { #expect(isLikely(text), "\(text)") }
        for text in ["", "eyJ", "eyJa.b", "sk-ant-oat01-x.y.z", "tgk_abc", "a.b.c", "EYJ.a.b", ".eyJ."] {
            #expect(!isLikely(text), "\(text)")
        }
    }
}
