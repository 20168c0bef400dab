import Wire

/// Who runs Claude behind the Messages API. Each takes the client's body as it is, but for a few members.
/// https://platform.claude.com/docs/en/build-with-claude/claude-in-amazon-bedrock and its neighbours
package enum ClaudePlatform: UInt8, Sendable, CaseIterable {
    /// Anthropic itself, also where AWS or Google sell it.
    case anthropic
    /// Bedrock's InvokeModel.
    case bedrock
    /// Bedrock's endpoint of the Messages API.
    case mantle
    case vertex
    case foundry

    /// Members that it refuses, whatever they say.
    var refusedMembers: [BodyField] {
        switch self {
        case .anthropic: []
        case .bedrock:
            [
                BodyField("model"), BodyField("stream"), BodyField("tags"), BodyField("anthropic_version"),
                BodyField("anthropic_beta"),
            ]
        case .mantle: [BodyField("tags")]
        case .vertex: [BodyField("model"), BodyField("tags"), BodyField("anthropic_version")]
        case .foundry: [BodyField("speed")]
        }
    }

    /// The model stands in the body, under the platform's own name.
    var namesModelInBody: Bool { self != .bedrock && self != .vertex }

    /// `anthropic_version` of a body; `nil`: the header says it.
    ///
    /// - Parameters:
    ///   - header: `anthropic-version` as the client sent it.
    ///   - model: the model behind the platform's name for it.
    func version(header: String, model: String) -> String? {
        switch self {
        case .anthropic, .mantle, .foundry: nil
        case .bedrock: header == Self.newVersion && !Self.isOld(model) ? Self.newVersion : "bedrock-2023-05-31"
        case .vertex: header == Self.newVersion ? Self.newVersion : "vertex-2023-10-16"
        }
    }

    private static let newVersion = "2026-10-21"

    /// Claude before 4.7, which Bedrock serves only by the semantics of 2023.
    private static func isOld(_ model: String) -> Bool {
        guard let version = ClaudeVersion(of: model) else { return false }
        return version < ClaudeVersion(major: 4, minor: 7)
    }
}

/// `claude-opus-5-5`, `us.anthropic.claude-sonnet-4-5-20250929-v1:0`: the numbers of a model's name.
struct ClaudeVersion: Comparable {
    let major: Int
    let minor: Int

    init(major: Int, minor: Int) {
        self.major = major
        self.minor = minor
    }

    /// `nil` for what is not named so.
    init?(of model: String) {
        guard let name = model.range(of: "claude-").map({ model[$0.upperBound...] }) else { return nil }
        let numbers = name.split(whereSeparator: { $0 == "-" || $0 == "@" || $0 == "." || $0 == ":" })
            .compactMap { $0.count < 3 ? Int($0) : nil }
        self.init(major: numbers.first ?? 0, minor: numbers.count > 1 ? numbers[1] : 0)
    }

    static func < (left: Self, right: Self) -> Bool { (left.major, left.minor) < (right.major, right.minor) }
}

extension String {
    /// Where a text first stands in this one.
    fileprivate func range(of text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
