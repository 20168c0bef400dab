import Configuration
import HTTP
import Providers
import Transport

extension CredentialFetcher {
    func fetch(
        _ setting: AWSCredentialSetting, _ clock: @Sendable () -> Int64
    ) async throws(CredentialFault) -> TimedCredential {
        let keys: TemporaryKeys
        switch setting {
        case .keys(let keys):
            return TimedCredential(credential: .aws(keys), expiry: nil)
        case .environment:
            return try await fetchByEnvironment(clock)
        case .webIdentity(let file, let role, let session, let url):
            keys = try await assumeRole(role, session, token: try await readToken(file), url)
        case .container(let url, let path, let token):
            keys = try await askContainer(url, path, token)
        case .instanceMetadata(let url):
            keys = try await askInstance(url)
        }
        guard keys.expiry > clock() else {
            throw .malformed(
                endpoint: "AWS", reason: "the keys that came have expired already",
                advice: "check this machine's clock")
        }
        return TimedCredential(credential: .aws(keys.credentials), expiry: keys.expiry)
    }

    private func fetchByEnvironment(
        _ clock: @Sendable () -> Int64
    ) async throws(CredentialFault) -> TimedCredential {
        let found: CredentialSetting
        do throws(CredentialEnvironment.Fault) {
            found = try CredentialEnvironment(network.environment).aws()
        } catch {
            throw .environment(reason: error.sentence)
        }
        switch found {
        case .aws(let setting): return try await fetch(setting, clock)
        case .bearer(let token): return TimedCredential(credential: .bearer(token), expiry: nil)
        default: throw .environment(reason: "there are no credentials for AWS in the environment")
        }
    }

    // MARK: Sources

    private func assumeRole(
        _ role: String, _ session: String, token: String, _ url: BaseURL
    ) async throws(CredentialFault) -> TemporaryKeys {
        let path = url.prefix + "/"
        let endpoint = CredentialEndpoint(
            url, name: url.shown(path: path), advice: "check the role's trust policy and the token's audience",
            isLocal: false, network: network, loop: loop)
        let body = WebIdentityExchange.requestBody(roleARN: role, sessionName: session, token: token)
        let answer = try await endpoint.send("POST", path: path, fields: [Self.formFields[0]], body: body)
        await endpoint.close()
        guard answer.status == 200 else {
            throw endpoint.refused(answer, reason: WebIdentityExchange.refusal(answer.body))
        }
        do throws(CredentialAnswerFault) {
            return try WebIdentityExchange.keys(answer.body)
        } catch {
            throw endpoint.malformed(error.sentence)
        }
    }

    private func askContainer(
        _ url: BaseURL, _ path: String, _ token: ContainerToken
    ) async throws(CredentialFault) -> TemporaryKeys {
        var fields: [(String, String)] = []
        switch token {
        case .none: break
        case .value(let secret):
            fields = [("authorization", secret.withBytes { String(decoding: $0, as: UTF8.self) })]
        case .file(let file): fields = [("authorization", try await readToken(file))]
        }
        let endpoint = CredentialEndpoint(
            url, name: url.shown(path: path), advice: "check that the task or pod has a role", isLocal: true,
            network: network, loop: loop)
        let answer = try await endpoint.send("GET", path: path, fields: fields)
        await endpoint.close()
        return try Self.keys(answer, from: endpoint)
    }

    /// The second version of the service alone: a session's token first, then the role's name, then its keys.
    private func askInstance(_ url: BaseURL) async throws(CredentialFault) -> TemporaryKeys {
        let endpoint = CredentialEndpoint(
            url, name: url.shown(path: url.prefix + InstanceMetadata.rolePath),
            advice: "check that this instance has an IAM role, and from containers that its hop limit is 2",
            isLocal: true, network: network, loop: loop)
        do throws(CredentialFault) {
            let keys = try await askInstance(endpoint, url)
            await endpoint.close()
            return keys
        } catch {
            await endpoint.close()
            throw error
        }
    }

    private func askInstance(
        _ endpoint: CredentialEndpoint, _ url: BaseURL
    ) async throws(CredentialFault) -> TemporaryKeys {
        let session = try await endpoint.send(
            "PUT", path: url.prefix + InstanceMetadata.tokenPath, fields: InstanceMetadata.tokenFields)
        let token = String(decoding: session.body, as: UTF8.self)
        guard session.status == 200 else { throw endpoint.refused(session) }
        guard !token.isEmpty, token.isFieldSafe else { throw endpoint.malformed("the session's token is none") }
        let fields = InstanceMetadata.fields(token: token)
        let roles = try await endpoint.send("GET", path: url.prefix + InstanceMetadata.rolePath, fields: fields)
        guard roles.status == 200 else { throw endpoint.refused(roles) }
        guard let path = InstanceMetadata.keyPath(roles.body) else { throw endpoint.malformed("it names no role") }
        return try Self.keys(try await endpoint.send("GET", path: url.prefix + path, fields: fields), from: endpoint)
    }

    private static func keys(
        _ answer: HTTPAnswer, from endpoint: CredentialEndpoint
    ) throws(CredentialFault) -> TemporaryKeys {
        guard answer.status == 200 else { throw endpoint.refused(answer) }
        do throws(CredentialAnswerFault) {
            return try TemporaryKeys(parsing: answer.body)
        } catch {
            throw endpoint.malformed(error.sentence)
        }
    }
}
