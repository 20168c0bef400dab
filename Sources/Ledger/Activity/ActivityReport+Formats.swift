import Wire

extension ActivityReport {
    private static let derived: [(name: String, measure: ActivityMeasure)] = [
        ("cost_per_session_nano_usd", .sessions), ("cost_per_commit_nano_usd", .commits),
        ("cost_per_pull_request_nano_usd", .pullRequests), ("cost_per_accepted_edit_nano_usd", .editsAccepted),
    ]

    /// The rows as comma-separated values with a header (RFC 4180). What cannot be said, for want of commits say, is empty.
    package func csv() -> String {
        let header =
            columns.map(\.name) + ActivityMeasure.allCases.map(\.rawValue) + ["requests", "cost_nano_usd"]
            + Self.derived.map(\.name)
        var text = CSVText.line(header)
        for row in rows {
            let counts = ActivityMeasure.allCases.map { String(row.counts[$0]) }
            let costs = Self.derived.map { entry in row.cost(per: entry.measure).map { String($0) } ?? "" }
            let sums = [String(row.requests), String(row.costNanoUSD)]
            text += CSVText.line(row.values.map(CSVText.text) + counts + sums + costs)
        }
        return text
    }

    /// One JSON object: `since`, `until`, `rows`, `total`; what cannot be said is null.
    package func json() -> String {
        ReportJSON.text(
            since: since, until: until, columns: columns.map(\.name), rows: rows.map { ($0.values, $0) },
            total: total, Self.write)
    }

    private static func write(_ row: Row, to writer: inout JSONWriter) {
        for measure in ActivityMeasure.allCases {
            writer.key(string: measure.rawValue)
            writer.value(row.counts[measure])
        }
        writer.member("requests", row.requests)
        writer.member("cost_nano_usd", row.costNanoUSD)
        for entry in derived {
            writer.key(string: entry.name)
            if let cost = row.cost(per: entry.measure) { writer.value(cost) } else { writer.null() }
        }
    }

    /// For people: aligned columns and a total.
    package func table() -> String {
        let title =
            "Activity from \(CivilDate(unixNanoseconds: since).text) to "
            + "\(CivilDate(unixNanoseconds: max(0, until - 1)).text) (days in UTC)"
        if rows.isEmpty { return title + "\n\nNothing was recorded.\n" }
        let header = columns.map(\.name) + Self.headings
        let body = rows.map { row in row.values.map(Report.shown) + Self.cells(row) }
        let foot = columns.indices.map { $0 == 0 ? "total" : "" } + Self.cells(total)
        let text = TextColumns([header, foot] + body, leading: columns.count)
        let lines = [title, "", text.line(header), text.rule] + body.map(text.line) + [text.rule, text.line(foot)]
        return lines.joined(separator: "\n") + "\n"
    }

    private static let headings = [
        "sessions", "active", "prompts", "tools", "edits", "lines", "commits", "PRs", "cost", "client says",
        "a session",
        "a commit", "a PR", "an edit",
    ]

    private static func cells(_ row: Row) -> [String] {
        let counts = row.counts
        let edits = counts[.editsAccepted] + counts[.editsRejected]
        let per = [ActivityMeasure.sessions, .commits, .pullRequests, .editsAccepted].map { measure in
            row.cost(per: measure).map(Money.short) ?? "–"
        }
        return [
            Money.grouped(counts[.sessions]), hours(counts[.activeUser] + counts[.activeClient]),
            Money.grouped(counts[.prompts]), Money.grouped(counts[.toolCalls]),
            "\(Money.grouped(counts[.editsAccepted]))/\(Money.grouped(edits))",
            "+\(Money.grouped(counts[.linesAdded])) -\(Money.grouped(counts[.linesRemoved]))",
            Money.grouped(counts[.commits]), Money.grouped(counts[.pullRequests]), Money.short(row.costNanoUSD),
            estimate(row),
        ] + per
    }

    /// The client's estimate and how far it is off.
    private static func estimate(_ row: Row) -> String {
        let cost = row.counts[.clientCost]
        guard cost > 0 else { return "–" }
        guard let error = row.estimateError, error < 1e6 else { return Money.short(cost) }
        let percent = Int((error * 100).rounded())
        return "\(Money.short(cost)) (\(percent > 0 ? "+" : "")\(percent)%)"
    }

    private static func hours(_ milliseconds: Int64) -> String {
        let minutes = milliseconds / 60_000
        if minutes == 0 { return milliseconds == 0 ? "–" : "\(max(1, milliseconds / 1_000))s" }
        return minutes < 60 ? "\(minutes)m" : "\(minutes / 60)h \(minutes % 60)m"
    }
}
