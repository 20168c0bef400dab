import Configuration
import Governance
import Transport

extension Preflight {
    /// What is wrong with the key sets of issuers, as far as it can be seen without asking anybody.
    static func tokenProblems(_ snapshot: Snapshot) -> [String] {
        snapshot.tokenIssuers.flatMap { issuer in
            problems(issuer).map { "credentials: jwt: \(issuer.issuer): \($0)" }
        }
    }

    private static func problems(_ issuer: TokenIssuerSetting) -> [String] {
        switch issuer.keys {
        case .secret(let secret):
            do throws(VerificationKeyError) {
                _ = try VerificationKey.secret(secret.withBytes { Array($0) })
                return []
            } catch {
                return ["the secret \(error.sentence)"]
            }
        case .file(let path): return fileProblem(issuer, path).map { [$0] } ?? []
        case .url:
            do throws(TransportError) {
                _ = try TLSContext(authorityFile: issuer.authorityFile)
                return []
            } catch {
                return [error.sentence]
            }
        }
    }

    private static func fileProblem(_ issuer: TokenIssuerSetting, _ path: String) -> String? {
        switch Snapshot.readFile(path) {
        case .failure(let fault): return "\(path) \(fault.sentence)"
        case .success(let text):
            do throws(KeySetFault) {
                let set = try JSONWebKeySet(parsing: Array(text.utf8))
                let usable = set.keys.contains { issuer.algorithms.contains($0.key.kind.tokenAlgorithm) }
                guard !usable else { return nil }
                let reasons = set.ignored.isEmpty ? "" : ": \(set.ignored.prefix(4).joined(separator: "; "))"
                return "\(path) has no key for \(issuer.algorithms.map(\.rawValue).joined(separator: ", "))\(reasons)"
            } catch {
                return "\(path) \(error.sentence)"
            }
        }
    }
}

extension TLSContext {
    /// The TLS of the listeners.
    convenience init(_ setting: TLSSetting) throws(TransportError) {
        try self.init(
            certificateFile: setting.certificate, keyFile: setting.key,
            clientAuthorityFile: setting.clientAuthorityFile,
            requiresClientCertificate: setting.requiresClientCertificate)
    }
}
