/// One line of the audit log: who did what to what, and when.
package struct AuditEntry: Sendable, Equatable {
    /// Unix nanoseconds.
    package var at: Int64
    /// An account of the machine, a user, or `tollgate` itself.
    package var actor: String
    /// A word: `issue`, `rotate`, `expire`, `revoke`, `raise`, `revoke_raise`, `start`, `reload`, `reload_failed`,
    /// `clock_set`, `reopen`, `refuse`, `release`, `lost`.
    package var action: String
    /// The key, rule or file that it was done to.
    package var subject: String
    /// A JSON object.
    package var details: String
    /// Its place in the order of all budget decisions; 0 if it takes no part in it.
    package var order: Int64

    package init(
        at: Int64, actor: String, action: String, subject: String = "", details: String = "{}", order: Int64 = 0
    ) {
        self.at = at
        self.actor = actor
        self.action = action
        self.subject = subject
        self.details = details
        self.order = order
    }
}
