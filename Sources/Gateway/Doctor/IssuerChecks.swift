import Configuration
import Governance
import Transport
import Upstream

/// Whether the keys of those who issue tokens can be had: without them nobody with a token is let in.
enum IssuerChecks {
    /// Of each issuer whose keys are at a URL; those of files are looked at with the configuration.
    static func findings(_ snapshot: Snapshot, _ loop: EventLoop) async -> [DoctorFinding] {
        let resolver = Resolver()
        let attempts = snapshot.tokenIssuers.filter { $0.keys.areFetched }.map { issuer in
            Task(executorPreference: loop) { await finding(issuer, snapshot.proxies, resolver, loop) }
        }
        var findings: [DoctorFinding] = []
        for attempt in attempts { if let finding = await attempt.value { findings.append(finding) } }
        return findings
    }

    private static func finding(
        _ issuer: TokenIssuerSetting, _ proxies: ProxyEnvironment, _ resolver: Resolver, _ loop: EventLoop
    ) async -> DoctorFinding? {
        let check = "issuer \(issuer.issuer)"
        do throws(TransportError) {
            guard let fetcher = try KeySetFetcher(issuer, proxies: proxies, resolver: resolver) else { return nil }
            let set: Result<JSONWebKeySet, KeySetFault>
            do throws(KeySetFault) {
                set = .success(try await fetcher.fetch(on: loop))
            } catch {
                set = .failure(error)
            }
            return judged(check, fetcher.name, set)
        } catch {
            return .fail(check, error.sentence, cure: ReachabilityChecks.cure(error))
        }
    }

    private static func judged(
        _ check: String, _ place: String, _ set: Result<JSONWebKeySet, KeySetFault>
    ) -> DoctorFinding {
        switch set {
        case .failure(let fault):
            return .fail(
                check, "\(place) \(fault.sentence)",
                cure: "correct `jwks`, or what is there; a gateway that runs keeps the keys that it has")
        case .success(let set):
            let ignored = set.ignored.isEmpty ? "" : "; of no use: " + set.ignored.prefix(8).joined(separator: "; ")
            let detail = "\(place) has \(set.keys.count) key(s) that verify\(ignored)"
            if set.keys.isEmpty { return .fail(check, detail, cure: "correct `jwks`: no token can be verified") }
            return .ok(check, detail)
        }
    }
}

extension TokenKeySource {
    fileprivate var areFetched: Bool { if case .url = self { true } else { false } }
}
