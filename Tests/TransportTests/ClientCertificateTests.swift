import Foundation
import LoopSupport
import Synchronization
import Testing

@testable import Transport

@Suite struct ClientCertificateTests {
    /// What the server found out, once the handshake was over.
    fileprivate final class Found: Sendable {
        let certificate = Mutex<PeerCertificate?>(nil)
        let problem = Mutex<TransportError?>(nil)
        let isDone = Mutex(false)
    }

    private func shell(_ script: String, in directory: URL) throws -> Int32 {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", "cd '\(directory.path)' && \(script)"]
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// What the server finds out about a client with such a certificate; without a subject it shows none.
    private func seen(subject: String?, names: String = "", isRequired: Bool = false) async throws -> Found {
        let files = try Certificates(names: "DNS:localhost")
        defer { try? FileManager.default.removeItem(at: files.directory) }
        var arguments = ""
        if let subject {
            let made = try shell(
                """
                openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout c.key -out c.csr -subj '\(subject)' && \
                printf '\(names)' > ext && \
                openssl x509 -req -in c.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out c.pem
                """, in: files.directory)
            try #require(made == 0, "openssl could not make a certificate")
            arguments = "-cert c.pem -key c.key"
        }
        let context = try TLSContext(
            certificateFile: files.certificate, keyFile: files.key, clientAuthorityFile: files.authority,
            requiresClientCertificate: isRequired)
        let found = Found()
        let port = try await serve(context, found)
        // A plain byte at the end lets the client's side finish before it closes.
        _ = try shell("echo x | openssl s_client -connect 127.0.0.1:\(port) -quiet \(arguments)", in: files.directory)
        let end = monotonicNanoseconds() + 5_000_000_000
        while !found.isDone.withLock({ $0 }), monotonicNanoseconds() < end { await Task.yield() }
        return found
    }

    private func serve(_ context: TLSContext, _ found: Found) async throws -> UInt16 {
        try await LoopHost.started().startServer(tls: context) { host, held in await host.look(held, found) }.port
    }

    @Test("The names of a client's certificate, of each kind")
    func names() async throws {
        let found = try await seen(
            subject: "/O=Example/CN=erin",
            names: "subjectAltName=DNS:A.Example,email:Erin@example.com,URI:spiffe://x/y,IP:1.2.3.4,DNS:b.example")
        let certificate = try #require(found.certificate.withLock { $0 })
        #expect(certificate.commonName == "erin" && certificate.dnsNames == ["a.example", "b.example"])
        #expect(certificate.emails == ["Erin@example.com"] && certificate.uris == ["spiffe://x/y"])
        let left = certificate.expires - wallClockNanoseconds()
        #expect((86_400_000_000_000...172_800_000_000_000).contains(left))
    }

    @Test("A subject with two common names, or none, has none", arguments: ["/CN=a/CN=b", "/O=Example"])
    func commonNames(subject: String) async throws {
        let certificate = try #require(try await seen(subject: subject).certificate.withLock { $0 })
        #expect(certificate.commonName == nil && certificate.dnsNames.isEmpty)
    }

    @Test("A client that shows none has none, and is turned away where one is required")
    func none() async throws {
        let optional = try await seen(subject: nil)
        #expect(optional.certificate.withLock { $0 } == nil && optional.problem.withLock { $0 } == nil)
        let required = try await seen(subject: nil, isRequired: true)
        #expect(required.problem.withLock { $0 }?.sentence.contains("peer did not return a certificate") == true)
    }

    @Test("A file of authorities that is none is named")
    func badFile() throws {
        let files = try Certificates(names: "DNS:localhost")
        defer { try? FileManager.default.removeItem(at: files.directory) }
        #expect(throws: TransportError.self) {
            try TLSContext(certificateFile: files.certificate, keyFile: files.key, clientAuthorityFile: "/etc/hostname")
        }
    }
}

extension LoopHost {
    fileprivate func look(_ held: LoopBound<ByteStream>, _ found: ClientCertificateTests.Found) async {
        let stream = held.value
        defer {
            stream.close()
            found.isDone.withLock { $0 = true }
        }
        let wakeup = Wakeup(loop: loop)
        stream.attach(wakeup, as: .upstream)
        while true {
            switch stream.handshake() {
            case .bytes: return found.certificate.withLock { $0 = stream.peerCertificate }
            case .failed(let error): return found.problem.withLock { $0 = error }
            case .wouldBlock: _ = await wakeup.wait(for: [.upstreamReadable, .upstreamWritable])
            }
        }
    }
}
