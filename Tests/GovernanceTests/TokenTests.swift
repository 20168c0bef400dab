import Configuration
import Testing
import Transport
import Wire

@testable import Governance

/// Tokens of a published key set.
@Suite struct TokenTests {
    private func verifier(
        _ set: String = TokenSamples.keySet, algorithms: [TokenAlgorithm] = TokenAlgorithm.allCases
    ) throws -> TokenVerifier {
        let setting = TokenIssuerSetting(
            issuer: TokenFixture.issuer, audiences: ["tollgate"], keys: .file("/keys.json"), algorithms: algorithms)
        return TokenVerifier([setting], keys: [TokenKeySet(try JSONWebKeySet(parsing: Array(set.utf8)).keys)])
    }

    @Test("A token of another implementation is taken for each algorithm", arguments: TokenSamples.good)
    func good(name: String, token: String) throws {
        let verdict = try verifier().verdict(on: token)
        #expect(verdict.principal?.user == "dora", "\(verdict)")
        guard case .valid(_, let until) = verdict else { return }
        #expect(until == (4_102_444_800 + 60) * 1_000_000_000)
    }

    @Test("Whoever pretends is refused", arguments: TokenSamples.bad)
    func bad(name: String, token: String) throws {
        let fault = try #require(try verifier().verdict(on: token).fault, "\(name)")
        #expect([.signature, .algorithm, .unknownKey].contains(fault), "\(name): \(fault)")
    }

    @Test("A public key is no secret, also where HS256 is allowed and nothing else", arguments: TokenSamples.bad)
    func confusion(name: String, token: String) throws {
        #expect(try verifier(algorithms: [.hs256]).verdict(on: token).fault == .algorithm)
    }

    @Test(
        "An algorithm that the issuer is not allowed is refused before any key is tried", arguments: TokenSamples.good)
    func allowed(name: String, token: String) throws {
        let others = TokenAlgorithm.allCases.filter { $0.rawValue != name }
        #expect(try verifier(algorithms: others).verdict(on: token).fault == .algorithm)
    }

    @Test("A token with any one byte changed is refused", arguments: TokenSamples.good)
    func tampered(name: String, token: String) throws {
        let verifier = try verifier()
        let bytes = Array(token.utf8)
        for place in bytes.indices {
            for other in [UInt8(ascii: "A"), UInt8(ascii: "z"), UInt8(ascii: "."), 0x20, 0x3D, 0x00, 0xFF]
            where other != bytes[place] {
                var changed = bytes
                changed[place] = other
                let verdict = changed.withUnsafeBytes {
                    verifier.verdict(on: $0, now: TokenFixture.now * 1_000_000_000)
                }
                if case .valid = verdict { Issue.record("\(name): byte \(place) as \(other)") }
            }
        }
    }

    @Test("A token cut or lengthened at any place is refused", arguments: TokenSamples.good)
    func cut(name: String, token: String) throws {
        let verifier = try verifier()
        for length in 0..<token.utf8.count {
            #expect(verifier.verdict(on: String(token.prefix(length))).principal == nil, "\(name): \(length)")
        }
        for more in ["A", "AA", "AAAA", "=", "==", " ", "\n", ".", ".AA", ".A.A"] {
            #expect(verifier.verdict(on: token + more).principal == nil)
            #expect(verifier.verdict(on: more + token).principal == nil)
        }
    }

    /// A token with another signature.
    private func resigned(_ token: String, _ change: (inout [UInt8]) -> Void) throws -> String {
        let dot = try #require(token.lastIndex(of: "."))
        var text = String(token[token.index(after: dot)...])
        var signature = try #require(text.withUTF8 { Base64.decodedForURL(UnsafeRawBufferPointer($0)) })
        change(&signature)
        return token[...dot] + TokenFixture.encoded(signature)
    }

    @Test("Signatures of wrong length are refused, also none", arguments: TokenSamples.good)
    func lengths(name: String, token: String) throws {
        let verifier = try verifier()
        let changes: [(inout [UInt8]) -> Void] = [
            { $0 = [] }, { $0.removeLast() }, { $0.removeFirst() }, { $0.append(0) }, { $0.insert(0, at: 0) },
            { $0 = Array($0.prefix(32)) }, { $0 += $0 }, { $0 = $0.map { _ in 0 } }, { $0 = $0.map { _ in 0xFF } },
        ]
        for (place, change) in changes.enumerated() {
            #expect(verifier.verdict(on: try resigned(token, change)).fault == .signature, "\(name): \(place)")
        }
    }

    @Test("ES256 with r or s of 0, of the order or beyond is refused")
    func range() throws {
        let verifier = try verifier()
        let good = try #require(TokenSamples.good.first { $0.name == "ES256" }).token
        let order = try #require(Hex.decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"))
        let zero = [UInt8](repeating: 0, count: 32), all = [UInt8](repeating: 0xFF, count: 32)
        let one = [UInt8](repeating: 0, count: 31) + [1]
        var orderAndOne = order
        orderAndOne[31] += 1
        let values = [zero, one, order, orderAndOne, all]
        for value in values {
            #expect(
                verifier.verdict(on: try resigned(good) { $0.replaceSubrange(..<32, with: value) }).fault == .signature)
            #expect(
                verifier.verdict(on: try resigned(good) { $0.replaceSubrange(32..., with: value) }).fault == .signature)
            for other in values {
                #expect(verifier.verdict(on: try resigned(good) { $0 = value + other }).fault == .signature)
            }
        }
    }

    @Test("EdDSA with s beyond the order of the group is refused")
    func malleable() throws {
        let good = try #require(TokenSamples.good.first { $0.name == "EdDSA" }).token
        // The order, lowest byte first (RFC 8032 §5.1).
        let order = try #require(Hex.decode("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"))
        let token = try resigned(good) { signature in
            var carry = 0
            for place in 0..<32 {
                let sum = Int(signature[32 + place]) + Int(order[place]) + carry
                signature[32 + place] = UInt8(sum & 0xFF)
                carry = sum >> 8
            }
        }
        #expect(try verifier().verdict(on: token).fault == .signature)
    }

    @Test("Keys that are too weak or on other curves verify nothing")
    func weak() throws {
        let set = try JSONWebKeySet(parsing: Array(TokenSamples.weakKeySet.utf8))
        #expect(set.keys.isEmpty && set.ignored.count == 3)
        #expect(set.ignored[0] == "key 1 is an RSA key of 1024 bits; 2048 to 8192 are taken")
        let verifier = try verifier(TokenSamples.weakKeySet)
        for (name, token) in TokenSamples.good + TokenSamples.bad {
            #expect(verifier.verdict(on: token).principal == nil, "\(name)")
        }
    }

    @Test("An empty key set takes nothing, and keys that were not loaded are not the same as none")
    func empty() throws {
        let issuers = try verifier().issuers
        for (_, token) in TokenSamples.good {
            #expect(try verifier(#"{"keys":[]}"#).verdict(on: token).fault == .unknownKey)
            if case .noKeys(issuer: 0) = TokenVerifier(issuers, keys: [nil]).verdict(on: token) { continue }
            Issue.record("keys that are not there were believed in")
        }
    }

    @Test("After a rotation tokens of the old key are refused, and of the new one taken")
    func rotated() throws {
        let all = try JSONWebKeySet(parsing: Array(TokenSamples.keySet.utf8)).keys
        let issuers = try verifier().issuers
        let es = try #require(TokenSamples.good.first { $0.name == "ES256" }).token
        for rest in [
            all.filter { $0.id != "e1" }, all.map { TokenKey(id: "other", key: $0.key) },
            all.map { TokenKey(id: nil, key: $0.key) },
        ] {
            let verdict = TokenVerifier(issuers, keys: [TokenKeySet(rest)]).verdict(on: es)
            guard case .unknownKey(issuer: 0) = verdict else { return #expect(Bool(false), "\(verdict)") }
        }
        #expect(TokenVerifier(issuers, keys: [TokenKeySet(all)]).verdict(on: es).principal != nil)
    }
}
