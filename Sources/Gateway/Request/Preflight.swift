import Configuration
import Glibc
import Providers
import Transport

/// What can be tried of a configuration without serving it: whether the files it names can be used.
package enum Preflight {
    /// One sentence for each problem.
    package static func problems(_ snapshot: Snapshot) -> [String] {
        var problems: [String] = []
        func attempt(_ subject: String, _ body: () throws(TransportError) -> Void) {
            do throws(TransportError) { try body() } catch { problems.append("\(subject): \(error.sentence)") }
        }
        problems += dataProblems(snapshot.dataPath)
        if let tls = snapshot.tls {
            let missing = tls.files.compactMap { missingProblem("tls", $0) }
            problems += missing
            if missing.isEmpty {
                attempt("tls") { () throws(TransportError) in
                    _ = try TLSContext(tls)
                }
            }
        }
        for collector in snapshot.telemetry.collectors {
            problems += collector.files.compactMap { missingProblem("telemetry.otlp", $0) }
        }
        problems += tokenProblems(snapshot)
        let resolver = Resolver()
        for provider in snapshot.providers {
            attempt("providers: \(provider.name)") { () throws(TransportError) in
                _ = try UpstreamAccount(provider, proxies: snapshot.proxies, mockPort: nil, resolver: resolver)
            }
            if let problem = fileProblem(provider.credential) {
                problems.append("providers: \(provider.name): \(problem)")
            }
        }
        return problems
    }

    private static func missingProblem(_ setting: String, _ file: String) -> String? {
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "\(setting): \(file) cannot be read: \(String(cString: strerror(errno)))" }
        close(descriptor)
        return nil
    }

    /// The folder is made when it is not there; a file in its place stays one.
    private static func dataProblems(_ path: String) -> [String] {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else { return [] }
        return ["data: \(path) is no folder; name one, which is made if it is not there"]
    }

    /// What is wrong with the file that a credential is read from.
    private static func fileProblem(_ credential: CredentialSetting) -> String? {
        switch credential {
        case .googleServiceAccount(let file):
            return problem("service_account", file) { content throws(CredentialAnswerFault) in
                _ = try ServiceAccountKey(parsing: content)
            }
        case .aws(.webIdentity(let file, _, _, _)):
            return problem("web_identity_token_file", file) { _ throws(CredentialAnswerFault) in }
        default: return nil
        }
    }

    private static func problem(
        _ setting: String, _ file: String, _ parse: ([UInt8]) throws(CredentialAnswerFault) -> Void
    ) -> String? {
        switch Snapshot.readFile(file) {
        case .failure(let fault): return "\(setting): \(file) \(fault.sentence)"
        case .success(let text):
            do throws(CredentialAnswerFault) {
                try parse(Array(text.utf8))
                return nil
            } catch {
                return "\(setting): \(file): \(error.sentence)"
            }
        }
    }
}
