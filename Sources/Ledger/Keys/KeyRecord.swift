/// An issued key as it is stored: everything but the key.
package struct KeyRecord: Sendable, Equatable {
    /// `key_` and 16 random digits; stands in ledger rows.
    package let id: String
    /// The digest of the key's text.
    package let hash: [UInt8]
    /// The first characters of the key, for people to recognise it by.
    package let prefix: String
    /// Whom the key's requests are charged to. Empty: nobody in particular.
    package let user: String
    package let team: String
    /// What rules can name besides user and team.
    package let groups: [String]
    /// The service account that the key is for; empty: a person.
    package let virtualAccount: String
    /// A JSON object of strings: defaults for the metadata of the key's requests.
    package let metadata: String
    /// Unix nanoseconds.
    package let createdAt: Int64
    /// When the key stops to work, Unix nanoseconds.
    package let expiresAt: Int64?
    /// When it was revoked, Unix nanoseconds.
    package let revokedAt: Int64?
    /// The id of the key that replaces it.
    package let rotatedTo: String?

    package enum Status: String, Sendable {
        case active, rotated, expired, revoked
    }

    /// - Parameter now: Unix nanoseconds.
    package func status(now: Int64) -> Status {
        if revokedAt != nil { return .revoked }
        if let expiresAt, expiresAt <= now { return .expired }
        return rotatedTo == nil ? .active : .rotated
    }

    /// Whether the key opens the door: active, or rotated and within its grace.
    package func isUsable(now: Int64) -> Bool {
        switch status(now: now) {
        case .active, .rotated: true
        case .expired, .revoked: false
        }
    }
}

/// A key at its birth: the only moment its text is known.
package struct IssuedKey: Sendable {
    /// The secret, to be shown once and to be kept nowhere.
    package let text: String
    package let record: KeyRecord
}

/// Service accounts stand where users stand, under a name that no user has.
package enum VirtualAccount {
    /// What the ledger's users that are service accounts begin with.
    package static let prefix = "virtualaccount:"

    /// The ledger's user for a service account.
    package static func user(of account: String) -> String { prefix + account }
}

/// Who a new key is for.
package struct KeyRequest: Sendable {
    package var user: String
    package var team: String
    /// Names without commas, together at most `JournalLimits.groupsBytes` with commas between; checked by the caller.
    package var groups: [String] = []
    /// The service account; `user` is then `VirtualAccount.user(of:)`.
    package var virtualAccount = ""
    /// A JSON object of strings, checked by the caller.
    package var metadata: String
    /// Unix nanoseconds; `nil`: never.
    package var expiresAt: Int64?

    package init(user: String, team: String = "", metadata: String = "{}", expiresAt: Int64? = nil) {
        self.user = user
        self.team = team
        self.metadata = metadata
        self.expiresAt = expiresAt
    }
}
