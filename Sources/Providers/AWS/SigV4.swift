import Configuration
import Wire

/// Signs requests to AWS (Signature Version 4). Each attempt is signed anew: AWS takes a signature for five minutes.
/// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
package enum SigV4 {
    /// The fields to send on top of `headers`: `x-amz-date`, `x-amz-security-token` for temporary keys, `authorization`.
    ///
    /// - Parameters:
    ///   - path: as it is sent, percent-encoded.
    ///   - query: as it is sent, without `?`; empty for none.
    ///   - headers: all that are signed: `host` must be there; what proxies may change is left out.
    ///   - bodySHA256Hex: in small letters, of exactly the bytes that are sent.
    ///   - service: for example `bedrock`.
    ///   - date: Unix nanoseconds.
    package static func sign(
        method: String, path: String, query: String, headers: [(name: String, value: String)], bodySHA256Hex: String,
        credentials: AWSCredentials, region: String, service: String, date: Int64, digests: Digests
    ) -> [(name: String, value: String)] {
        let time = timestamp(date)
        var added = [(name: "x-amz-date", value: time)]
        if let token = credentials.sessionToken {
            added.append(("x-amz-security-token", token.withBytes { String(decoding: $0, as: UTF8.self) }))
        }
        let (canonical, signedNames) = canonicalRequest(
            method: method, path: path, query: query, headers: headers + added, bodySHA256Hex: bodySHA256Hex)
        let scope = "\(time.prefix(8))/\(region)/\(service)/aws4_request"
        let hash = canonical.withUnsafeBytes { Hex.encode(digests.sha256($0)) }
        let key = signingKey(credentials.secretAccessKey, scope: scope, digests)
        let text = "AWS4-HMAC-SHA256\n\(time)\n\(scope)\n\(hash)"
        let signature = Hex.encode(digests.hmacSHA256(key, Array(text.utf8)))
        added.append(
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=\(credentials.accessKeyID)/\(scope), "
                    + "SignedHeaders=\(signedNames), Signature=\(signature)"
            ))
        return added
    }

    // MARK: Parts

    /// `20260102T030405Z`.
    static func timestamp(_ date: Int64) -> String {
        RFC3339.text(date, fraction: .none).filter { $0 != "-" && $0 != ":" }
    }

    /// What is hashed and signed, and the names of the fields in it.
    static func canonicalRequest(
        method: String, path: String, query: String, headers: [(name: String, value: String)], bodySHA256Hex: String
    ) -> (bytes: [UInt8], signedNames: String) {
        let fields = canonicalFields(headers)
        let names = fields.map(\.name).joined(separator: ";")
        var output = ByteWriter(capacity: 1024)
        output.append(string: "\(method)\n")
        // The path as sent, encoded once more: `%3A` is signed as `%253A`. Only S3 does otherwise.
        PercentEncoding.append((path.isEmpty ? "/" : path).utf8, keepsSlash: true, to: &output)
        output.append(string: "\n\(canonicalQuery(query))\n")
        for field in fields { output.append(string: "\(field.name):\(field.value)\n") }
        output.append(string: "\n\(names)\n\(bodySHA256Hex)")
        return (output.array, names)
    }

    /// Each parameter encoded in the one way, by name and then by value.
    private static func canonicalQuery(_ query: String) -> String {
        let parameters = query.split(separator: "&").map { parameter in
            let parts = parameter.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: encodedAnew(parts[0]), value: parts.count == 2 ? encodedAnew(parts[1]) : "")
        }
        return parameters.sorted { ($0.name, $0.value) < ($1.name, $1.value) }
            .map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    }

    private static func encodedAnew(_ text: Substring) -> String {
        PercentEncoding.encode(PercentEncoding.decode(text))
    }

    /// Small letters, blanks trimmed and collapsed, several of one name joined, sorted by name.
    private static func canonicalFields(_ headers: [(name: String, value: String)]) -> [(name: String, value: String)] {
        var values: [String: [String]] = [:]
        for header in headers {
            let name = header.name.lowercased()
            if unsigned.contains(name) { continue }
            values[name, default: []].append(
                header.value.split { $0 == " " || $0 == "\t" }.joined(separator: " "))
        }
        return values.map { ($0.key, $0.value.joined(separator: ",")) }.sorted { $0.0 < $1.0 }
    }

    /// What belongs to the connection, or is changed on the way.
    private static let unsigned: Set<String> = [
        "authorization", "connection", "expect", "te", "transfer-encoding", "user-agent", "x-amzn-trace-id",
    ]

    private static func signingKey(_ secret: Secret, scope: String, _ digests: Digests) -> [UInt8] {
        let start = secret.withBytes { Array("AWS4".utf8) + Array($0) }
        return scope.split(separator: "/").reduce(start) { digests.hmacSHA256($0, Array($1.utf8)) }
    }
}
