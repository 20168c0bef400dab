import Configuration
import Governance
import HTTP
import Ledger
import Providers
import Sessions

extension LoopWorker {
    /// admit: a session that runs in circles is stopped. Throws what the developer, and the model, read of it.
    func brake(_ exchange: Exchange) throws(Refusal) {
        let book = exchange.setting.book
        guard !book.rules.runaways.isEmpty, exchange.operation == .messages, let principal = exchange.principal,
            let routed = exchange.routed, let body = exchange.body
        else { return }
        let rules = book.runaways(about: subject(exchange, principal, routed))
        if rules.isEmpty { return }
        let scan = RunawayScan(body: body.bytes)
        let tokens = TokenEstimate.input(bodyBytes: exchange.bodyBytes)
        for rule in rules {
            guard let observation = rule.observation(scan, contextTokens: tokens) else { continue }
            guard rule.onExceed == .warn else { throw .runaway(rule.id, observation) }
            exchange.budgetWarnings.append(rule.id)
        }
    }
}

extension RunawayRule {
    /// What is wrong with the session, in words; `nil`: nothing that this rule speaks of.
    fileprivate func observation(_ scan: RunawayScan, contextTokens: Int64) -> String? {
        if let sameToolCalls, scan.sameCalls >= sameToolCalls {
            return "\(scan.tool) was called \(scan.sameCalls) times in a row with the same input"
        }
        if let callsWithoutEdit, scan.callsWithoutEdit >= callsWithoutEdit, contextTokens >= self.contextTokens {
            return
                "\(scan.callsWithoutEdit) calls of tools without a change to a file, in a conversation of about \(contextTokens) tokens"
        }
        return nil
    }
}
