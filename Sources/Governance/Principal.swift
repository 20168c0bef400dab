/// Who a request acts for: what identify found, and what access, budgets and attribution refer to.
package final class Principal: Sendable {
    package let user: String
    package let team: String
    /// The key's public id; never the key.
    package let keyID: String
    /// Metadata that came with the key, the default for what the client does not send; sorted by name.
    package let metadata: [(name: String, value: String)]

    package init(user: String, team: String, keyID: String, metadata: [String: String]) {
        self.user = user
        self.team = team
        self.keyID = keyID
        self.metadata = metadata.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
    }
}
