import Configuration

extension UpstreamCredential {
    /// The credential of a setting that needs nobody else and never ends; `nil` for one that is fetched again and again.
    package init?(standing setting: CredentialSetting, keyField: KeyField) {
        switch setting {
        case .none: self = .none
        case .apiKey(let key):
            let header = keyField.header
            self = .field(name: header.name, value: key.following(header.prefix))
        case .bearer(let token): self = .bearer(token)
        case .aws(.keys(let keys)): self = .aws(keys)
        case .aws, .googleServiceAccount, .googleMetadata, .entra: return nil
        }
    }

    static func bearer(_ token: Secret) -> UpstreamCredential {
        .field(name: "authorization", value: token.following("Bearer "))
    }
}

extension Secret {
    fileprivate func following(_ prefix: StaticString) -> Secret {
        withBytes { Secret("\(prefix)" + String(decoding: $0, as: UTF8.self)) }
    }
}
