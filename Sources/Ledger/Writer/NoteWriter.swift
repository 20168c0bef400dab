import Glibc

/// Puts what came through the inbox into the database, in groups of one transaction each. What a refused transaction
/// held is tried again; of an account only the latest state is kept meanwhile.
struct NoteWriter {
    /// The most rows of each kind in one transaction.
    static let groupSize = 1000

    private let database: Database
    private let auditTable: AuditTable
    private let budgetTables: BudgetTables
    private let activityTable: ActivityTable
    private let toolTable: ToolTable
    private let breakTable: CacheBreakTable
    private let mark: OrderMark
    private let inbox: WriterInbox

    private var audit: [AuditEntry] = []
    /// Lines of `audit` that are written.
    private var auditStart = 0
    private var accounts: [BudgetAccountRow.Key: BudgetAccountRow] = [:]
    private var alerts: [BudgetAlertRow] = []
    /// Sums that are not written yet.
    private var activity: [ActivityKey: ActivityCounts] = [:]
    private var tools: [ToolRow] = []
    private var breaks: [CacheBreakRow] = []
    /// Dropped lines that the audit itself tells of.
    private var droppedKnown = 0
    /// Audit lines written since the start.
    private(set) var auditWritten = 0

    init(_ database: Database, inbox: WriterInbox) throws(LedgerError) {
        self.database = database
        self.inbox = inbox
        auditTable = try AuditTable(database)
        budgetTables = try BudgetTables(database)
        activityTable = try ActivityTable(database)
        toolTable = try ToolTable(database)
        breakTable = try CacheBreakTable(database)
        mark = try OrderMark(database)
    }

    /// Takes over what came in; keeps the latest state of each account.
    mutating func collect() {
        let contents = inbox.take()
        for batch in contents.audit { audit += batch }
        for batch in contents.accounts { for row in batch { accounts[row.key] = row } }
        for batch in contents.alerts { alerts += batch }
        for batch in contents.activity {
            for row in batch { activity[row.key, default: ActivityCounts()].add(row.counts) }
        }
        tools += contents.tools
        breaks += contents.breaks
    }

    /// Whether a group was not enough.
    var hasMore: Bool {
        auditStart < audit.count || !accounts.isEmpty || !alerts.isEmpty || !activity.isEmpty || !tools.isEmpty
            || !breaks.isEmpty
    }

    /// Writes up to a group of each kind.
    ///
    /// - Returns: whether there was anything to write.
    mutating func write() throws(LedgerError) -> Bool {
        collect()
        let dropped = inbox.audit.dropped
        guard hasMore || dropped > droppedKnown else { return false }
        let lines = audit[auditStart...].prefix(Self.groupSize)
        let accountGroup = Array(accounts.values.prefix(Self.groupSize))
        let alertGroup = alerts.prefix(Self.groupSize), toolGroup = tools.prefix(Self.groupSize)
        let activityGroup = activity.prefix(Self.groupSize).map { ActivityRow(key: $0.key, counts: $0.value) }
        let breakGroup = breaks.prefix(Self.groupSize)
        let lost = dropped - droppedKnown
        try database.transaction { () throws(LedgerError) in
            for line in lines { try auditTable.insert(line) }
            if lost > 0 { try auditTable.insert(Self.gap(lost)) }
            for row in accountGroup { try budgetTables.upsert(row) }
            for row in alertGroup { try budgetTables.insert(row) }
            for row in activityGroup { try activityTable.add(row) }
            for row in toolGroup { try toolTable.upsert(row) }
            for row in breakGroup { try breakTable.insert(row) }
            try mark.raise(to: lines.reduce(0) { max($0, $1.order) })
        }
        droppedKnown = dropped
        auditWritten += lines.count
        inbox.wrote(auditLines: lines.count)
        inbox.wrote(toolGroup.count, to: .toolCalls)
        inbox.wrote(breakGroup.count, to: .cacheBreaks)
        let written = (lines.count, alertGroup.count, toolGroup.count, breakGroup.count)
        forget(auditLines: written.0)
        for row in accountGroup { accounts[row.key] = nil }
        for row in activityGroup { activity[row.key] = nil }
        alerts.removeFirst(written.1)
        tools.removeFirst(written.2)
        breaks.removeFirst(written.3)
        return true
    }

    private mutating func forget(auditLines count: Int) {
        auditStart += count
        if auditStart == audit.count {
            audit.removeAll(keepingCapacity: audit.count <= Self.groupSize)
            auditStart = 0
        } else if auditStart > audit.count / 2 {
            audit.removeFirst(auditStart)
            auditStart = 0
        }
    }

    /// A line for lines that are missing.
    private static func gap(_ count: Int) -> AuditEntry {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return AuditEntry(
            at: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec), actor: "tollgate", action: "lost",
            details: #"{"entries":\#(count)}"#)
    }
}
