import Configuration
import Foundation
import LoopSupport
import Testing
import Transport

@testable import Upstream

/// What a source gave, comparable, with secrets in clear.
func shown(_ credential: UpstreamCredential) -> String {
    func clear(_ secret: Secret?) -> String { secret?.withBytes { String(decoding: $0, as: UTF8.self) } ?? "-" }
    switch credential {
    case .none: return "none"
    case .field(let name, let value): return "\(name): \(clear(value))"
    case .aws(let keys): return "\(keys.accessKeyID) \(clear(keys.secretAccessKey)) \(clear(keys.sessionToken))"
    }
}

func token(_ name: String, seconds: Int = 3600) -> String {
    #"{"access_token":"\#(name)","expires_in":\#(seconds),"token_type":"Bearer"}"#
}

/// A source with a clock that the test moves, and files of its own.
struct CredentialFixture {
    let clock = MovedClock()
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("c-\(UUID().uuidString)")

    func file(_ name: String, _ content: String) throws -> String {
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let url = directory.appendingPathComponent(name)
        try Data(content.utf8).write(to: url)
        return url.path
    }

    func url(_ port: UInt16) throws -> BaseURL { try #require(BaseURL("http://127.0.0.1:\(port)")) }

    func source(
        _ setting: CredentialSetting, on host: LoopHost, environment: [String: String] = [:],
        proxies: ProxyEnvironment = ProxyEnvironment(), authorityFile: String? = nil,
        whenFailed: @escaping @Sendable (CredentialFault) -> Void = { _ in }
    ) throws -> CredentialSource {
        let network = CredentialNetwork(
            tls: try TLSContext(authorityFile: authorityFile), resolver: Resolver(), proxies: proxies,
            environment: { environment[$0] })
        return CredentialSource(
            setting, keyField: .xAPIKey, network: network, loop: host.loop, clock: clock.nanoseconds,
            whenFailed: whenFailed)
    }

    /// What one exchange gets: the credential, or why there is none.
    func ask(_ source: CredentialSource, on host: LoopHost) async throws -> String {
        try await host.run { host in
            do throws(CredentialFault) {
                return shown(try await source.current(Wakeup(loop: host.loop), abort: []))
            } catch {
                return error.sentence
            }
        }
    }

    func ask(_ setting: CredentialSetting, environment: [String: String] = [:]) async throws -> String {
        let host = try LoopHost.started()
        return try await ask(try source(setting, on: host, environment: environment), on: host)
    }

    func entra(_ port: UInt16) throws -> CredentialSetting {
        .entra(
            tenant: "t", clientID: "c", clientSecret: Secret("s3cret"), scope: "x/.default", authority: try url(port))
    }

    func remove() { try? FileManager.default.removeItem(at: directory) }
}
