/// A place in the file, from 1.
struct YAMLMark: Equatable {
    var line: Int
    var column: Int
}

/// A node of the file with its place.
struct YAMLNode {
    enum Content {
        /// `isPlain`: not quoted, so that `null`, `true` and numbers mean what they say.
        case scalar(String, isPlain: Bool)
        case sequence([YAMLNode])
        case mapping([YAMLMember])
    }
    var content: Content
    var mark: YAMLMark

    /// What it is, in words.
    var kind: String {
        switch content {
        case .scalar: "a value"
        case .sequence: "a list"
        case .mapping: "a group of settings"
        }
    }

    /// An empty value or `null`: as if the setting were not there.
    var isNull: Bool {
        if case .scalar(let text, isPlain: true) = content { ["", "~", "null"].contains(text) } else { false }
    }
}

struct YAMLMember {
    var key: String
    var mark: YAMLMark
    var value: YAMLNode
}
