import Gateway
import Wire

extension Explanation {
    /// For programs. Amounts are exact: dollars with nine digits behind the point, or tokens.
    var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("model", question.model)
        if let strategy { writer.member("strategy", strategy) }
        if let reason { writer.member("reason", reason) }
        if let chosen { writer.member("target", chosen.name) }
        writer.key("candidates")
        writer.beginArray()
        for candidate in candidates { candidate.write(to: &writer) }
        writer.endArray()
        writer.endObject()
        return writer.text
    }
}

extension Explanation.Candidate {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("target", name)
        writer.member("provider", provider)
        writer.member("model", model)
        if let weight { writer.member("weight", Int64(weight)) }
        if let score {
            writer.key("score")
            writer.value(score)
        }
        writer.key("serves")
        writer.value(serves)
        if let obstacle { writer.member("denied_by", obstacle) }
        if needsLogin {
            writer.key("needs_login")
            writer.value(true)
        }
        if let price { writer.member("price", price) }
        writer.key("budgets")
        writer.beginArray()
        for budget in budgets { budget.write(to: &writer) }
        writer.endArray()
        writer.key("limits")
        writer.beginArray()
        for limit in limits { limit.write(to: &writer) }
        writer.endArray()
        writer.key("runaway")
        writer.beginArray()
        for rule in runaways { writer.value(string: rule) }
        writer.endArray()
        writer.key("not_about")
        writer.beginObject()
        for aside in asides {
            writer.key(string: aside.rule)
            writer.value(string: aside.condition)
        }
        writer.endObject()
        writer.endObject()
    }
}

extension Explanation.Budget {
    fileprivate func write(to writer: inout JSONWriter) {
        let amount = { (value: Int64) in BudgetTable.exact(value, unit: unit) }
        writer.beginObject()
        writer.member("rule", rule)
        writer.member("scope", scope)
        writer.member("unit", unit)
        writer.member("limit", amount(limit))
        writer.member("settled", amount(settled))
        writer.member("reserved", amount(reserved))
        writer.member("left", amount(left))
        if let resets { writer.member("resets", RFC3339.text(resets, fraction: .none)) }
        writer.member("on_exceed", onExceed)
        writer.key("refuses")
        writer.value(refuses)
        writer.endObject()
    }
}

extension Explanation.Limit {
    fileprivate func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("rule", rule)
        writer.member("scope", scope)
        writer.member("unit", unit)
        writer.member("limit", limit)
        writer.member("on_limit", onLimit)
        writer.endObject()
    }
}
