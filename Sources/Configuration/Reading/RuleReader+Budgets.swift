extension RuleReader {
    private static let units: [(name: String, measure: SpendMeasure, window: BudgetWindow)] =
        SpendMeasure.allCases.flatMap { measure in
            BudgetWindow.allCases.map { window in
                var rule = BudgetRule(id: "", limit: 1)
                rule.measure = measure
                rule.window = window
                return (rule.unit, measure, window)
            }
        }

    func readBudget(_ section: inout Section, _ id: String) -> BudgetRule? {
        var rule = BudgetRule(id: id, limit: 0)
        rule.when = readMatch(&section)
        rule.appliesPer = readScope(&section, "budget_applies_per")
        rule.onExceed = readOnExceed(&section)
        rule.alerts = readAlerts(&section)
        let unit = readUnit(&section)
        let isCost = unit?.measure != .tokens
        let limit = section.required("limit_to", "10")
        let reserve = section.text("unpriced_reserve"), overshoot = section.text("max_overshoot")
        guard let unit else {
            noteNoNumber(limit, section.pathOf("limit_to"))
            noteNoNumber(reserve, section.pathOf("unpriced_reserve"))
            noteNoNumber(overshoot, section.pathOf("max_overshoot"))
            return nil
        }
        rule.measure = unit.measure
        rule.window = unit.window
        if isCost {
            rule.unpricedReserve = reserve.flatMap { amount($0, section.pathOf("unpriced_reserve"), .cost) }
        } else {
            section.refuse(["unpriced_reserve"], "has no effect: tokens have no price")
        }
        if rule.onExceed == .warn {
            section.refuse(["max_overshoot"], "has no effect: the rule does not hold anything back")
        } else {
            rule.maximumOvershoot = overshoot.flatMap {
                amount($0, section.pathOf("max_overshoot"), unit.measure, least: 0)
            }
        }
        guard let limit, let value = amount(limit, section.pathOf("limit_to"), unit.measure) else { return nil }
        return BudgetRule(rule, limit: value)
    }

    private func readUnit(_ section: inout Section) -> (name: String, measure: SpendMeasure, window: BudgetWindow)? {
        guard let unit = section.required("unit", "cost_per_day") else { return nil }
        if let known = Self.units.first(where: { $0.name == unit.text }) { return known }
        noteUnit(unit, section.pathOf("unit"), Self.units.map(\.name))
        return nil
    }

    /// The most that a budget can be: a billion dollars, or ten to the fifteenth tokens.
    private static func most(_ measure: SpendMeasure) -> Int64 {
        measure == .cost ? 1_000_000_000_000_000_000 : 1_000_000_000_000_000
    }

    /// Nano-dollars, or tokens.
    private func amount(_ value: SettingText, _ path: String, _ measure: SpendMeasure, least: Int64 = 1) -> Int64? {
        let amount = measure == .cost ? NumberText.dollars(value.text) : NumberText.count(value.text)
        if let amount, (least...Self.most(measure)).contains(amount) { return amount }
        let range = least == 0 ? "from 0" : "above 0 and"
        let expected =
            measure == .cost
            ? "an amount of dollars \(range) up to 1000000000, with at most 9 digits behind the point, such as 50 or 0.25"
            : "a number of tokens \(range) up to 10^15, such as 250000, 500k or 2M"
        reader.note(value.mark, path, "\(value.shown) is not \(expected)")
        return nil
    }

    /// What is wrong with an amount in whatever unit, so that it is told together with the unit's fault.
    private func noteNoNumber(_ value: SettingText?, _ path: String) {
        guard let value, NumberText.dollars(value.text) == nil, NumberText.count(value.text) == nil else { return }
        reader.note(value.mark, path, "\(value.shown) is not a number, such as 50, 0.25 or 500k")
    }

    /// `on_exceed`, or TrueFoundry's `audit_mode`.
    private func readOnExceed(_ section: inout Section) -> OnExceed {
        let mode = section.choice("on_exceed", default: OnExceed.block)
        if section.has("on_exceed") {
            section.refuse(["audit_mode"], "has no effect beside on_exceed; leave one of the two out")
            return mode
        }
        return section.truth("audit_mode") == true ? .warn : .block
    }

    private func readAlerts(_ section: inout Section) -> AlertSetting {
        var alerts = AlertSetting()
        guard var group = section.section("alerts") else { return alerts }
        defer { group.finish() }
        if group.has("thresholds") { alerts.thresholds = readThresholds(&group) }
        alerts.headers = base.readHeaders(&group)
        base.refuseOwnHeaders(&group)
        guard group.has("webhook") else {
            group.refuse(["headers"], "has no effect: there is no webhook")
            return alerts
        }
        guard let webhook = group.text("webhook", isSecret: true) else { return alerts }
        guard let url = EndpointURL(webhook.text) else {
            base.noteEndpoint(webhook, group.pathOf("webhook"))
            return alerts
        }
        if !url.base.isEncrypted, !url.base.isThisMachine {
            reader.warn(webhook.mark, group.pathOf("webhook"), "alerts go to \(url.base.authority) in the clear")
        }
        alerts.webhook = url.base
        alerts.path = url.path
        return alerts
    }

    private func readThresholds(_ group: inout Section) -> [Int] {
        var thresholds: [Int] = []
        for value in group.strings("thresholds") {
            let path = group.pathOf("thresholds")
            guard let percent = Int(value.text), (1...100).contains(percent) else {
                reader.note(value.mark, path, "\(value.shown) is not a whole percentage from 1 to 100")
                continue
            }
            if let last = thresholds.last, percent <= last {
                reader.note(value.mark, path, "\(value.shown) is not above \(last), which stands before it")
            }
            thresholds.append(percent)
        }
        return thresholds
    }
}

extension BudgetRule {
    /// The same with a limit.
    fileprivate init(_ rule: BudgetRule, limit: Int64) {
        self = rule
        self.limit = limit
    }
}
