import Configuration
import Transport

/// What can be tried of a configuration without serving it: whether the files it names can be used.
package enum Preflight {
    /// One sentence for each problem.
    package static func problems(_ snapshot: Snapshot) -> [String] {
        var problems: [String] = []
        func attempt(_ subject: String, _ body: () throws(TransportError) -> Void) {
            do throws(TransportError) { try body() } catch { problems.append("\(subject): \(error.sentence)") }
        }
        if let tls = snapshot.tls {
            attempt("tls") { () throws(TransportError) in
                _ = try TLSContext(certificateFile: tls.certificate, keyFile: tls.key)
            }
        }
        let resolver = Resolver()
        for provider in snapshot.providers {
            attempt("providers: \(provider.name)") { () throws(TransportError) in
                _ = try UpstreamAccount(provider, mockPort: nil, resolver: resolver)
            }
        }
        return problems
    }
}
