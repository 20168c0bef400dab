import Configuration
import Ledger
import Transport
import Wire

/// `tollgate sessions`: who runs what, and what it costs.
enum SessionsCommand {
    static func run(_ arguments: ArraySlice<String>) throws -> Int32 {
        let arguments = try Arguments(arguments, options: ["config", "since"], switches: ["all", "json"])
        try arguments.expectPositionals(0, "no further words")
        let snapshot = try Snapshot.load(path: arguments.required("config"), needsSecrets: false)
        let directory = try DataDirectory(ofLedgerIn: snapshot.dataPath), now = wallClockNanoseconds()
        _ = try Ledger.recoverIfUnattended(directory)
        let sessions = try SessionStore(directory).sessions(
            since: since(arguments, now: now), now: now, limit: mostSessions
        ).sorted { ($0.isActive(at: now) ? 0 : 1, -$0.lastAt) < ($1.isActive(at: now) ? 0 : 1, -$1.lastAt) }
        if arguments.has("json") {
            Console.print(json(sessions, at: now))
        } else if sessions.isEmpty {
            Console.print("No session \(arguments.has("all") ? "yet" : "in that time; --all shows every one").")
        } else {
            Console.print(table(sessions, at: now, width: SessionText.width))
        }
        return 0
    }

    private static let mostSessions = 10_000

    private static func since(_ arguments: Arguments, now: Int64) throws -> Int64? {
        if arguments.has("all") {
            try arguments.expectAbsent(["since"])
            return nil
        }
        return try ReportTime.since(arguments.one("since") ?? "1h", now: now)
    }

    // MARK: Table

    private static func table(_ sessions: [SessionRow], at now: Int64, width: Int) -> String {
        let isWide = width >= 110
        var rows = [
            ["", "session", "user"] + (isWide ? ["project"] : []) + ["model"] + (isWide ? ["started"] : [])
                + ["last", "calls", "context", "cost", "per min"]
        ]
        for session in sessions {
            let model = session.contextModel.isEmpty ? session.models.last ?? "" : session.contextModel
            var row = [session.isActive(at: now) ? "●" : "○", String(session.id.prefix(8)), session.user]
            if isWide { row.append(session.project) }
            row.append(model)
            if isWide { row.append(SessionText.moment(session.startedAt)) }
            row.append(SessionText.duration(now - session.lastAt))
            row.append("\(session.sums.requests)")
            row.append(session.contextTokens == 0 ? "" : SessionText.tokens(session.contextTokens))
            row.append(SessionText.money(session.sums.costNanoUSD))
            row.append(session.recentNanoUSD == 0 ? "" : SessionText.money(session.perMinute(at: now)))
            rows.append(row.map(SessionText.shown))
        }
        let active = sessions.count { $0.isActive(at: now) }
        let burn = sessions.reduce(0) { $0 + $1.perMinute(at: now) }
        return TextTable.render(rows).split(separator: "\n").map { SessionText.fitted(String($0), width) }
            .joined(separator: "\n")
            + "\n\n\(sessions.count) sessions, \(active) active, \(SessionText.money(burn)) per minute"
    }

    private static func json(_ sessions: [SessionRow], at now: Int64) -> String {
        var writer = JSONWriter()
        writer.beginArray()
        for session in sessions {
            writer.beginObject()
            session.writeMembers(to: &writer)
            writer.key("is_active")
            writer.value(session.isActive(at: now))
            writer.member("nano_usd_per_minute", session.perMinute(at: now))
            writer.endObject()
        }
        writer.endArray()
        return writer.text
    }
}

extension SessionRow {
    /// Something of it ended in the last five minutes.
    fileprivate func isActive(at now: Int64) -> Bool { now - lastAt < SessionStore.recentTime }

    /// Over the last five minutes, or since it began.
    fileprivate func perMinute(at now: Int64) -> Int64 {
        let time = min(SessionStore.recentTime, max(60_000_000_000, now - startedAt))
        return Int64(Int128(recentNanoUSD) * 60_000_000_000 / Int128(time))
    }
}
