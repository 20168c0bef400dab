import Configuration
import Wire

/// The key of a Google service account, and the exchange of what it signs for a token.
/// https://developers.google.com/identity/protocols/oauth2/service-account
package struct ServiceAccountKey: Sendable {
    package let clientEmail: String
    /// PEM, PKCS #8.
    package let privateKey: Secret
    package let privateKeyID: String?
    /// Where the token is asked for; its path is the URL's prefix.
    package let tokenURL: BaseURL
    /// As it stands in the file: the token's audience.
    private let tokenURI: String

    /// For all of Google's cloud.
    package static let scope = "https://www.googleapis.com/auth/cloud-platform"
    /// Google takes no more.
    private static let lifetime: Int64 = 3_600

    /// Reads the JSON file that Google gives out.
    package init(parsing file: [UInt8]) throws(CredentialAnswerFault) {
        let key = try AnswerObject(file, what: "the file")
        let type = try key.text("type")
        guard type == "service_account" else {
            let shown = ["authorized_user", "external_account", "impersonated_service_account"].contains(type)
            throw CredentialAnswerFault(
                "`type` is \(shown ? type : "unknown"); only the key of a service account can be used")
        }
        clientEmail = try key.text("client_email")
        privateKey = Secret(try key.text("private_key"))
        privateKeyID = key["private_key_id"]?.string
        tokenURI = key["token_uri"]?.string ?? "https://oauth2.googleapis.com/token"
        guard let url = BaseURL(tokenURI) else { throw CredentialAnswerFault("`token_uri` is no URL") }
        tokenURL = url
    }

    /// What is signed with RS256: header and claims of a JSON Web Token (RFC 7515 §5.1). `now`: Unix nanoseconds.
    package func signingInput(scope: String, now: Int64) -> [UInt8] {
        var header = JSONWriter()
        header.beginObject()
        header.member("alg", "RS256")
        header.member("typ", "JWT")
        if let privateKeyID { header.member("kid", privateKeyID) }
        header.endObject()
        let seconds = now / 1_000_000_000
        var claims = JSONWriter()
        claims.beginObject()
        claims.member("iss", clientEmail)
        claims.member("scope", scope)
        claims.member("aud", tokenURI)
        claims.member("iat", seconds)
        claims.member("exp", seconds + Self.lifetime)
        claims.endObject()
        var output = ByteWriter(capacity: 512)
        header.array.withUnsafeBytes { Base64.encodeForURL($0, to: &output) }
        output.append(".")
        claims.array.withUnsafeBytes { Base64.encodeForURL($0, to: &output) }
        return output.array
    }

    /// The whole token: what was signed, and its signature.
    package static func assertion(signingInput: [UInt8], signature: [UInt8]) -> [UInt8] {
        var output = ByteWriter(capacity: signingInput.count + signature.count * 2)
        output.append(signingInput)
        output.append(".")
        signature.withUnsafeBytes { Base64.encodeForURL($0, to: &output) }
        return output.array
    }

    /// The body of `POST token_uri`, `application/x-www-form-urlencoded` (RFC 7523 §2.1). The answer is a `BearerToken`.
    package static func requestBody(assertion: [UInt8]) -> [UInt8] {
        var form = FormBody()
        form.add("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer".utf8)
        form.add("assertion", assertion)
        return form.bytes
    }
}
