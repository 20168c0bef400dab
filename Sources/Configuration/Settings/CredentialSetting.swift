/// What authenticates towards a provider, or where that comes from.
package enum CredentialSetting: Sendable {
    /// The client's own credential, if any.
    case none
    /// Sent in the field that the provider's kind has for it.
    case apiKey(Secret)
    /// Sent as `Authorization: Bearer …`.
    case bearer(Secret)
    /// Requests are signed.
    case aws(AWSCredentialSetting)
    /// The JSON file of a Google service account's key.
    case googleServiceAccount(file: String)
    /// The service account that Google attached to this machine; `url` is where its metadata server is.
    case googleMetadata(url: BaseURL)
    /// Microsoft Entra ID with a client's secret; `authority` is where tokens are issued.
    case entra(tenant: String, clientID: String, clientSecret: Secret, scope: String, authority: BaseURL)

    package static let googleMetadataServer = "http://metadata.google.internal"
    package static let entraAuthority = "https://login.microsoftonline.com"
}

/// The keys that requests to AWS are signed with.
package struct AWSCredentials: Sendable {
    package let accessKeyID: String
    package let secretAccessKey: Secret
    /// Temporary keys have one.
    package let sessionToken: Secret?

    package init(accessKeyID: String, secretAccessKey: Secret, sessionToken: Secret?) {
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = sessionToken
    }
}

/// Where the keys for AWS come from.
package enum AWSCredentialSetting: Sendable {
    case keys(AWSCredentials)
    /// A token of another identity provider, in a file that is read anew each time, is exchanged for a role's keys at STS.
    case webIdentity(tokenFile: String, roleARN: String, sessionName: String, stsURL: BaseURL)
    /// The agent beside a container on ECS or EKS; `path` begins with `/` and may have a query.
    case container(url: BaseURL, path: String, token: ContainerToken)
    /// The role of this EC2 instance; `url` is where its metadata service is.
    case instanceMetadata(url: BaseURL)
    /// The `AWS_…` variables of this process decide: see `CredentialEnvironment`.
    case environment

    package static let instanceMetadataService = "http://169.254.169.254"
}

/// What is sent to a container's agent as `Authorization`.
package enum ContainerToken: Sendable {
    case none
    case value(Secret)
    /// Read anew each time.
    case file(String)
}

// MARK: Comparison

extension CredentialSetting {
    /// Whether both lead to the same credential, for finding out whether a reload changed anything.
    package func isSame(as other: CredentialSetting) -> Bool {
        switch (self, other) {
        case (.none, .none): true
        case (.apiKey(let left), .apiKey(let right)), (.bearer(let left), .bearer(let right)): left.isSame(as: right)
        case (.aws(let left), .aws(let right)): left.isSame(as: right)
        case (.googleServiceAccount(let left), .googleServiceAccount(let right)): left == right
        case (.googleMetadata(let left), .googleMetadata(let right)): left == right
        case (
            .entra(let tenant, let clientID, let secret, let scope, let authority),
            .entra(let otherTenant, let otherClientID, let otherSecret, let otherScope, let otherAuthority)
        ):
            tenant == otherTenant && clientID == otherClientID && secret.isSame(as: otherSecret)
                && scope == otherScope && authority == otherAuthority
        default: false
        }
    }
}

extension AWSCredentialSetting {
    func isSame(as other: AWSCredentialSetting) -> Bool {
        switch (self, other) {
        case (.keys(let left), .keys(let right)): left.isSame(as: right)
        case (.instanceMetadata(let left), .instanceMetadata(let right)): left == right
        case (.environment, .environment): true
        case (
            .webIdentity(let file, let role, let session, let url),
            .webIdentity(let otherFile, let otherRole, let otherSession, let otherURL)
        ):
            file == otherFile && role == otherRole && session == otherSession && url == otherURL
        case (.container(let url, let path, let token), .container(let otherURL, let otherPath, let otherToken)):
            url == otherURL && path == otherPath && token.isSame(as: otherToken)
        default: false
        }
    }
}

extension AWSCredentials {
    /// Whether both are the same keys.
    package func isSame(as other: AWSCredentials) -> Bool {
        guard accessKeyID == other.accessKeyID, secretAccessKey.isSame(as: other.secretAccessKey) else { return false }
        switch (sessionToken, other.sessionToken) {
        case (nil, nil): return true
        case (let left?, let right?): return left.isSame(as: right)
        default: return false
        }
    }
}

extension ContainerToken {
    func isSame(as other: ContainerToken) -> Bool {
        switch (self, other) {
        case (.none, .none): true
        case (.value(let left), .value(let right)): left.isSame(as: right)
        case (.file(let left), .file(let right)): left == right
        default: false
        }
    }
}
