import Configuration
import Governance
import Ledger
import Telemetry
import Wire

// How governance's values look in the ledger and in telemetry.

extension LimitRaise {
    init(_ raise: BudgetRaise) {
        self.init(
            rule: raise.rule, scope: raise.scope, amount: raise.amount, from: raise.from,
            until: min(raise.until, raise.revokedAt ?? .max))
    }
}

extension HistoryDetail {
    /// What the rules of a book need to know of the past.
    init(_ book: RuleBook) {
        self = []
        if book.needsMetadata { insert(.metadata) }
        if book.needsSession { insert(.session) }
    }
}

extension RuleSubject {
    init(_ row: SpendDimensions) {
        let principal = Principal(
            user: row.user, team: row.team, keyID: row.keyID, metadata: [:],
            groups: RuleBook.groups(ofText: row.groups), virtualAccount: row.virtualAccount)
        self.init(
            principal: principal, metadata: Metadata(json: row.metadata),
            target: TargetNames(requested: row.modelRequested, provider: row.provider, model: row.model),
            session: row.sessionID)
    }
}

extension Metadata {
    /// Tags as a row has them.
    convenience init(json: String) { self.init(tags: Self.members(json)) }

    /// Of a JSON object of strings; anything else has none.
    static func tags(json: String) -> [String: String] {
        Dictionary(members(json).map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
    }

    private static func members(_ json: String) -> [(name: String, value: String)] {
        ((try? JSONValue(parsing: json))?.object?.members ?? []).compactMap { member in
            member.value.string.map { (member.key, $0) }
        }
    }
}

extension BudgetAccountID {
    var row: BudgetAccountRow.Key {
        BudgetAccountRow.Key(rule: rule, scope: scope, windowStart: windowStart)
    }
}

extension BudgetAccountRow {
    init(_ status: BudgetStatus, at now: Int64) {
        let end = status.id.windowEnd
        self.init(
            key: status.id.row, windowEnd: end == .max ? nil : end, unit: status.id.unit, limit: status.limit,
            updatedAt: now)
        settled = status.settled
        reserved = status.reserved
        exposure = status.exposure
    }
}

extension BudgetAlert {
    init(_ crossing: ThresholdCrossing) {
        let status = crossing.status
        self.init(
            rule: status.id.rule, scope: status.id.scope, threshold: crossing.threshold, unit: status.id.unit,
            isMoney: crossing.rule.measure == .cost, limit: status.limit, settled: status.settled,
            windowStart: status.id.windowStart, windowEnd: status.id.windowEnd == .max ? nil : status.id.windowEnd,
            at: crossing.at)
    }
}

/// The `details` of audit lines.
enum AuditDetails {
    /// A JSON object of what is not empty.
    static func json(_ texts: [(String, String)]) -> String {
        var writer = JSONWriter()
        writer.beginObject()
        for (name, value) in texts where !value.isEmpty {
            writer.key(string: name)
            writer.value(string: value)
        }
        writer.endObject()
        return writer.text
    }
}

extension AuditEntry {
    /// Something was admitted and not dispatched.
    init(release admission: Admission, sequence: Int64) {
        self.init(
            at: admission.at, actor: "tollgate", action: "release",
            details: AuditDetails.json([
                ("released", "\(sequence)"), ("holds", String(decoding: admission.record, as: UTF8.self)),
            ]), order: admission.sequence)
    }
}

extension TelemetryEvent {
    /// A change that a command made, from its line in the audit.
    static func change(_ entry: AuditEntry) -> TelemetryEvent {
        let room =
            switch entry.action {
            case "raise", "revoke_raise": "budget"
            case "recompute", "recompute_end", "prune", "prune_end": "report"
            default: "key"
            }
        return .audit(
            action: "\(room).\(entry.action)", actor: entry.actor, subject: entry.subject,
            details: entry.details == "{}" ? "" : entry.details, at: entry.at)
    }
}
