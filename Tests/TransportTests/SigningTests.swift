import Foundation
import Testing

@testable import Transport

/// What the openssl command makes in a directory of its own; gone with `remove`.
private struct Keys {
    let directory: URL
    func path(_ name: String) -> String { directory.appendingPathComponent(name).path }

    init(_ script: String) throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("keys-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        try #require(run(script) == 0, "openssl could not make keys")
    }

    func run(_ script: String) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "cd '\(directory.path)' && \(script)"]
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    func key(_ name: String) throws -> RSASigningKey {
        let pem = try Data(contentsOf: URL(fileURLWithPath: path(name)))
        return try pem.withUnsafeBytes { try RSASigningKey(pem: $0) }
    }

    func remove() { try? FileManager.default.removeItem(at: directory) }
}

@Suite struct SigningTests {
    @Test("HMAC-SHA-256 of the examples of RFC 4231")
    func codes() {
        func hex(_ key: [UInt8], _ data: [UInt8]) -> String {
            HMACSHA256.code(of: data, key: key)
                .map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        }
        #expect(
            hex([UInt8](repeating: 0x0B, count: 20), Array("Hi There".utf8))
                == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7")
        #expect(
            hex(Array("Jefe".utf8), Array("what do ya want for nothing?".utf8))
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
        #expect(
            hex(
                [UInt8](repeating: 0xAA, count: 131),
                Array("Test Using Larger Than Block-Size Key - Hash Key First".utf8))
                == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
        #expect(hex([], []) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad")
    }

    @Test("What a key signs, its public key verifies", arguments: ["pkcs8.pem", "pkcs1.pem"])
    func signs(file: String) throws {
        let keys = try Keys(
            """
            openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out pkcs8.pem \
            && openssl rsa -traditional -in pkcs8.pem -out pkcs1.pem && openssl rsa -in pkcs8.pem -pubout -out public.pem
            """)
        defer { keys.remove() }
        let data = Array("header.claims".utf8)
        let signature = try data.withUnsafeBytes { try keys.key(file).signature(of: $0) }
        #expect(signature.count == 256)
        try Data(data).write(to: URL(fileURLWithPath: keys.path("data")))
        try Data(signature).write(to: URL(fileURLWithPath: keys.path("signature")))
        #expect(try keys.run("openssl dgst -sha256 -verify public.pem -signature signature data") == 0)
        try Data(data + [1]).write(to: URL(fileURLWithPath: keys.path("data")))
        #expect(try keys.run("openssl dgst -sha256 -verify public.pem -signature signature data") != 0)
    }

    @Test("A key that cannot be used is refused with its reason, and nobody is asked for a passphrase")
    func refuses() throws {
        let keys = try Keys(
            """
            openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ec.pem && \
            openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -aes128 -pass pass:secret -out locked.pem && \
            echo text > text.pem && touch empty.pem
            """)
        defer { keys.remove() }
        func sentence(_ name: String) throws -> String {
            do {
                _ = try keys.key(name)
                return "taken"
            } catch let error as SigningKeyError {
                return error.sentence
            }
        }
        #expect(try sentence("ec.pem") == "the private key is no RSA key")
        for name in ["locked.pem", "text.pem", "empty.pem"] {
            #expect(try sentence(name).hasPrefix("the private key is not PEM, or has a passphrase: "), "\(name)")
        }
    }
}
