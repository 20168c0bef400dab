/// Who a request acts for: what identify found, and what access, budgets and attribution refer to.
package final class Principal: Sendable {
    package let user: String
    package let team: String
    package let groups: [String]
    /// A service account in place of a person; empty: none.
    package let virtualAccount: String
    /// The key's public id; never the key.
    package let keyID: String
    /// The user, or the key of nobody in particular.
    package var holder: String { user.isEmpty ? keyID : user }
    /// Metadata that came with the key, the default for what the client does not send.
    package let metadata: Metadata

    package init(
        user: String, team: String, keyID: String, metadata: [String: String], groups: [String] = [],
        virtualAccount: String = ""
    ) {
        self.user = user
        self.team = team
        self.groups = groups
        self.virtualAccount = virtualAccount
        self.keyID = keyID
        self.metadata = Metadata(metadata)
    }
}
