import Glibc

@testable import Ledger

/// 2026-11-21T00:00:00Z in Unix nanoseconds.
let midnight: Int64 = 1_795_219_200_000_000_000
let second: Int64 = 1_000_000_000
let day: Int64 = 86_400 * second

func sampleFacts(id: RequestID, user: String = "alice", team: String = "platform") -> RequestFacts {
    var facts = RequestFacts(id: id, startedAt: id.unixMilliseconds * 1_000_000)
    facts.streamed = true
    facts.bytesIn = 2048
    facts.traceHigh = 0x0102_0304_0506_0708
    facts.traceLow = 0x1112_1314_1516_1718
    facts.spanID = 0x2122_2324_2526_2728
    facts.estimate = UsageEstimate(usage: UsageCounts(input: 500, output: 50), costNanoUSD: 9_000)
    facts.user = .string(user)
    facts.team = .string(team)
    facts.keyID = "key_1"
    facts.sessionID = "0d5c4e1e-7d0f-4b2f-9c46-3f6f0f5c8d11"
    facts.project = "tollgate"
    facts.metadata = #"{"env":"ci","ticket":"T-1"}"#
    facts.modelRequested = "claude-sonnet-4-5"
    facts.clientVersion = "2.1.0"
    facts.entrypoint = "cli"
    return facts
}

func sampleAttempt(at time: Int64, provider: String = "anthropic-main") -> AttemptFacts {
    var facts = AttemptFacts(startedAt: time)
    facts.spanID = 7
    facts.provider = .string(provider)
    facts.providerKind = "anthropic"
    facts.model = "claude-sonnet-4-5-20250929"
    facts.priceVersion = "2026-11-01"
    return facts
}

let sampleUsage = UsageCounts(
    input: 10, output: 200, cacheWrite5m: 30, cacheWrite1h: 4, cacheRead: 1000, webSearchRequests: 2,
    webFetchRequests: 1)

func sampleAttemptOutcome(_ outcome: Outcome = .ok) -> AttemptOutcome {
    var result = AttemptOutcome(outcome: outcome, status: 200, duration: 2 * second, timeToFirstByte: second / 2)
    result.usage = sampleUsage
    result.costNanoUSD = 1_234_567
    result.upstreamRequestID = "req_upstream"
    result.reusedConnection = true
    return result
}

func sampleOutcome(_ outcome: Outcome = .ok) -> RequestOutcome {
    var result = RequestOutcome(outcome: outcome, status: 200, duration: 3 * second, timeToFirstByte: second)
    result.bytesOut = 4096
    result.usage = sampleUsage
    result.costNanoUSD = 1_234_567
    result.stopReason = "end_turn"
    result.upstreamRequestID = "req_upstream"
    result.rawUsage = #"{"input_tokens":10}"#
    return result
}

/// A slot for the facts; expected to be had.
func opened(_ journal: Journal, _ facts: RequestFacts) throws -> JournalSlot {
    guard let slot = journal.open(facts) else { throw LedgerError.invalidQuery("the journal is full") }
    return slot
}

/// Begins an attempt; expected to be possible.
func begin(_ slot: borrowing JournalSlot, _ facts: AttemptFacts) throws {
    guard slot.beginAttempt(facts) else { throw LedgerError.invalidQuery("no attempt is left") }
}

/// One whole request through a journal.
@discardableResult
func serve(_ journal: Journal, id: RequestID, user: String = "alice", outcome: Outcome = .ok) -> Bool {
    guard let slot = journal.open(sampleFacts(id: id, user: user)) else { return false }
    guard slot.beginAttempt(sampleAttempt(at: id.unixMilliseconds * 1_000_000)) else { return false }
    slot.closeAttempt(sampleAttemptOutcome(outcome))
    slot.close(sampleOutcome(outcome))
    return true
}

extension DataDirectory {
    /// The first loop's, for two requests at a time.
    func smallJournal() throws -> Journal {
        try Journal(path: journalPath(loop: 0), capacity: 2, initial: 2, wake: WriterWake())
    }

    /// One value of the database, as text.
    func value(_ sql: String) throws -> String {
        guard let database = try openDatabaseReadOnly(ofAnyVersion: true) else { return "no database" }
        let statement = try database.prepare(sql)
        return try statement.step() ? statement.text(0) : "no row"
    }

    /// The columns of a table's first row, with bars between.
    func row(_ columns: String, of table: String) throws -> String {
        guard let database = try openDatabaseReadOnly(ofAnyVersion: true) else { return "no database" }
        let statement = try database.prepare("SELECT \(columns) FROM \(table)")
        guard try statement.step() else { return "no row" }
        return (0..<statement.columnCount).map { statement.text($0) }.joined(separator: "|")
    }

    /// All rows of a table, in an order.
    func contents(of table: String, _ columns: [String]) throws -> String {
        let row = columns.map { "quote(\($0))" }.joined(separator: " || ',' || ")
        return try value("SELECT group_concat(r, ';') FROM (SELECT \(row) AS r FROM \(table) ORDER BY 1)")
    }

    /// Copies the files as they are at this moment: what a kill would leave.
    func copy(to other: DataDirectory) throws {
        guard let directory = opendir(path) else { throw LedgerError.file(operation: "list", path: path, code: errno) }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            // The shared memory of SQLite's log is rebuilt by the next process.
            if name == "." || name == ".." || name == "lock" || name.hasSuffix("-shm") { continue }
            try copyFile(path + "/" + name, other.path + "/" + name)
        }
    }
}

func copyFile(_ source: String, _ target: String) throws {
    let input = open(source, O_RDONLY)
    let output = open(target, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    defer {
        close(input)
        close(output)
    }
    var buffer: [UInt8] = Array(repeating: 0, count: 1 << 20)
    while true {
        let count = read(input, &buffer, buffer.count)
        if count == 0 { return }
        guard count > 0, write(output, buffer, count) == count else {
            throw LedgerError.file(operation: "copy", path: source, code: errno)
        }
    }
}
