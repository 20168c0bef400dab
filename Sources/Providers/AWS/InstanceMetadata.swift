import Wire

/// The metadata service of EC2, second version.
/// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/configuring-instance-metadata-service.html
package enum InstanceMetadata {
    /// PUT gives the token of a session.
    package static let tokenPath = "/latest/api/token"
    /// A minute is enough for the two requests that follow.
    package static let tokenFields = [("x-aws-ec2-metadata-token-ttl-seconds", "60")]
    /// GET gives the role's name; with it behind, its keys as `TemporaryKeys`.
    package static let rolePath = "/latest/meta-data/iam/security-credentials/"

    /// For each GET.
    package static func fields(token: String) -> [(String, String)] { [("x-aws-ec2-metadata-token", token)] }

    /// Where the keys of the role are that the answer names; nil when it names none.
    package static func keyPath(_ answer: [UInt8]) -> String? {
        let line = String(decoding: answer, as: UTF8.self).prefix { !$0.isNewline }
        // The characters of a role's name (IAM's API reference).
        let isName = line.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+=,.@_-".contains($0)) }
        guard !line.isEmpty, isName else { return nil }
        return rolePath + PercentEncoding.encode(line)
    }
}
