/// Who sent a payload, as his credential says: what is stamped on it, whatever it claims itself.
package struct ClientStamp: Sendable, Equatable {
    /// Attributes of the resource, in this order.
    package var resource: [(name: String, value: String)] = []
    /// `user.id`; empty: the credential is of nobody in particular, and no claim is replaced.
    package var user: String
    package var team: String
    package var keyID: String
    package var project: String

    /// `user.email` is known where users are called by their address.
    package init(user: String, team: String, keyID: String, project: String, metadata: [(name: String, value: String)])
    {
        self.user = user
        self.team = team
        self.keyID = keyID
        self.project = project
        add("user.id", user)
        if user.contains("@") { add("user.email", user) }
        add("tollgate.team", team)
        add("tollgate.key.id", keyID)
        add("tollgate.project", project)
        // The names of tags are as free as their values: whoever may send them must not break a back end with them.
        for tag in metadata.prefix(Self.maximumTags) where AttributePolicy.isName(tag.name) {
            add("tollgate.metadata.\(tag.name)", tag.value)
        }
    }

    private mutating func add(_ name: String, _ value: String) {
        guard !value.isEmpty else { return }
        var clean = String.UnicodeScalarView()
        for scalar in value.unicodeScalars.prefix(Self.maximumText) {
            clean.append(AttributePolicy.steers(scalar) ? "\u{FFFD}" : scalar)
        }
        resource.append((name, String(clean)))
    }

    /// Characters of a value.
    private static let maximumText = 256

    /// The random id of an installation, which Claude Code sends as `user.id`.
    static let installation = "claude_code.installation.id"
    private static let maximumTags = 64

    package static func == (left: Self, right: Self) -> Bool {
        left.user == right.user && left.keyID == right.keyID && left.team == right.team
            && left.resource.elementsEqual(right.resource) { $0.name == $1.name && $0.value == $1.value }
    }
}
