import Wire

/// A setting's value, and how it may be shown.
struct SettingText {
    /// With everything filled in: may hold a secret.
    let text: String
    /// As it stands in the file: `${NAME}` in place of what the variable holds.
    let raw: String
    let mark: YAMLMark
    /// Something stands in `text` for a secret that was not to be had.
    var isStandIn = false

    /// For sentences about mistakes; not what looks like a secret that stands in the file, at a wrong place perhaps.
    var shown: String { CredentialForm.isKnown(raw) ? "the value" : "`\(raw)`" }

    /// A part of the value, for sentences about mistakes; the whole as it stands in the file if anything was filled in.
    func shown(part: String) -> String { raw == text && !CredentialForm.isKnown(raw) ? "`\(part)`" : shown }
}
