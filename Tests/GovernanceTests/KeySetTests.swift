import Configuration
import Testing
import Transport
import Wire

@testable import Governance

@Suite struct KeySetTests {
    private func set(_ text: String) throws -> JSONWebKeySet { try JSONWebKeySet(parsing: Array(text.utf8)) }

    /// The three good keys, as objects.
    private func entries() throws -> [JSONValue] {
        try #require(JSONValue(parsing: TokenSamples.keySet)["keys"]?.array)
    }

    private func ignored(_ place: Int, _ changes: [String: JSONValue?]) throws -> [String] {
        var entry = try #require(try entries()[place].object)
        for (name, value) in changes { entry[name] = value }
        return try set(JSONValue.object(["keys": [.object(entry)]]).text).ignored
    }

    @Test("Keys of the three kinds, with their names; others are passed over and counted")
    func kinds() throws {
        let good = try set(TokenSamples.keySet)
        #expect(good.keys.map { $0.id ?? "" } == ["r1", "e1", "d1"] && good.ignored.isEmpty)
        #expect(good.keys.map { $0.key.kind.tokenAlgorithm } == [.rs256, .es256, .edDSA])
        let mixed = try set(#"{"keys":[{"kty":"oct","k":"AAAA"},{},7,{"kty":"RSA"}],"more":1}"#)
        #expect(mixed.keys.isEmpty)
        #expect(
            mixed.ignored == [
                "key 1 is of a type that is not taken; those are RSA, EC and OKP", "key 2 has no `kty`",
                "key 3 is no object",
                "key 4 has no `n`",
            ])
    }

    @Test("What a key is for is honoured")
    func uses() throws {
        for place in 0..<3 {
            #expect(try ignored(place, ["use": "sig", "key_ops": ["verify"]]).isEmpty)
            #expect(try ignored(place, ["use": JSONValue?.none]).isEmpty)
            #expect(try ignored(place, ["use": "enc"]) == ["key 1 is not for signatures (use)"])
            #expect(try ignored(place, ["use": "SIG"]).count == 1)
            for operations: JSONValue in [["sign"], [], "verify", ["encrypt", "wrapKey"]] {
                #expect(try ignored(place, ["key_ops": operations]) == ["key 1 is not for verifying (key_ops)"])
            }
            for algorithm: JSONValue in ["RS512", "PS256", "HS256", "none", "ES384", "rs256"] {
                #expect(try ignored(place, ["alg": algorithm]) == ["key 1 is for an algorithm that is not taken"])
            }
            #expect(try ignored(place, ["alg": .string(["RS256", "ES256", "EdDSA"][place])]).isEmpty)
            #expect(try ignored(place, ["d": "AAAA"]).count == 1)
            #expect(try ignored(place, ["kid": 7]).count == 1)
        }
    }

    @Test("Numbers that are no key")
    func numbers() throws {
        let short = TokenFixture.encoded([UInt8](repeating: 0xFF, count: 128))
        let even = TokenFixture.encoded([UInt8](repeating: 0xFE, count: 256))
        for modulus in ["", "AA", short, even, "A A", "AA=="] {
            #expect(try ignored(0, ["n": .string(modulus)]).count == 1, "\(modulus)")
        }
        for exponent in ["", "AA", "AQ", "Ag", "AQAA", "AQABAAAAAAAAAAAB"] {
            #expect(try ignored(0, ["e": .string(exponent)]).count == 1, "\(exponent)")
        }
        #expect(try ignored(0, ["e": "Aw"]).isEmpty && ignored(0, ["e": "AAEAAQ"]).isEmpty)
        let ones = TokenFixture.encoded([UInt8](repeating: 1, count: 32)),
            zeros = TokenFixture.encoded([UInt8](repeating: 0, count: 32))
        for coordinate in [ones, zeros, "AA", TokenFixture.encoded([UInt8](repeating: 0xFF, count: 32))] {
            #expect(try ignored(1, ["x": .string(coordinate)]).count == 1)
            #expect(try ignored(1, ["y": .string(coordinate)]).count == 1)
        }
        #expect(try ignored(1, ["x": .string(zeros), "y": .string(zeros)]).count == 1)
        for curve: JSONValue in ["P-384", "P-521", "secp256k1", "p-256", "Ed25519", 7] {
            #expect(try ignored(1, ["crv": curve]).count == 1)
        }
        for curve: JSONValue in ["X25519", "Ed448", "P-256"] { #expect(try ignored(2, ["crv": curve]).count == 1) }
        #expect(try ignored(2, ["x": "AAAA"]).count == 1)
    }

    @Test(
        "What is no key set is refused as a whole",
        arguments: [
            "", "{}", "[]", #"{"keys":{}}"#, #"{"keys":[]}x"#, "<html>", #"{"keys":[],"keys":[]}"#,
            #"{"keys":[{"kty":"RSA","kty":"EC"}]}"#,
        ])
    func none(text: String) { #expect(throws: KeySetFault.self) { try set(text) } }

    @Test("More keys than anybody has are refused")
    func many() throws {
        let keys = [String](repeating: "{}", count: 256).joined(separator: ",")
        #expect(try set(#"{"keys":[\#(keys)]}"#).ignored.count == 256)
        #expect(throws: KeySetFault.self) { try set(#"{"keys":[\#(keys),{}]}"#) }
    }

    @Test("A key set cut at any place is refused")
    func cut() throws {
        let bytes = Array(TokenSamples.keySet.utf8)
        for length in 0..<bytes.count {
            #expect(throws: KeySetFault.self) { try JSONWebKeySet(parsing: Array(bytes[..<length])) }
        }
    }
}
