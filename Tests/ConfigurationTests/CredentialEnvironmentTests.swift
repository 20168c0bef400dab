import Testing

@testable import Configuration

@Suite("Credentials from the environment")
struct CredentialEnvironmentTests {
    private func aws(_ variables: [String: String]) -> String {
        do throws(CredentialEnvironment.Fault) {
            return shown(try CredentialEnvironment { variables[$0] }.aws())
        } catch {
            return error.sentence
        }
    }

    /// With secrets in clear, so that a test can see them.
    private func shown(_ setting: CredentialSetting) -> String {
        func clear(_ secret: Secret?) -> String {
            secret?.withBytes { String(decoding: $0, as: UTF8.self) } ?? "-"
        }
        switch setting {
        case .none: return "none"
        case .apiKey(let key): return "key \(clear(key))"
        case .bearer(let token): return "bearer \(clear(token))"
        case .aws(.keys(let keys)):
            return "keys \(keys.accessKeyID) \(clear(keys.secretAccessKey)) \(clear(keys.sessionToken))"
        case .aws(.webIdentity(let file, let role, let session, let url)):
            return "web \(file) \(role) \(session) \(url.isEncrypted) \(url.authority)"
        case .aws(.container(let url, let path, let token)):
            let from =
                switch token {
                case .none: "none"
                case .value(let secret): clear(secret)
                case .file(let file): "file \(file)"
                }
            return "container \(url.authority) \(path) \(from)"
        case .aws(.instanceMetadata(let url)): return "instance \(url.authority)"
        case .aws(.environment): return "environment"
        case .googleServiceAccount(let file): return "file \(file)"
        case .googleMetadata(let url): return "metadata \(url.authority)"
        case .entra(let tenant, let client, let secret, let scope, let authority):
            return "entra \(tenant) \(client) \(clear(secret)) \(scope) \(authority.authority)"
        }
    }

    @Test("AWS's variables are tried in the order of its libraries")
    func order() {
        var variables = ["AWS_BEARER_TOKEN_BEDROCK": "ABSK1"]
        variables["AWS_ACCESS_KEY_ID"] = "AKID"
        variables["AWS_SECRET_ACCESS_KEY"] = "secret"
        variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/token"
        variables["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/r"
        variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://169.254.170.23/v1/credentials"
        #expect(aws(variables) == "bearer ABSK1")
        variables["AWS_BEARER_TOKEN_BEDROCK"] = ""
        #expect(aws(variables) == "keys AKID secret -")
        variables["AWS_SESSION_TOKEN"] = "session"
        #expect(aws(variables) == "keys AKID secret session")
        variables["AWS_ACCESS_KEY_ID"] = nil
        variables["AWS_SECRET_ACCESS_KEY"] = nil
        #expect(aws(variables) == "web /token arn:aws:iam::1:role/r tollgate true sts.amazonaws.com")
        variables["AWS_REGION"] = "eu-central-1"
        variables["AWS_ROLE_SESSION_NAME"] = "me"
        #expect(aws(variables) == "web /token arn:aws:iam::1:role/r me true sts.eu-central-1.amazonaws.com")
        variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = nil
        #expect(aws(variables) == "container 169.254.170.23 /v1/credentials none")
        variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = nil
        #expect(aws(variables) == "instance 169.254.169.254")
        #expect(aws([:]) == "instance 169.254.169.254")
    }

    @Test("A container's agent gets its token, and keeps path and query")
    func container() {
        let relative = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", full = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
        let token = "AWS_CONTAINER_AUTHORIZATION_TOKEN", file = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
        #expect(aws([relative: "/v2/x?id=1", token: "t"]) == "container 169.254.170.2 /v2/x?id=1 t")
        #expect(
            aws([full: "http://localhost:8080/a/", token: "t", file: "/f"]) == "container localhost:8080 /a/ file /f")
        #expect(aws([full: "https://agent.example"]) == "container agent.example / none")
        #expect(aws([full: "http://[fd00:ec2::23]/v1"]) == "container [fd00:ec2::23] /v1 none")
        #expect(aws([full: "http://agent.example/"]).contains("neither https nor an address of this machine"))
        #expect(aws([relative: ".evil.example/"]).contains("RELATIVE_URI is neither https"))
        #expect(aws([full: "ftp://localhost/"]).contains("is no URL"))
    }

    @Test("Variables that contradict each other are named, not shown")
    func faults() {
        #expect(aws(["AWS_ACCESS_KEY_ID": "AKID"]).contains("only one is set"))
        #expect(aws(["AWS_WEB_IDENTITY_TOKEN_FILE": "/f"]).contains("AWS_ROLE_ARN is not"))
        #expect(aws(["AWS_EC2_METADATA_DISABLED": "TRUE"]).contains("there are no credentials for AWS"))
        #expect(
            aws(["AWS_EC2_METADATA_SERVICE_ENDPOINT": "nowhere"]).hasPrefix("AWS_EC2_METADATA_SERVICE_ENDPOINT is not"))
        let web = ["AWS_WEB_IDENTITY_TOKEN_FILE": "/f", "AWS_ROLE_ARN": "r"]
        #expect(aws(web.merging(["AWS_REGION": "evil.example/"]) { $1 }).hasPrefix("AWS_REGION is no region"))
        #expect(aws(web.merging(["AWS_REGION": "cn-north-1"]) { $1 }).hasSuffix("sts.cn-north-1.amazonaws.com.cn"))
    }

    @Test("Google's and Microsoft's variables")
    func others() throws {
        #expect(shown(try CredentialEnvironment { _ in nil }.google()) == "metadata metadata.google.internal")
        let google = ["GCE_METADATA_HOST": "127.0.0.1:80"]
        #expect(shown(try CredentialEnvironment { google[$0] }.google()) == "metadata 127.0.0.1:80")
        let file = ["GOOGLE_APPLICATION_CREDENTIALS": "/key.json"]
        #expect(shown(try CredentialEnvironment { file[$0] }.google()) == "file /key.json")
        let azure = ["AZURE_TENANT_ID": "t", "AZURE_CLIENT_ID": "c", "AZURE_CLIENT_SECRET": "s"]
        #expect(
            shown(try CredentialEnvironment { azure[$0] }.entra(scope: "x/.default"))
                == "entra t c s x/.default login.microsoftonline.com")
        #expect(throws: CredentialEnvironment.Fault.self) { try CredentialEnvironment { _ in nil }.entra(scope: "x") }
    }

    @Test("A setting is the same as itself and no other")
    func comparison() throws {
        let url = try #require(BaseURL("https://a.example")), other = try #require(BaseURL("https://b.example"))
        func keys(_ secret: String, _ token: String?) -> CredentialSetting {
            .aws(
                .keys(
                    AWSCredentials(
                        accessKeyID: "A", secretAccessKey: Secret(secret), sessionToken: token.map { Secret($0) })))
        }
        func entra(_ secret: String, _ authority: BaseURL) -> CredentialSetting {
            .entra(tenant: "t", clientID: "c", clientSecret: Secret(secret), scope: "s", authority: authority)
        }
        let settings: [CredentialSetting] = [
            .none, .apiKey(Secret("k")), .apiKey(Secret("l")), .bearer(Secret("k")), keys("s", nil), keys("s", "t"),
            keys("s", "u"), keys("r", "t"), .aws(.environment), .aws(.instanceMetadata(url: url)),
            .aws(.instanceMetadata(url: other)),
            .aws(.webIdentity(tokenFile: "f", roleARN: "r", sessionName: "s", stsURL: url)),
            .aws(.webIdentity(tokenFile: "g", roleARN: "r", sessionName: "s", stsURL: url)),
            .aws(.container(url: url, path: "/", token: .none)),
            .aws(.container(url: url, path: "/", token: .value(Secret("t")))),
            .aws(.container(url: url, path: "/", token: .file("t"))), .googleServiceAccount(file: "f"),
            .googleServiceAccount(file: "g"), .googleMetadata(url: url), .googleMetadata(url: other),
            entra("s", url), entra("t", url), entra("s", other),
        ]
        for (index, left) in settings.enumerated() {
            for (place, right) in settings.enumerated() {
                #expect(left.isSame(as: right) == (index == place), "\(index) and \(place)")
            }
        }
    }
}
