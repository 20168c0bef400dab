import Configuration
import Wire

/// An access token (RFC 6749 §5.1) as Google's and Microsoft's endpoints give them.
package struct BearerToken: Sendable {
    package let value: Secret
    /// From now on, in nanoseconds.
    package let lifetime: Int64

    /// Reads `{"access_token": …, "expires_in": …, "token_type": "Bearer"}`.
    package init(parsing body: [UInt8]) throws(CredentialAnswerFault) {
        let answer = try AnswerObject(body)
        let type = try answer.text("token_type")
        guard type.lowercased() == "bearer" else { throw CredentialAnswerFault("`token_type` is not Bearer") }
        value = Secret(try answer.token("access_token"))
        // Microsoft's older endpoints write the number as a string.
        let seconds = answer["expires_in"]?.int64 ?? answer["expires_in"]?.string.flatMap { Int64($0) }
        guard let seconds, (1...31_536_000).contains(seconds) else {
            throw CredentialAnswerFault("`expires_in` is missing or no number of seconds")
        }
        lifetime = seconds * 1_000_000_000
    }

    /// What an endpoint says of why it gave none (RFC 6749 §5.2), in few words; nil when it says nothing that can be read.
    ///
    /// - Parameter hidden: what was sent and must not be shown, should the endpoint send it back.
    package static func refusal(_ body: [UInt8], hidden: [Secret]) -> String? {
        guard let answer = try? AnswerObject(body) else { return nil }
        let code = answer["error"]?.string ?? answer["error"]?["status"]?.string
        let description = answer["error_description"]?.string ?? answer["error"]?["message"]?.string
        let said = [code, description].compactMap { $0 }.filter { !$0.isEmpty }
        guard !said.isEmpty else { return nil }
        let text = said.joined(separator: ": ")
        guard !hidden.contains(where: { $0.occurs(in: text) }) else { return nil }
        return String(text.prefix(200).map { $0.isASCII && $0 >= " " && $0 <= "~" ? $0 : " " })
    }
}

extension Secret {
    fileprivate func occurs(in text: String) -> Bool {
        guard !isEmpty else { return false }
        return text.contains(withBytes { String(decoding: $0, as: UTF8.self) })
    }
}
