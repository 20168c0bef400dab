extension Snapshot {
    /// A line for each thing that says where prompts go, what may be asked for, by whom, how much of it and at what price, without secrets: what a
    /// reload changed are the lines that one has and the other has not. Keys, the values of headers and paths of URLs are not in it.
    package var summary: [String] {
        (tls.map { [$0.summary] } ?? []) + providers.map(\.summary)
            + models.map { "model \($0.name): \($0.account)/\($0.upstream)" }
            + virtualModels.map(\.summary) + tokenIssuers.map(\.summary) + certificateIdentities.map(\.summary)
            + rules.summary + priceLines
    }
}

extension TLSSetting {
    /// Paths, not what the files hold.
    fileprivate var summary: String {
        var line = "tls certificate=\(certificate) key=\(key)"
        if let clientAuthorityFile {
            line += " client_ca=\(clientAuthorityFile)"
            line += " client_certificates=\(requiresClientCertificate ? "required" : "optional")"
        }
        return line
    }
}

extension ProviderSetting {
    /// Where what is sent to it goes.
    fileprivate var summary: String {
        var line = "provider \(name): \(kind.rawValue)"
        if kind != .mock {
            line += " \(baseURL.isEncrypted ? "https" : "http")://\(baseURL.authority)"
        }
        if let proxy { line += " proxy=\(proxy.host):\(proxy.port)" }
        if let authorityFile { line += " ca_file=\(authorityFile)" }
        return line
    }
}

extension VirtualModelSetting {
    package var summary: String {
        let sticky = routing.sticky == .none ? "none" : "\(routing.sticky.rawValue)/\(routing.stickyTime / 1_000_000)ms"
        let breaker = "\(routing.breaker.failures)/\(routing.breaker.openFor / 1_000_000)ms"
        let targets = routing.targets.map { $0.summary(routing.strategy) }.joined(separator: "; ")
        return "model \(name): \(routing.strategy.rawValue) sticky=\(sticky) breaker=\(breaker) targets: \(targets)"
    }
}

extension TargetSetting {
    fileprivate func summary(_ strategy: RoutingStrategy) -> String {
        var parts = ["\(account)/\(upstream)"]
        if when != RuleMatch() { parts.append("when=(\(when.key))") }
        if strategy == .weight { parts.append("weight=\(weight)") }
        if strategy == .priority { parts.append("priority=\(priority)") }
        parts.append("fallback=\(fallbackStatusCodes.map { "\($0)" }.joined(separator: ","))")
        if !isFallbackCandidate { parts.append("fallback_candidate=false") }
        if retry.attempts > 1 {
            let codes = retry.statusCodes.map { "\($0)" }.joined(separator: ",")
            parts.append("retries=\(retry.attempts)/\(retry.delay / 1_000_000)ms/\(codes)")
        }
        for (name, json) in overrideParameters { parts.append("\(name)=\(String(decoding: json, as: UTF8.self))") }
        if !stripParameters.isEmpty { parts.append("strip=\(stripParameters.joined(separator: ","))") }
        if !setHeaders.isEmpty { parts.append("set=\(setHeaders.map(\.name).joined(separator: ","))") }
        if !removeHeaders.isEmpty { parts.append("remove=\(removeHeaders.joined(separator: ","))") }
        if let firstByteTimeout { parts.append("first_byte_timeout=\(firstByteTimeout / 1_000_000)ms") }
        if let slowTokenTime { parts.append("slow=\(slowTokenTime)ns") }
        return parts.joined(separator: " ")
    }
}

extension TokenIssuerSetting {
    package var summary: String {
        let names = algorithms.map(\.rawValue).joined(separator: ",")
        var line = "jwt \(issuer): audience=\(audiences.joined(separator: ",")) keys=\(keys) algorithms=\(names)"
        line += " user=\(claims.user)"
        if let team = claims.team { line += " team=\(team)" }
        if let groups = claims.groups { line += " groups=\(groups)" }
        if let account = claims.virtualAccount { line += " virtual_account=\(account)" }
        for (tag, claim) in claims.metadata.sorted(by: { $0.key < $1.key }) { line += " metadata.\(tag)=\(claim)" }
        return "\(line) clock_skew=\(clockSkew / 1_000_000)ms"
    }
}

extension CertificateIdentity {
    package var summary: String {
        var line = "client_certificate \(field.rawValue)=\(value):"
        if !user.isEmpty { line += " user=\(user)" }
        if !team.isEmpty { line += " team=\(team)" }
        if !groups.isEmpty { line += " groups=\(groups.joined(separator: ","))" }
        if !virtualAccount.isEmpty { line += " virtual_account=\(virtualAccount)" }
        for (tag, value) in metadata.sorted(by: { $0.key < $1.key }) { line += " metadata.\(tag)=\(value)" }
        return line
    }
}
