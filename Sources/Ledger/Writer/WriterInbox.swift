import Synchronization

/// What loops hand to the writer besides rows: audit lines, and the state of accounts and alerts.
///
/// Handing over appends to an array under a mutex that the writer holds only to exchange that array for an empty one:
/// nobody waits for the database. Lines keep their order. Beyond a bound they are dropped and counted, the newest first,
/// so that a database that refuses for long does not take the memory with it.
final class WriterInbox: Sendable {
    struct Contents: Sendable {
        var audit: [[AuditEntry]] = []
        var accounts: [[BudgetAccountRow]] = []
        var alerts: [[BudgetAlertRow]] = []
        var activity: [[ActivityRow]] = []
        var tools: [ToolRow] = []
        var breaks: [CacheBreakRow] = []
    }

    /// Tables whose rows are dropped when too many wait.
    enum Table: Int, CaseIterable {
        case toolCalls, cacheBreaks

        var name: String { self == .toolCalls ? "tool_calls" : "cache_breaks" }

        /// The most rows that wait.
        var capacity: Int { self == .toolCalls ? 50_000 : 10_000 }
    }

    private struct State {
        var contents = Contents()
        /// Audit lines here, or taken and not written yet.
        var auditLines = 0
        var dropped = 0
        /// The same of rows of tables, in the order of `WriterInbox.Table`.
        var rows = [Int](repeating: 0, count: Table.allCases.count)
        var droppedRows = [Int](repeating: 0, count: Table.allCases.count)
        var closed = false

        /// How many of so many rows there is room for; the others are counted.
        mutating func room(for count: Int, in table: Table) -> Int {
            let room = closed ? 0 : min(count, max(0, table.capacity - rows[table.rawValue]))
            rows[table.rawValue] += room
            droppedRows[table.rawValue] += count - room
            return room
        }
    }

    private let capacity: Int
    private let wake: WriterWake
    private let state = Mutex(State())
    private let filled = Atomic<Bool>(false)

    /// - Parameter capacity: the most audit lines that wait.
    init(capacity: Int, wake: WriterWake) {
        self.capacity = capacity
        self.wake = wake
    }

    func add(_ entries: [AuditEntry]) {
        add { state in
            let room = state.closed ? 0 : min(entries.count, capacity - state.auditLines)
            state.dropped += entries.count - room
            guard room > 0 else { return }
            state.auditLines += room
            state.contents.audit.append(room == entries.count ? entries : Array(entries.prefix(room)))
        }
    }

    func add(_ accounts: [BudgetAccountRow]) {
        add { state in
            if !state.closed { state.contents.accounts.append(accounts) }
        }
    }

    func add(_ alerts: [BudgetAlertRow]) {
        add { state in
            if !state.closed { state.contents.alerts.append(alerts) }
        }
    }

    func add(_ activity: [ActivityRow]) {
        add { state in
            if !state.closed { state.contents.activity.append(activity) }
        }
    }

    /// Beyond a bound they are dropped, the newest first.
    func add(_ tools: [ToolRow]) {
        add { $0.contents.tools += tools.prefix($0.room(for: tools.count, in: .toolCalls)) }
    }

    /// The same of breaks of caches.
    func add(_ breaks: [CacheBreakRow]) {
        add { $0.contents.breaks += breaks.prefix($0.room(for: breaks.count, in: .cacheBreaks)) }
    }

    /// Rows that were dropped since the start.
    func dropped(from table: Table) -> Int { state.withLock { $0.droppedRows[table.rawValue] } }

    private func add(_ change: (inout State) -> Void) {
        state.withLock { change(&$0) }
        filled.store(true, ordering: .releasing)
        wake.afterPush()
    }

    /// Whether something came since the last `take`. Writer only.
    var isFilled: Bool { filled.load(ordering: .acquiring) }

    /// Everything that came since the last time. Writer only.
    func take() -> Contents {
        guard filled.exchange(false, ordering: .acquiringAndReleasing) else { return Contents() }
        return state.withLock { state in
            defer { state.contents = Contents() }
            return state.contents
        }
    }

    /// So many of the audit lines taken are in the database: others may come. Writer only.
    func wrote(auditLines: Int) {
        state.withLock { $0.auditLines -= auditLines }
    }

    /// The same of rows. Writer only.
    func wrote(_ count: Int, to table: Table) {
        if count > 0 { state.withLock { $0.rows[table.rawValue] -= count } }
    }

    /// Takes nothing more in.
    func close() {
        state.withLock { $0.closed = true }
    }

    /// Audit lines that wait, and those that were dropped since the start.
    var audit: (waiting: Int, dropped: Int) {
        state.withLock { ($0.auditLines, $0.dropped) }
    }
}
