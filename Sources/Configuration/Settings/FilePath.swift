import Wire

/// Paths that come from settings and variables, where by mistake the content of the file may stand: a key, a token.
enum FilePath {
    /// Whether it may be a path at all: one line, no JSON, nothing that looks like a credential.
    static func isLikely(_ text: String) -> Bool {
        text.utf8.count <= 4_096 && !text.hasPrefix("{") && !text.utf8.contains { $0 < 0x20 }
            && !CredentialForm.isKnown(text)
    }
}
