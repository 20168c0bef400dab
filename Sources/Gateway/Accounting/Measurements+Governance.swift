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
        let admitted = admitted(book)
        for place in places.budgets {
            var series = admitted.budgets[place.rule]
            if !admission.warnings.isEmpty {
                let rule = book.rules.budgets[place.rule].id
                if admission.warnings.contains(rule) { series = decisionSeries(.budgetDecisions, rule, .warned) }
            }
            telemetry.figures.add(.budgetDecisions, 1, at: series)
        }
        for place in places.rates { telemetry.figures.add(.rateLimitDecisions, 1, at: admitted.rates[place.rule]) }
    }

    /// HOT: by the rules' places in their book, which most requests share.
    private func admitted(_ book: RuleBook) -> Measurements.AdmittedSeries {
        if let known = measurements.admitted, known.book === book { return known }
        let made = Measurements.AdmittedSeries(
            book: book, budgets: book.rules.budgets.map { decisionSeries(.budgetDecisions, $0.id, .admitted) },
            rates: book.rules.rates.map { decisionSeries(.rateLimitDecisions, $0.id, .admitted) })
        measurements.admitted = made
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
