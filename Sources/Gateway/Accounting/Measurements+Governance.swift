import Configuration
import Governance
import Telemetry
import Transport
import Upstream
import Wire

/// What rules decided, and what became of targets.
extension LoopWorker {
    /// Every rule that was about an admitted request has decided.
    func count(_ admission: Admission, _ places: RuleBook.Places, _ book: RuleBook) {
        if measurements.admitted?.book !== book { measurements.admitted = Measurements.AdmittedSeries(book) }
        let budgets = book.rules.budgets, rates = book.rules.rates
        for place in places.budgets {
            let isWarned = !admission.warnings.isEmpty && admission.warnings.contains(budgets[place.rule].id)
            let series =
                isWarned
                ? decisionSeries(.budgetDecisions, budgets[place.rule].id, .warned)
                : admittedSeries(.budgetDecisions, place.rule, budgets[place.rule].id)
            telemetry.figures.add(.budgetDecisions, 1, at: series)
        }
        for place in places.rates {
            let series = admittedSeries(.rateLimitDecisions, budgets.count + place.rule, rates[place.rule].id)
            telemetry.figures.add(.rateLimitDecisions, 1, at: series)
        }
    }

    /// HOT: by the place of the rule, so that its name need not be looked for.
    private func admittedSeries(_ instrument: Instrument, _ place: Int, _ rule: @autoclosure () -> String) -> Int {
        if let known = measurements.admitted?.series[place], known >= 0 { return known }
        let made = decisionSeries(instrument, rule(), .admitted)
        measurements.admitted?.series[place] = made
        return made
    }

    /// Waiting in a queue included.
    func countAdmission(nanoseconds: Int64) {
        let index = measurements.admission ?? telemetry.figures.index(.admissionDuration, Labels())
        measurements.admission = index
        telemetry.figures.record(.admissionDuration, Double(nanoseconds) / 1e9, at: index)
    }

    /// One more waits for a rule, or one less.
    func countWaiting(_ change: Int64, _ rule: String) {
        telemetry.figures.add(.rateLimitQueue, change, .rule(rule))
        guard change > 0 else { return }
        telemetry.figures.add(.rateLimitDecisions, 1, at: decisionSeries(.rateLimitDecisions, rule, .queued))
    }

    func count(_ refusal: AdmissionRefusal) {
        let instrument: Instrument = if case .rate = refusal.reason { .rateLimitDecisions } else { .budgetDecisions }
        telemetry.figures.add(instrument, 1, at: decisionSeries(instrument, refusal.ruleID, .refused))
    }

    private func decisionSeries(_ instrument: Instrument, _ rule: String, _ decision: Labels.Decision) -> Int {
        let key = Measurements.DecisionKey(instrument: instrument, rule: rule, decision: decision)
        if let known = measurements.decisions[key] { return known }
        let index = telemetry.figures.index(instrument, .decision(rule: rule, decision))
        measurements.decisions[key] = index
        return index
    }

    // MARK: Virtual models

    func measure(_ way: RouteWay) {
        for fallback in way.fallbacks {
            telemetry.figures.add(
                .routeFallbacks, 1,
                .fallback(model: way.model.name, target: fallback.from, reason: "\(fallback.reason)"))
        }
        if way.retries > 0 {
            telemetry.figures.add(
                .retries, Int64(way.retries), Labels().adding("tollgate.route.model", way.model.name))
        }
    }

    func watchTargets() {
        board.changed = { [unowned self] target, transition in
            telemetry.figures.add(
                .breakerTransitions, 1, .breaker(target: target.name, to: "\(transition.name)"))
            telemetry.log.write(.warning, "a target's breaker changed") { line in
                line.member("target", target.name)
                line.member("state", "\(transition.name)")
            }
        }
        // Each loop knows all of them; one of them counts.
        guard loop.index == 0 else { return }
        board.turned = { [unowned self] target, isOpen in
            telemetry.figures.set(.breakerState, isOpen ? 2 : 0, .breaker(target: target.name))
        }
    }
}
