import Configuration
import Testing
import Transport
import Wire

@testable import Providers
@testable import Upstream

/// In this room because signing needs the digests that only it can hand in.
@Suite("Signature Version 4")
struct SigV4Tests {
    private static let body =
        #"{"anthropic_version":"bedrock-2023-05-31","max_tokens":16,"messages":[{"role":"user","content":"hi"}]}"#
    private static let host = "bedrock-runtime.us-east-1.amazonaws.com"
    /// 2026-01-02T03:04:05Z.
    private static let date: Int64 = 1_767_323_045_000_000_000

    private func hash(_ text: String) -> String {
        Hex.encode(Array(text.utf8).withUnsafeBytes { Digests.openSSL.sha256($0) })
    }

    private struct Vector: Sendable {
        let path: String, token: String?, names: String, canonicalHash: String, signature: String
    }

    private static let vectors = [
        Vector(
            path: "/model/us.anthropic.claude-haiku-4-5-20251001-v1%3A0/invoke", token: nil,
            names: "accept;content-type;host;x-amz-date",
            canonicalHash: "525bf00e9ba6bdcc09f6562de55b4535eba28816bd823ce45351cc0b8b13762b",
            signature: "b8ed6c55c2f61644591e0403bf4d1e2b854d3b79eea1303188785211c142760e"),
        Vector(
            path: "/model/us.anthropic.claude-haiku-4-5-20251001-v1:0/invoke-with-response-stream",
            token: "SESSIONTOKEN", names: "accept;content-type;host;x-amz-date;x-amz-security-token",
            canonicalHash: "85a6d29fd5847ddf33a87b757fcad2b47add214bea9d77b1aec51a179a63db66",
            signature: "3783fb2401d6105d66718fae5379ece16a892b638f64aa36b9621664cd86c392"),
    ]

    @Test("Requests get the signatures that AWS's own library makes", arguments: vectors)
    private func vector(_ vector: Vector) {
        let headers: [(name: String, value: String)] = [
            ("Content-Type", "application/json"), ("Host", Self.host), ("accept", "  application/json "),
            ("User-Agent", "not signed"), ("Connection", "keep-alive"),
        ]
        let bodyHash = hash(Self.body)
        #expect(bodyHash == "616eb59224eb795b641b4c541ad9ee8b939a1e8798f73b54fce66bb79ddbb992")
        var all = headers + [("x-amz-date", "20260102T030405Z")]
        if let token = vector.token { all.append(("x-amz-security-token", token)) }
        let canonical = SigV4.canonicalRequest(
            method: "POST", path: vector.path, query: "", headers: all, bodySHA256Hex: bodyHash)
        #expect(hash(String(decoding: canonical.bytes, as: UTF8.self)) == vector.canonicalHash)
        let signed = SigV4.sign(
            method: "POST", path: vector.path, query: "", headers: headers, bodySHA256Hex: bodyHash,
            credentials: AWSCredentials(
                accessKeyID: "AKIDEXAMPLE", secretAccessKey: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
                sessionToken: vector.token.map { Secret($0) }),
            region: "us-east-1", service: "bedrock", date: Self.date, digests: .openSSL)
        #expect(
            signed.map(\.name) == ["x-amz-date"] + (vector.token == nil ? [] : ["x-amz-security-token"])
                + ["authorization"])
        #expect(signed.first?.value == "20260102T030405Z")
        #expect(
            signed.last?.value
                == "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/us-east-1/bedrock/aws4_request, "
                + "SignedHeaders=\(vector.names), Signature=\(vector.signature)")
    }

    @Test(
        "A query is signed sorted and encoded in one way",
        arguments: [
            ("", ""), ("b=2&a=1", "a=1&b=2"), ("a=2&a=1&a", "a=&a=1&a=2"), ("x=%7e%2f/&X=é", "X=%C3%A9&x=~%2F%2F"),
            ("a=b=c&", "a=b%3Dc"), ("p=1+2%20", "p=1%2B2%20"),
        ])
    func query(sent: String, signed: String) {
        let canonical = SigV4.canonicalRequest(
            method: "GET", path: "", query: sent, headers: [("host", "x")], bodySHA256Hex: "e3")
        #expect(
            String(decoding: canonical.bytes, as: UTF8.self) == "GET\n/\n\(signed)\nhost:x\n\nhost\ne3")
    }

    @Test("Blanks in a field are collapsed, and fields of one name are joined")
    func fields() {
        let canonical = SigV4.canonicalRequest(
            method: "GET", path: "/a b", query: "", headers: [("B", "2"), ("a", " x \t y "), ("b", "1")],
            bodySHA256Hex: "e3")
        #expect(String(decoding: canonical.bytes, as: UTF8.self) == "GET\n/a%20b\n\na:x y\nb:2,1\n\na;b\ne3")
    }
}
