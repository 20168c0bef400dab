import Configuration
import Wire

/// Microsoft Entra ID's client credentials grant, which gives a `BearerToken`.
/// https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
package enum EntraExchange {
    /// Behind the authority.
    package static func path(tenant: String) -> String { "/\(PercentEncoding.encode(tenant))/oauth2/v2.0/token" }

    /// The body of the POST, `application/x-www-form-urlencoded`.
    package static func requestBody(clientID: String, clientSecret: Secret, scope: String) -> [UInt8] {
        var form = FormBody()
        form.add("grant_type", "client_credentials".utf8)
        form.add("client_id", clientID.utf8)
        form.add("client_secret", clientSecret.withBytes { Array($0) })
        form.add("scope", scope.utf8)
        return form.bytes
    }
}
