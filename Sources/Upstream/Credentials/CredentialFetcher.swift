import Configuration
import HTTP
import Providers
import Transport

/// Fetches a credential from where the setting says, once; runs on the loop of who calls it.
struct CredentialFetcher: Sendable {
    let setting: CredentialSetting
    let network: CredentialNetwork
    let loop: EventLoop

    static let formFields = [("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")]

    /// `clock`: Unix nanoseconds.
    func fetch(_ clock: @Sendable () -> Int64) async throws(CredentialFault) -> TimedCredential {
        switch setting {
        case .aws(let setting): return try await fetch(setting, clock)
        case .googleServiceAccount(let file): return try await exchange(serviceAccount: file, clock)
        case .googleMetadata(let url): return try await askMetadata(url, clock)
        case .entra(let tenant, let clientID, let secret, let scope, let authority):
            let body = EntraExchange.requestBody(clientID: clientID, clientSecret: secret, scope: scope)
            return try await askToken(
                authority, path: authority.prefix + EntraExchange.path(tenant: tenant), body: body, hidden: [secret],
                advice: "check the tenant, the client's id and secret, and the scope", clock)
        case .none, .apiKey, .bearer:
            preconditionFailure("a credential that lasts is not fetched")
        }
    }

    // MARK: Google

    private func exchange(
        serviceAccount file: String, _ clock: @Sendable () -> Int64
    ) async throws(CredentialFault) -> TimedCredential {
        let content = try await read(file)
        let key: ServiceAccountKey, assertion: [UInt8]
        do throws(CredentialAnswerFault) {
            key = try ServiceAccountKey(parsing: content)
        } catch {
            throw .file(path: file, reason: error.sentence)
        }
        do throws(SigningKeyError) {
            assertion = try Self.assertion(of: key, now: clock())
        } catch {
            throw .file(path: file, reason: error.sentence)
        }
        return try await askToken(
            key.tokenURL, path: key.tokenURL.prefix, body: ServiceAccountKey.requestBody(assertion: assertion),
            hidden: [Secret(String(decoding: assertion, as: UTF8.self))],
            advice: "check that the service account and this key of it still exist, and this machine's clock", clock)
    }

    static func assertion(of key: ServiceAccountKey, now: Int64) throws(SigningKeyError) -> [UInt8] {
        let pem = key.privateKey.withBytes { Array($0) }
        let input = key.signingInput(scope: ServiceAccountKey.scope, now: now)
        // Arrays lend their bytes with untyped errors only: through a result.
        let signature = pem.withUnsafeBytes { pem in
            input.withUnsafeBytes { input in
                Result { () throws(SigningKeyError) in try RSASigningKey(pem: pem).signature(of: input) }
            }
        }
        return ServiceAccountKey.assertion(signingInput: input, signature: try signature.get())
    }

    private func askMetadata(
        _ url: BaseURL, _ clock: @Sendable () -> Int64
    ) async throws(CredentialFault) -> TimedCredential {
        let path = url.prefix + GoogleMetadata.path
        let endpoint = CredentialEndpoint(
            url, name: url.shown(path: path),
            advice: "does this run on a machine of Google with a service account attached?", isLocal: true,
            network: network, loop: loop)
        let answer = try await endpoint.send("GET", path: path, fields: GoogleMetadata.fields)
        await endpoint.close()
        return try token(answer, from: endpoint, hidden: [], clock)
    }

    // MARK: Tokens

    private func askToken(
        _ url: BaseURL, path: String, body: [UInt8], hidden: [Secret], advice: String, _ clock: @Sendable () -> Int64
    ) async throws(CredentialFault) -> TimedCredential {
        let path = path.isEmpty ? "/" : path
        let endpoint = CredentialEndpoint(
            url, name: url.shown(path: path), advice: advice, isLocal: false, network: network, loop: loop)
        let answer = try await endpoint.send("POST", path: path, fields: Self.formFields, body: body)
        await endpoint.close()
        return try token(answer, from: endpoint, hidden: hidden, clock)
    }

    private func token(
        _ answer: HTTPAnswer, from endpoint: CredentialEndpoint, hidden: [Secret], _ clock: @Sendable () -> Int64
    ) throws(CredentialFault) -> TimedCredential {
        guard answer.status == 200 else {
            throw endpoint.refused(answer, reason: BearerToken.refusal(answer.body, hidden: hidden))
        }
        do throws(CredentialAnswerFault) {
            let token = try BearerToken(parsing: answer.body)
            return TimedCredential(credential: .bearer(token.value), expiry: clock() + token.lifetime)
        } catch {
            throw endpoint.malformed(error.sentence)
        }
    }

    // MARK: Files

    private static let maximumFileBytes = 64 * 1024

    func read(_ file: String) async throws(CredentialFault) -> [UInt8] {
        let answer = await withUnsafeContinuation { continuation in
            FileReader.read(file, maximumBytes: Self.maximumFileBytes, on: loop) { continuation.resume(returning: $0) }
        }
        switch answer {
        case .success(let bytes): return bytes
        case .failure(let error): throw .file(path: file, reason: error.sentence)
        }
    }

    /// A token that is a file's whole content, blanks and line ends around it apart.
    func readToken(_ file: String) async throws(CredentialFault) -> String {
        var text = Substring(decoding: try await read(file), as: UTF8.self).drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        guard !text.isEmpty, String(text).isFieldSafe else {
            throw .file(path: file, reason: "it does not hold one token")
        }
        return String(text)
    }
}
