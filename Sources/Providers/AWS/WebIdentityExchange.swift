import Wire

/// STS's AssumeRoleWithWebIdentity: the token of another identity provider for a role's keys. The request is not signed.
/// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
package enum WebIdentityExchange {
    /// The body of `POST /`, `application/x-www-form-urlencoded`.
    package static func requestBody(roleARN: String, sessionName: String, token: String) -> [UInt8] {
        var form = FormBody()
        form.add("Action", "AssumeRoleWithWebIdentity".utf8)
        form.add("Version", "2011-06-15".utf8)
        form.add("RoleArn", roleARN.utf8)
        form.add("RoleSessionName", sessionName.utf8)
        form.add("WebIdentityToken", token.utf8)
        return form.bytes
    }

    /// Reads the XML of a good answer.
    package static func keys(_ body: [UInt8]) throws(CredentialAnswerFault) -> TemporaryKeys {
        let leaves = try XMLLeaves(body)
        func leaf(_ name: String) throws(CredentialAnswerFault) -> String {
            let path = "AssumeRoleWithWebIdentityResponse/AssumeRoleWithWebIdentityResult/Credentials/\(name)"
            guard let text = leaves[path], !text.isEmpty else {
                throw CredentialAnswerFault("the answer has no `\(name)` of credentials")
            }
            return text
        }
        return try TemporaryKeys(
            id: try leaf("AccessKeyId"), secret: try leaf("SecretAccessKey"), token: try leaf("SessionToken"),
            expiration: try leaf("Expiration"))
    }

    /// The error's code, as `ExpiredTokenException` or `AccessDenied`; nil when there is none that can be read.
    package static func refusal(_ body: [UInt8]) -> String? {
        guard let code = try? XMLLeaves(body)["ErrorResponse/Error/Code"], !code.isEmpty, code.isFieldSafe else {
            return nil
        }
        return String(code.prefix(64))
    }
}
