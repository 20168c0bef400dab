import Configuration
import Governance
import Wire

/// What would become of a request, found out without sending it: where its model leads, and for each target everything that has a
/// say about it, as well as what has none and why.
package struct Explanation: Sendable {
    /// Whose request, and for what.
    package struct Question: Sendable {
        package var model: String
        package var user = ""
        package var team = ""
        package var groups: [String] = []
        package var keyID = ""
        package var virtualAccount = ""
        /// Tags that come with the key.
        package var keyMetadata: [String: String] = [:]
        /// Tags of the request, over these.
        package var metadata: [String: String] = [:]
        package var session = ""
        /// Only targets at this account.
        package var provider: String?

        package init(model: String) { self.model = model }
    }

    /// A budget that the request is held against.
    package struct Budget: Sendable {
        package let rule: String
        /// Empty: one account for all.
        package let scope: String
        package let unit: String
        /// Nano-dollars or tokens, raises included.
        package let limit: Int64
        package let settled: Int64
        package let reserved: Int64
        /// When its window ends, Unix nanoseconds; `nil`: never.
        package let resets: Int64?
        package let onExceed: String
        /// It refuses whatever costs something: nothing is left, or the target has no price to count with.
        package let refuses: Bool

        package var left: Int64 { max(0, limit.subtractingSaturated(settled.addingSaturated(reserved))) }
    }

    /// A rate or concurrency limit.
    package struct Limit: Sendable {
        package let rule: String
        package let scope: String
        package let unit: String
        package let limit: Int64
        package let onLimit: String
    }

    /// A rule that is not about the request, and the first of its conditions that does not hold.
    package struct Aside: Sendable, Equatable {
        package let rule: String
        package let condition: String
    }

    /// A target, in the order in which they are tried.
    package struct Candidate: Sendable {
        /// `provider/model`, as `x-tollgate-target` names it.
        package let name: String
        package let provider: String
        package let model: String
        /// Its share, where shares decide.
        package let weight: Int?
        /// What the plan compares; `nil` where nothing is compared, or where it depends on a session that is not given.
        package let score: Double?
        /// The access rule that keeps it from the caller.
        package let obstacle: String?
        /// Only developers who are signed in at Anthropic get there.
        package let needsLogin: Bool
        /// The version of its price; `nil`: it has none.
        package let price: String?
        package let budgets: [Budget]
        package let limits: [Limit]
        /// Runaway rules, each with all that it says.
        package let runaways: [String]
        package let asides: [Aside]

        /// Neither access nor a budget is against it.
        package var serves: Bool { obstacle == nil && !budgets.contains(where: \.refuses) }
    }

    package let question: Question
    /// `nil`: a plain model, or none. Else how one of its targets is chosen.
    package let strategy: String?
    /// Why the first candidate is the first.
    package let reason: String?
    /// None: no model of that name is routed.
    package let candidates: [Candidate]

    /// Shares decide, and what they go by is not given: the candidates stand in the order of the file.
    package let isOpen: Bool

    /// Something would serve it.
    package var isServed: Bool { candidates.contains(where: \.serves) }

    /// What would serve it; `nil` also where that is open.
    package var chosen: Candidate? {
        let serving = candidates.filter(\.serves)
        return isOpen && serving.count > 1 ? nil : serving.first
    }
}
