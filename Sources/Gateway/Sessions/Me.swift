import Configuration
import Governance
import HTTP
import Ledger
import Providers
import Transport
import Wire

extension LoopWorker {
    /// `GET /v1/me`: what the caller spends: this session, today, what is left of budgets, and what the next turn will cost. With
    /// `format=line` as one line for a status line.
    func answerMe(_ exchange: Exchange) async {
        guard let principal = exchange.principal else { return }
        let channel = exchange.channel, book = exchange.setting.book
        let query = MeQuery(String(decoding: channel.headBytes(channel.head.query), as: UTF8.self))
        let session = query.session.isEmpty ? String(decoding: exchange.session, as: UTF8.self) : query.session
        let now = wallClockNanoseconds()
        let standing = await standings.standing(
            session: session, user: principal.user, day: CivilDate(unixNanoseconds: now).text)
        let places = book.standingPlaces(of: principal, exchange.metadata)
        let statuses = places.isEmpty ? [] : await governor.statuses(at: places, of: book)
        var report = MeReport(user: principal.user, team: principal.team, session: session, standing: standing)
        report.budgets = zip(places, statuses).map { (book.budget(at: $0), $1) }
        report.budgetsAreInUTC = book.rules.zone == .utc
        if let row = standing.session {
            report.price = exchange.setting.snapshot.prices.price(of: row.contextModel, at: now)
        }
        if query.isLine {
            answer(exchange, 200, "text/plain; charset=utf-8", Array("\(report.line)\n".utf8))
        } else {
            answer(exchange, 200, "application/json", Array(report.json.utf8))
        }
    }
}

/// What `/v1/me` is asked.
struct MeQuery {
    private(set) var session = ""
    private(set) var isLine = false

    init(_ text: String) {
        for part in text.split(separator: "&") {
            if part.hasPrefix("session=") { session = String(part.dropFirst(8).prefix(JournalLimits.sessionBytes)) }
            if part == "format=line" { isLine = true }
        }
    }
}

/// The answer of `/v1/me`. Money in nano-dollars.
struct MeReport {
    let user: String
    let team: String
    let session: String
    let standing: Standing
    var budgets: [(rule: BudgetRule, status: BudgetStatus)] = []
    /// Their days are those of `today`.
    var budgetsAreInUTC = true
    /// Of the main conversation's model; `nil`: unpriced, or there is no conversation.
    var price: Price?

    /// The input of the next turn, read from the cache or all anew, and an answer as long as they were so far.
    var nextTurn: (cached: Int64, uncached: Int64)? {
        guard let row = standing.session, let price, row.contextTokens > 0 else { return nil }
        let output = row.sums.usage.output / max(1, row.sums.requests)
        var cached = TokenUsage(), uncached = TokenUsage()
        cached.cacheRead = row.contextTokens
        uncached.cacheWrite5m = row.contextTokens
        cached.output = output
        uncached.output = output
        return (Cost.of(cached, at: price).value, Cost.of(uncached, at: price).value)
    }

    // MARK: Line

    /// `session $1.23 · today $4.56 · left $5.44 of today · next $0.04–$0.31`; `today (UTC)` where a budget's today is another.
    var line: String {
        var parts: [String] = []
        if let row = standing.session { parts.append("session \(Self.money(row.sums.costNanoUSD))") }
        parts.append("today\(budgetsAreInUTC ? "" : " (UTC)") \(Self.money(standing.todayNanoUSD))")
        if let tightest {
            parts.append("left \(Self.money(Self.left(tightest.status))) of \(Self.name(tightest.rule))")
        }
        if let next = nextTurn { parts.append("next \(Self.money(next.cached))–\(Self.money(next.uncached))") }
        return parts.joined(separator: " · ")
    }

    /// The budget with the least left.
    private var tightest: (rule: BudgetRule, status: BudgetStatus)? {
        budgets.filter { $0.rule.measure == .cost }.min { Self.left($0.status) < Self.left($1.status) }
    }

    private static func left(_ status: BudgetStatus) -> Int64 {
        max(0, status.limit.subtractingReportingOverflow(status.settled).partialValue)
    }

    private static func name(_ rule: BudgetRule) -> String {
        switch rule.window {
        case .day: "today"
        case .week: "this week"
        case .month: "this month"
        default: rule.id
        }
    }

    private static func money(_ nanos: Int64) -> String {
        let cents = nanos / 10_000_000 + (nanos % 10_000_000 >= 5_000_000 ? 1 : 0)
        return "$\(cents / 100).\(cents % 100 < 10 ? "0" : "")\(cents % 100)"
    }

    // MARK: JSON

    var json: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.member("user", user)
        writer.member("team", team)
        writer.key("session")
        writeSession(to: &writer)
        writer.key("today")
        writer.beginObject()
        writer.member("cost_nano_usd", standing.todayNanoUSD)
        writer.member("requests", standing.todayRequests)
        writer.endObject()
        writer.key("budgets")
        writer.beginArray()
        for (rule, status) in budgets { Self.write(rule, status, to: &writer) }
        writer.endArray()
        writer.key("next_turn")
        if let next = nextTurn {
            writer.beginObject()
            writer.member("cached_nano_usd", next.cached)
            writer.member("uncached_nano_usd", next.uncached)
            writer.endObject()
        } else {
            writer.null()
        }
        writer.endObject()
        return writer.text
    }

    private func writeSession(to writer: inout JSONWriter) {
        guard let row = standing.session else { return writer.null() }
        writer.beginObject()
        writer.member("id", row.id)
        writer.member("cost_nano_usd", row.sums.costNanoUSD)
        writer.member("requests", row.sums.requests)
        writer.member("context_tokens", row.contextTokens)
        writer.member("model", row.contextModel)
        writer.endObject()
    }

    private static func write(_ rule: BudgetRule, _ status: BudgetStatus, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.member("id", rule.id)
        writer.member("unit", rule.measure == .cost ? "nano_usd" : "tokens")
        writer.member("limit", status.limit)
        writer.member("settled", status.settled)
        writer.member("reserved", status.reserved)
        writer.member("left", left(status))
        if rule.window != .total {
            writer.member("resets_at", RFC3339.text(status.id.windowEnd, fraction: .none))
        }
        writer.endObject()
    }
}
