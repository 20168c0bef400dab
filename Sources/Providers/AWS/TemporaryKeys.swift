import Configuration
import Wire

/// Keys for AWS that expire.
package struct TemporaryKeys: Sendable {
    package let credentials: AWSCredentials
    /// Unix nanoseconds.
    package let expiry: Int64

    init(id: String, secret: String, token: String, expiration: String) throws(CredentialAnswerFault) {
        guard let expiry = RFC3339.parse(expiration) else { throw CredentialAnswerFault("`Expiration` is no time") }
        guard id.isFieldSafe, token.isFieldSafe else {
            throw CredentialAnswerFault("the keys have characters that no keys have")
        }
        self.expiry = expiry
        credentials = AWSCredentials(accessKeyID: id, secretAccessKey: Secret(secret), sessionToken: Secret(token))
    }

    /// Reads the JSON of a container's agent and of the metadata service of EC2: `AccessKeyId`, `SecretAccessKey`, `Token`,
    /// `Expiration`; from EC2 with a `Code`.
    package init(parsing body: [UInt8]) throws(CredentialAnswerFault) {
        let answer = try AnswerObject(body)
        if let code = answer["Code"]?.string, code != "Success" {
            let shown = code.isFieldSafe ? String(code.prefix(64)) : "unreadable"
            throw CredentialAnswerFault("`Code` is \(shown) instead of Success")
        }
        try self.init(
            id: try answer.token("AccessKeyId"), secret: try answer.text("SecretAccessKey"),
            token: try answer.token("Token"), expiration: try answer.text("Expiration"))
    }
}
