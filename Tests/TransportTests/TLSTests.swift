import Foundation
import LoopSupport
import Testing

@testable import Transport

/// Certificates made by the openssl command in a directory of their own.
struct Certificates {
    let directory: URL
    var authority: String { directory.appendingPathComponent("ca.pem").path }
    var certificate: String { directory.appendingPathComponent("server.pem").path }
    var key: String { directory.appendingPathComponent("server.key").path }

    init(names: String) throws {
        directory = FileManager.default.temporaryDirectory.appendingPathComponent("tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let script = """
            cd '\(directory.path)' && \
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=test-ca && \
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout server.key -out server.csr -subj /CN=server && \
            printf 'subjectAltName=\(names)' > san && \
            openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out server.pem
            """
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script]
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "openssl could not make certificates")
    }
}

@Suite struct TLSTests {
    @Test("A megabyte goes through TLS and back, by name and by address", arguments: ["localhost", "127.0.0.1"])
    func echoes(name: String) async throws {
        let files = try Certificates(names: "DNS:localhost,IP:127.0.0.1")
        defer { try? FileManager.default.removeItem(at: files.directory) }
        let host = try LoopHost.started()
        let server = try TLSContext(certificateFile: files.certificate, keyFile: files.key)
        let address = try await startEcho(on: host, tls: server)
        let client = try TLSContext(authorityFile: files.authority)
        let same = try await host.run { host in
            let connector = Connector(
                endpoint: Endpoint(host: name, port: address.port, tls: client), loop: host.loop, resolver: Resolver())
            let first = try await roundTrip(host, connector, bytes: 1_000_000)
            // The second connection resumes the first one's session.
            return try await roundTrip(host, connector, bytes: 100_000) && first
        }
        #expect(same)
    }

    @Test("A certificate for another name is refused, and one of an unknown authority")
    func refuses() async throws {
        let files = try Certificates(names: "DNS:other.example")
        defer { try? FileManager.default.removeItem(at: files.directory) }
        let host = try LoopHost.started()
        let server = try TLSContext(certificateFile: files.certificate, keyFile: files.key)
        let address = try await startEcho(on: host, tls: server)
        let known = try TLSContext(authorityFile: files.authority)
        let unknown = try TLSContext(authorityFile: nil)
        let (mismatch, stranger) = try await host.run { host in
            (
                try await problem(host, Endpoint(host: "localhost", port: address.port, tls: known)),
                try await problem(host, Endpoint(host: "localhost", port: address.port, tls: unknown))
            )
        }
        #expect(mismatch?.contains("the certificate of localhost was refused: hostname mismatch") == true)
        #expect(stranger?.contains("the certificate of localhost was refused") == true)
    }

    @Test("Files that are no certificate are named in the error")
    func badFiles() {
        #expect(throws: TransportError.self) { try TLSContext(certificateFile: "/nonexistent.pem", keyFile: "/x") }
        #expect(throws: TransportError.self) { try TLSContext(authorityFile: "/etc/hostname") }
    }
}
