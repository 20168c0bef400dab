import Configuration
import Governance

extension RuleMatch {
    /// The first of its conditions that does not hold for a subject, as it is called in the configuration; `nil`: it is about it.
    func firstObstacle(for subject: RuleSubject) -> String? {
        conditions.first { !$0.match.matches(subject) }?.name
    }

    /// The same for a rule that looks at the caller only.
    func firstObstacle(for principal: Principal, _ metadata: Metadata) -> String? {
        conditions.first { !$0.match.concerns(principal, metadata) }?.name
    }

    /// Each of its conditions alone.
    private var conditions: [(name: String, match: RuleMatch)] {
        var conditions: [(name: String, match: RuleMatch)] = []
        func add(_ name: String, _ isGiven: Bool, _ set: (inout RuleMatch) -> Void) {
            guard isGiven else { return }
            var match = RuleMatch()
            set(&match)
            conditions.append((name, match))
        }
        add("users", !users.isEmpty) { $0.users = users }
        add("teams", !teams.isEmpty) { $0.teams = teams }
        add("groups", !groups.isEmpty) { $0.groups = groups }
        add("keys", !keys.isEmpty) { $0.keys = keys }
        add("virtual_accounts", !virtualAccounts.isEmpty) { $0.virtualAccounts = virtualAccounts }
        for (name, values) in metadata.sorted(by: { $0.key < $1.key }) {
            add("metadata.\(name)", true) { $0.metadata = [name: values] }
        }
        add("models", !models.isEmpty) { $0.models = models }
        add("providers", !providers.isEmpty) { $0.providers = providers }
        add("not", !not.isEmpty) { $0.not = not }
        return conditions
    }
}
