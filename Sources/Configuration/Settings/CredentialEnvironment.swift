/// Finds a credential in the environment of a process, in the order of the providers' own libraries. Pure: variables in, setting
/// out. An empty variable counts as not set.
package struct CredentialEnvironment {
    /// Variables that contradict each other or make no sense. The sentence names them, not what they hold.
    package struct Fault: Error, Equatable {
        package let sentence: String
    }

    private let lookUp: (String) -> String?

    /// `lookUp` answers what a variable holds.
    package init(_ lookUp: @escaping (String) -> String?) { self.lookUp = lookUp }

    private func value(_ name: String) -> String? {
        guard let value = lookUp(name), !value.isEmpty else { return nil }
        return value
    }

    private func file(_ name: String) throws(Fault) -> String? {
        guard let path = value(name) else { return nil }
        guard FilePath.isLikely(path) else {
            throw Fault(sentence: "\(name) must be the path of a file; what it holds is the file's content")
        }
        return path
    }

    private func url(_ name: String, default text: String) throws(Fault) -> BaseURL {
        guard let url = BaseURL(value(name) ?? text) else {
            throw Fault(sentence: "\(name) is not https://HOST[:PORT][/PATH] or http://HOST[:PORT][/PATH]")
        }
        return url
    }

    // MARK: AWS

    /// A Bedrock key, static keys, web identity, a container's agent, and last the metadata service of EC2. Profiles in
    /// `~/.aws` are not read.
    package func aws() throws(Fault) -> CredentialSetting {
        if let key = value("AWS_BEARER_TOKEN_BEDROCK") { return .bearer(Secret(key)) }
        if let keys = try keys() { return .aws(.keys(keys)) }
        if let identity = try webIdentity() { return .aws(identity) }
        if let container = try container() { return .aws(container) }
        guard value("AWS_EC2_METADATA_DISABLED")?.lowercased() != "true" else {
            throw Fault(
                sentence: "there are no credentials for AWS in the environment, and AWS_EC2_METADATA_DISABLED is true; "
                    + "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or configure them")
        }
        let service = AWSCredentialSetting.instanceMetadataService
        return .aws(.instanceMetadata(url: try url("AWS_EC2_METADATA_SERVICE_ENDPOINT", default: service)))
    }

    private func keys() throws(Fault) -> AWSCredentials? {
        switch (value("AWS_ACCESS_KEY_ID"), value("AWS_SECRET_ACCESS_KEY")) {
        case (nil, nil): return nil
        case (let id?, let secret?):
            return AWSCredentials(
                accessKeyID: id, secretAccessKey: Secret(secret),
                sessionToken: value("AWS_SESSION_TOKEN").map { Secret($0) })
        default:
            throw Fault(sentence: "of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set; set both or none")
        }
    }

    private func webIdentity() throws(Fault) -> AWSCredentialSetting? {
        switch (try file("AWS_WEB_IDENTITY_TOKEN_FILE"), value("AWS_ROLE_ARN")) {
        // A role alone belongs to a profile.
        case (nil, _): return nil
        case (_?, nil):
            throw Fault(sentence: "AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not; set both or none")
        case (let file?, let role?):
            return .webIdentity(
                tokenFile: file, roleARN: role, sessionName: value("AWS_ROLE_SESSION_NAME") ?? "tollgate",
                stsURL: try url("AWS_ENDPOINT_URL_STS", default: try Self.sts(region: region)))
        }
    }

    private var region: String? { value("AWS_REGION") ?? value("AWS_DEFAULT_REGION") }

    /// The Security Token Service of a region; without one that of us-east-1.
    private static func sts(region: String?) throws(Fault) -> String {
        guard let region else { return "https://sts.amazonaws.com" }
        guard region.utf8.allSatisfy({ (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }) else {
            throw Fault(sentence: "AWS_REGION is no region; write for example us-east-1")
        }
        return "https://sts.\(region).amazonaws.com" + (region.hasPrefix("cn-") ? ".cn" : "")
    }

    private func container() throws(Fault) -> AWSCredentialSetting? {
        let token: ContainerToken =
            if let file = try file("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
                .file(file)
            } else if let text = value("AWS_CONTAINER_AUTHORIZATION_TOKEN") {
                .value(Secret(text))
            } else {
                .none
            }
        if let path = value("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") {
            return try Self.container(
                "http://169.254.170.2" + path, token, variable: "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
        }
        guard let text = value("AWS_CONTAINER_CREDENTIALS_FULL_URI") else { return nil }
        return try Self.container(text, token, variable: "AWS_CONTAINER_CREDENTIALS_FULL_URI")
    }

    private static func container(
        _ text: String, _ token: ContainerToken, variable: String
    ) throws(Fault) -> AWSCredentialSetting {
        let scheme = text.hasPrefix("https://") ? 8 : 7
        let authority = text.dropFirst(scheme).prefix { $0 != "/" && $0 != "?" }
        let path = String(text.dropFirst(scheme + authority.count))
        guard let url = BaseURL(String(text.prefix(scheme)) + authority),
            path.utf8.allSatisfy({ (0x21...0x7E).contains($0) && $0 != UInt8(ascii: "#") })
        else { throw Fault(sentence: "\(variable) is no URL of http or https") }
        // As AWS's libraries do: keys must not come from just anywhere without encryption.
        guard url.isEncrypted || url.isThisMachine || agents.contains(url.host) else {
            throw Fault(sentence: "\(variable) is neither https nor an address of this machine or of ECS and EKS")
        }
        return .container(url: url, path: path.hasPrefix("/") ? path : "/" + path, token: token)
    }

    /// Where ECS, and EKS by IPv4 and IPv6, answer.
    private static let agents = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"]

    // MARK: Google, Microsoft

    /// The key file that `GOOGLE_APPLICATION_CREDENTIALS` names, else the metadata server.
    package func google() throws(Fault) -> CredentialSetting {
        if let file = try file("GOOGLE_APPLICATION_CREDENTIALS") { return .googleServiceAccount(file: file) }
        let host = value("GCE_METADATA_HOST")
        guard let url = BaseURL(host.map { "http://\($0)" } ?? CredentialSetting.googleMetadataServer) else {
            throw Fault(sentence: "GCE_METADATA_HOST is not HOST[:PORT]")
        }
        return .googleMetadata(url: url)
    }

    /// A client with a secret, by `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and `AZURE_CLIENT_SECRET`.
    package func entra(scope: String) throws(Fault) -> CredentialSetting {
        guard let tenant = value("AZURE_TENANT_ID"), let client = value("AZURE_CLIENT_ID"),
            let secret = value("AZURE_CLIENT_SECRET")
        else {
            throw Fault(sentence: "set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET, or configure them")
        }
        return .entra(
            tenant: tenant, clientID: client, clientSecret: Secret(secret), scope: scope,
            authority: try url("AZURE_AUTHORITY_HOST", default: CredentialSetting.entraAuthority))
    }
}

extension BaseURL {
    /// By its name or address.
    package var isThisMachine: Bool { HostPort.isThisMachine(host) }
}

extension HostPort {
    /// Whether a host is this machine by its name or address.
    static func isThisMachine(_ host: String) -> Bool {
        let name = host.lowercased()
        if name == "localhost" || name.hasSuffix(".localhost") || name == "::1" { return true }
        return name.hasPrefix("127.") && isIPv4(name)
    }
}
