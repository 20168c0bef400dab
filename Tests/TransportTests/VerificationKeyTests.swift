import Testing
import Wire

@testable import Transport

@Suite struct VerificationKeyTests {
    private func bytes(_ hex: String) throws -> [UInt8] { try #require(Hex.decode(hex)) }

    private func verifies(_ key: VerificationKey, _ signature: [UInt8], _ data: [UInt8]) -> Bool {
        data.withUnsafeBytes { key.verifies(signature, of: $0) }
    }

    @Test("Ed25519 of RFC 8032 §7.1, test 3")
    func ed25519() throws {
        let key = try VerificationKey.ed25519(bytes("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"))
        let signature = try bytes(
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
                + "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a")
        #expect(verifies(key, signature, [0xAF, 0x82]))
        #expect(!verifies(key, signature, [0xAF, 0x83]) && !verifies(key, [], [0xAF, 0x82]))
    }

    @Test("ECDSA on P-256 with SHA-256 of RFC 6979 §A.2.5")
    func p256() throws {
        let key = try VerificationKey.p256(
            x: bytes("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"),
            y: bytes("7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"))
        let signature = try bytes(
            "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
                + "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8")
        #expect(verifies(key, signature, Array("sample".utf8)))
        #expect(!verifies(key, signature, Array("test".utf8)))
    }

    @Test("HMAC with a secret long enough, and no other")
    func secret() throws {
        let secret = [UInt8](repeating: 7, count: 32)
        let code = HMACSHA256.code(of: [1, 2, 3], key: secret)
        let key = try VerificationKey.secret(secret)
        #expect(verifies(key, code, [1, 2, 3]) && !verifies(key, code, [1, 2, 4]))
        #expect(!verifies(key, Array(code.prefix(31)), [1, 2, 3]) && !verifies(key, [], [1, 2, 3]))
        #expect(throws: VerificationKeyError.self) { try VerificationKey.secret(Array(secret.prefix(31))) }
    }

    @Test("Points that are not on the curve, and numbers that are no RSA key")
    func noKeys() throws {
        let one = [UInt8](repeating: 1, count: 32)
        #expect(throws: VerificationKeyError.self) { try VerificationKey.p256(x: one, y: one) }
        #expect(throws: VerificationKeyError.self) { try VerificationKey.p256(x: Array(one.prefix(31)), y: one) }
        #expect(throws: VerificationKeyError.self) { try VerificationKey.ed25519(Array(one.prefix(31))) }
        var modulus = [UInt8](repeating: 0xFF, count: 256)
        #expect(try VerificationKey.rsa(modulus: [0] + modulus, exponent: [0, 1, 0, 1]).kind == .rsa)
        for exponent: [UInt8] in [[], [0], [1], [2], [1, 0, 0], [UInt8](repeating: 1, count: 9)] {
            #expect(throws: VerificationKeyError.self) { try VerificationKey.rsa(modulus: modulus, exponent: exponent) }
        }
        modulus[255] = 0xFE
        #expect(throws: VerificationKeyError.self) { try VerificationKey.rsa(modulus: modulus, exponent: [1, 0, 1]) }
        modulus[255] = 0xFF
        for length in [0, 1, 255, 1_025] {
            let other = [UInt8](repeating: 0xFF, count: length)
            #expect(throws: VerificationKeyError.self) { try VerificationKey.rsa(modulus: other, exponent: [1, 0, 1]) }
        }
    }
}
