import Configuration
import Transport
import Wire

extension [CertificateIdentity] {
    /// Whom the certificate stands for: the first entry that matches one of its names decides. `nil`: nobody, as where the name
    /// would be the user and is not fit for one.
    package func principal(of certificate: PeerCertificate) -> Principal? {
        for identity in self {
            for name in certificate.names(identity.field) where identity.value.matches(name) {
                return identity.principal(name)
            }
        }
        return nil
    }
}

extension PeerCertificate {
    fileprivate func names(_ field: CertificateField) -> [String] {
        switch field {
        case .commonName: commonName.map { [$0] } ?? []
        case .dnsName: dnsNames
        case .email: emails
        case .uri: uris
        }
    }
}

extension CertificateIdentity {
    fileprivate func principal(_ name: String) -> Principal? {
        let user = user.isEmpty ? name : user
        guard HolderName.isFit(user) else { return nil }
        return Principal(
            user: user, team: team, keyID: id(name), metadata: metadata, groups: groups,
            virtualAccount: virtualAccount.isEmpty ? Principal.virtualAccount(ofUser: user) : virtualAccount)
    }

    /// The same for all certificates with this name.
    private func id(_ name: String) -> String {
        let digest = Array("\(field.rawValue)\n\(name)".utf8).withUnsafeBytes { SHA256Digest(of: $0) }
        return "cert_" + Hex.encode(Array(digest.bytes.prefix(8)))
    }
}
