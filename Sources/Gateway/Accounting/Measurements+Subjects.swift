import Configuration
import Governance
import Providers
import Telemetry

extension Measurements {
    /// Requests, by who asked.
    struct ShareKey: Hashable {
        let principal: ObjectIdentifier?
        let metadata: ObjectIdentifier
        let route: UnsafePointer<UInt8>
        let status: Int
    }
    struct ShareEntry {
        let principal: Principal?
        let metadata: Metadata
        let requests: Int
    }
    /// Tokens and money, by who asked and which model.
    struct SpendingKey: Hashable {
        let principal: ObjectIdentifier?
        let metadata: ObjectIdentifier
        let route: ObjectIdentifier
        let isAnswered: Bool
    }
    struct SpendingEntry {
        let principal: Principal?
        let metadata: Metadata
        let route: KnownRoutes.Route
        let input: Int
        let output: Int
        let cacheRead: Int
        let cacheWrite5m: Int
        let cacheWrite1h: Int
        let cost: Int
        let saved: Int
        let surcharge: Int
    }
}

/// What is told apart by who asked, as far as `telemetry.metrics.labels` allows.
extension LoopWorker {
    func count(_ exchange: Exchange) {
        let key = Measurements.ShareKey(
            principal: exchange.principal.map(ObjectIdentifier.init), metadata: ObjectIdentifier(exchange.metadata),
            route: exchange.route.utf8Start, status: exchange.statusForRecords)
        let index: Int
        if let known = measurements.shares[key] {
            index = known.requests
        } else {
            let labels = Labels().adding("http.route", "\(exchange.route)")
                .adding("http.response.status_code", exchange.statusForRecords).adding(subject(exchange))
            index = telemetry.figures.index(.requests, labels)
            measurements.shares.keep(
                Measurements.ShareEntry(
                    principal: exchange.principal, metadata: exchange.metadata, requests: index),
                for: key, atMost: Measurements.capacity)
        }
        telemetry.figures.add(.requests, 1, at: index)
        // Who left before the answer was not refused.
        if let refusal = exchange.refusal, refusal.status != 499 {
            telemetry.figures.add(.refusals, 1, at: refusalSeries(refusal.type))
        }
    }

    private func refusalSeries(_ type: StaticString) -> Int {
        if let known = measurements.refusals[type.utf8Start] { return known }
        let index = telemetry.figures.index(.refusals, Labels().adding("error.type", "\(type)"))
        measurements.refusals[type.utf8Start] = index
        return index
    }

    func spend(_ attempt: Attempt, _ exchange: Exchange, _ account: UpstreamAccount) {
        let bill = attempt.bill
        guard !bill.usage.isZero || bill.cost.value != 0 else { return }
        let series = spending(attempt, exchange, account), usage = bill.usage
        telemetry.figures.add(.tokens, usage.input, at: series.input)
        telemetry.figures.add(.tokens, usage.output, at: series.output)
        telemetry.figures.add(.cost, bill.cost.value, at: series.cost)
        guard usage.cacheRead + usage.cacheWrite5m + usage.cacheWrite1h > 0 else { return }
        telemetry.figures.add(.tokens, usage.cacheRead, at: series.cacheRead)
        telemetry.figures.add(.tokens, usage.cacheWrite5m, at: series.cacheWrite5m)
        telemetry.figures.add(.tokens, usage.cacheWrite1h, at: series.cacheWrite1h)
        guard let price = attempt.routed.price, price.knows(usage.serviceTier) else { return }
        let effect = Cost.cacheEffect(of: usage, at: price)
        telemetry.figures.add(.cacheSaved, effect.saved.value, at: series.saved)
        telemetry.figures.add(.cacheSurcharge, effect.surcharge.value, at: series.surcharge)
    }

    private func spending(
        _ attempt: Attempt, _ exchange: Exchange, _ account: UpstreamAccount
    ) -> Measurements.SpendingEntry {
        let route = attempt.routed.route
        let key = Measurements.SpendingKey(
            principal: exchange.principal.map(ObjectIdentifier.init), metadata: ObjectIdentifier(exchange.metadata),
            route: ObjectIdentifier(route), isAnswered: attempt.status == 200)
        if let known = measurements.spending[key] { return known }
        let model = Labels().adding("tollgate.provider", account.name)
            .adding("gen_ai.request.model", Measurements.label(attempt))
        let subject = subject(exchange), whole = model.adding(subject)
        func tokens(_ kind: String) -> Int {
            telemetry.figures.index(.tokens, model.adding("tollgate.token.class", kind).adding(subject))
        }
        let made = Measurements.SpendingEntry(
            principal: exchange.principal, metadata: exchange.metadata, route: route,
            input: tokens("input"), output: tokens("output"), cacheRead: tokens("cache_read"),
            cacheWrite5m: tokens("cache_write_5m"), cacheWrite1h: tokens("cache_write_1h"),
            cost: telemetry.figures.index(.cost, whole), saved: telemetry.figures.index(.cacheSaved, whole),
            surcharge: telemetry.figures.index(.cacheSurcharge, whole))
        measurements.spending.keep(made, for: key, atMost: Measurements.capacity)
        return made
    }

    private func subject(_ exchange: Exchange) -> Labels {
        var labels = Labels()
        for label in exchange.setting.snapshot.telemetry.metrics.labels {
            let principal = exchange.principal
            labels =
                switch label {
                case .team: labels.adding("tollgate.team", principal?.team ?? "")
                case .user: labels.adding("user.id", principal?.user ?? "")
                case .project: labels.adding("tollgate.project", exchange.metadata.project ?? "")
                case .key: labels.adding("tollgate.key.id", principal?.keyID ?? "")
                case .virtualAccount: labels.adding("tollgate.virtual_account", principal?.virtualAccount ?? "")
                case .tag(let name):
                    labels.adding("tollgate.metadata.\(name)", exchange.metadata.value(of: name) ?? "")
                }
        }
        return labels
    }
}
