import Configuration
import Testing
import Wire

@testable import Providers

private func clear(_ secret: Secret?) -> String {
    secret?.withBytes { String(decoding: $0, as: UTF8.self) } ?? "-"
}

/// What is said of a text that cannot be used; "taken" when it can.
private func sentence(_ body: () throws(CredentialAnswerFault) -> Void) -> String {
    do throws(CredentialAnswerFault) {
        try body()
        return "taken"
    } catch {
        return error.sentence
    }
}

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

@Suite("What sources of credentials are asked and answer")
struct CredentialAnswerTests {
    // MARK: Tokens

    @Test("A token answer is read, its seconds also when they are a string")
    func bearer() throws {
        for seconds in ["3599", "\"3599\""] {
            let body = #"{"access_token":"ya29.a-b_c","expires_in":\#(seconds),"token_type":"bearer","x":1}"#
            let token = try BearerToken(parsing: Array(body.utf8))
            #expect(clear(token.value) == "ya29.a-b_c" && token.lifetime == 3_599_000_000_000)
        }
    }

    @Test(
        "A token answer that is none says what is wrong, without the token",
        arguments: [
            ("", "no JSON"), ("[]", "no JSON object"), ("<html>", "no JSON"),
            (#"{"expires_in":1,"token_type":"Bearer"}"#, "`access_token` is missing"),
            (#"{"access_token":"","expires_in":1,"token_type":"Bearer"}"#, "`access_token` is missing"),
            (
                #"{"access_token":"s3cret\r\nx: y","expires_in":1,"token_type":"Bearer"}"#,
                "characters that no token has"
            ),
            (#"{"access_token":"s3cret","expires_in":1,"token_type":"mac"}"#, "not Bearer"),
            (#"{"access_token":"s3cret","token_type":"Bearer"}"#, "`expires_in` is missing"),
            (#"{"access_token":"s3cret","expires_in":0,"token_type":"Bearer"}"#, "`expires_in`"),
            (#"{"access_token":"s3cret","expires_in":1e99,"token_type":"Bearer"}"#, "`expires_in`"),
        ])
    func badBearer(body: String, part: String) {
        let said = sentence { () throws(CredentialAnswerFault) in _ = try BearerToken(parsing: Array(body.utf8)) }
        #expect(said.contains(part) && !said.contains("s3cret"))
    }

    @Test("A refusal is told in the endpoint's words, unless it gives back what was secret")
    func refusal() {
        func said(_ body: String) -> String? {
            BearerToken.refusal(Array(body.utf8), hidden: [Secret("s3cret"), Secret("")])
        }
        #expect(
            said(#"{"error":"invalid_grant","error_description":"Invalid JWT\nSignature."}"#)
                == "invalid_grant: Invalid JWT Signature.")
        #expect(said(#"{"error":{"code":404,"status":"NOT_FOUND","message":"gone"}}"#) == "NOT_FOUND: gone")
        #expect(said(#"{"error":"x","error_description":"you sent s3cret"}"#) == nil)
        #expect(said("{}") == nil && said("<html>") == nil)
        #expect(said(#"{"error":"\#(String(repeating: "x", count: 500))"}"#)?.count == 200)
    }

    // MARK: Google

    private static let file = """
        {"type": "service_account", "project_id": "p", "private_key_id": "key1", "private_key": "-----BEGIN s3cret",
         "client_email": "a@p.iam.gserviceaccount.com", "token_uri": "https://oauth2.googleapis.com/token"}
        """

    @Test("The claims of a service account are those that Google asks for")
    func claims() throws {
        let key = try ServiceAccountKey(parsing: Array(Self.file.utf8))
        #expect(key.tokenURL.authority == "oauth2.googleapis.com" && key.tokenURL.prefix == "/token")
        #expect(clear(key.privateKey) == "-----BEGIN s3cret")
        let input = text(key.signingInput(scope: ServiceAccountKey.scope, now: 1_767_323_045_999_999_999))
        let parts = try input.split(separator: ".").map { part in
            var letters = part.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 }
            while !letters.count.isMultiple(of: 4) { letters.append("=") }
            var output = ByteWriter()
            let isGood = Array(String(letters).utf8).withUnsafeBytes { Base64.decode($0, to: &output) }
            #expect(isGood)
            return try JSONValue(parsing: output.text)
        }
        #expect(parts[0] == ["alg": "RS256", "typ": "JWT", "kid": "key1"])
        #expect(
            parts[1] == [
                "iss": "a@p.iam.gserviceaccount.com", "scope": "https://www.googleapis.com/auth/cloud-platform",
                "aud": "https://oauth2.googleapis.com/token", "iat": 1_767_323_045, "exp": 1_767_326_645,
            ])
        let assertion = ServiceAccountKey.assertion(signingInput: Array("a.b".utf8), signature: [0xFB, 0xFF])
        #expect(text(assertion) == "a.b.-_8")
        #expect(
            text(ServiceAccountKey.requestBody(assertion: assertion))
                == "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=a.b.-_8")
    }

    @Test("A file that is no service account's key says so, without the key")
    func badFiles() {
        let changes = [
            ("service_account", "authorized_user", "`type` is authorized_user; only"),
            ("service_account", "s3cret", "`type` is unknown"), ("client_email", "e", "`client_email` is missing"),
            ("\"private_key\"", "\"k\"", "`private_key` is missing"),
            ("https://oauth2", "ftp://oauth2", "`token_uri` is no URL"), ("{", "", "the file is no JSON"),
        ]
        for (old, new, part) in changes {
            let changed = Array(Self.file.replacing(old, with: new).utf8)
            let said = sentence { () throws(CredentialAnswerFault) in _ = try ServiceAccountKey(parsing: changed) }
            #expect(said.contains(part) && !said.contains("s3cret"), "\(said)")
        }
    }

    // MARK: Microsoft

    @Test("Entra is asked with everything encoded")
    func entra() {
        #expect(EntraExchange.path(tenant: "a/b.example") == "/a%2Fb.example/oauth2/v2.0/token")
        let body = EntraExchange.requestBody(
            clientID: "id", clientSecret: Secret("a+b&c=é"), scope: "https://ai.azure.com/.default")
        #expect(
            text(body)
                == "grant_type=client_credentials&client_id=id&client_secret=a%2Bb%26c%3D%C3%A9"
                + "&scope=https%3A%2F%2Fai.azure.com%2F.default")
    }

    // MARK: AWS

    private static let answer = """
        <?xml version="1.0" encoding="UTF-8"?>
        <AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
          <AssumeRoleWithWebIdentityResult>
            <SubjectFromWebIdentityToken>a&amp;b</SubjectFromWebIdentityToken><Empty/>
            <Credentials>
              <SessionToken>token</SessionToken>
              <SecretAccessKey>s3cret</SecretAccessKey>
              <Expiration>2026-01-02T03:04:05Z</Expiration>
              <AccessKeyId>ASIA1</AccessKeyId>
            </Credentials>
          </AssumeRoleWithWebIdentityResult>
          <ResponseMetadata><RequestId>r</RequestId></ResponseMetadata>
        </AssumeRoleWithWebIdentityResponse>
        """

    @Test("STS is asked for a role, and its keys are read")
    func webIdentity() throws {
        let body = WebIdentityExchange.requestBody(roleARN: "arn:aws:iam::1:role/r", sessionName: "me", token: "a.b")
        #expect(
            text(body)
                == "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr"
                + "&RoleSessionName=me&WebIdentityToken=a.b")
        let keys = try WebIdentityExchange.keys(Array(Self.answer.utf8))
        #expect(keys.credentials.accessKeyID == "ASIA1" && keys.expiry == 1_767_323_045_000_000_000)
        #expect(clear(keys.credentials.secretAccessKey) == "s3cret" && clear(keys.credentials.sessionToken) == "token")
        let error = "<ErrorResponse><Error><Code>ExpiredTokenException</Code></Error></ErrorResponse>"
        #expect(WebIdentityExchange.refusal(Array(error.utf8)) == "ExpiredTokenException")
        #expect(WebIdentityExchange.refusal(Array("no".utf8)) == nil)
    }

    @Test("XML of another form is refused, and never shown")
    func badXML() {
        let changes = [
            ("</Credentials>", ""), ("<AccessKeyId>", "<AccessKeyID>"), ("<Empty/>", "<!-- x -->"),
            ("<Empty/>", "<!DOCTYPE x>"), ("a&amp;b", "a&x;b"), ("a&amp;b", "a&b"), ("<Empty/>", "text"),
            ("ASIA1", "AS IA1"), ("2026-01-02T03:04:05Z", "soon"), ("<Empty/>", "<1/>"), ("?>", ">"),
            ("ASIA1", ""), ("<AccessKeyId>", "<AccessKeyId>A</AccessKeyId><AccessKeyId>"),
            ("<Empty/>", String(repeating: "<a>", count: 20) + String(repeating: "</a>", count: 20)),
            ("xmlns=\"", "xmlns=\"<"),
            ("</AssumeRoleWithWebIdentityResponse>", "</AssumeRoleWithWebIdentityResponse>x"),
        ]
        for (old, new) in changes {
            let changed = Array(Self.answer.replacing(old, with: new).utf8)
            let said = sentence { () throws(CredentialAnswerFault) in _ = try WebIdentityExchange.keys(changed) }
            #expect(said != "taken" && !said.contains("s3cret"), "\(old) as \(new): \(said)")
        }
        for cut in 0..<Self.answer.utf8.count {
            let start = Array(Self.answer.utf8.prefix(cut))
            #expect(throws: CredentialAnswerFault.self) { try WebIdentityExchange.keys(start) }
        }
        for text in ["", "x", "<", "<>", "</a>", "<a", "<a/>", "<?xml"] {
            #expect(throws: CredentialAnswerFault.self) { try WebIdentityExchange.keys(Array(text.utf8)) }
        }
    }

    @Test("The keys of containers and instances are read, a code other than success is told")
    func jsonKeys() throws {
        let body = """
            {"Code": "Success", "AccessKeyId": "ASIA1", "SecretAccessKey": "s3cret", "Token": "t",
             "Expiration": "2026-01-02T03:04:05Z"}
            """
        let keys = try TemporaryKeys(parsing: Array(body.utf8))
        #expect(keys.credentials.accessKeyID == "ASIA1" && clear(keys.credentials.sessionToken) == "t")
        let changes = [
            ("Success", "AssumeRoleUnauthorizedAccess", "`Code` is AssumeRoleUnauthorizedAccess"),
            ("\"Token\"", "\"Tok\"", "`Token` is missing"), ("ASIA1", "A\\nB", "`AccessKeyId` has characters"),
            ("2026-01", "2026-13", "`Expiration` is no time"), ("{", "", "no JSON"),
        ]
        for (old, new, part) in changes {
            let changed = Array(body.replacing(old, with: new).utf8)
            let said = sentence { () throws(CredentialAnswerFault) in _ = try TemporaryKeys(parsing: changed) }
            #expect(said.contains(part) && !said.contains("s3cret"), "\(said)")
        }
    }

    @Test(
        "A role's name is one name", arguments: [("web-role\n", true), ("a/../b", false), ("", false), ("a b", false)])
    func roles(answer: String, isGood: Bool) {
        let path = InstanceMetadata.keyPath(Array(answer.utf8))
        #expect(path == (isGood ? "/latest/meta-data/iam/security-credentials/web-role" : nil))
    }
}
