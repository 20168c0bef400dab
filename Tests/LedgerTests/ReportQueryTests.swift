import Testing
import Wire

@testable import Ledger

@Suite("The arguments of a report")
struct ReportQueryTests {
    private let now = midnight + 13 * 3600 * second

    @Test(
        "Times in all their forms",
        arguments: [
            ("2026-11-01", "2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"),
            ("today", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"),
            ("yesterday", "2026-11-20T00:00:00Z", "2026-11-21T00:00:00Z"),
            ("2026-11-01T08:00:00+01:00", "2026-11-01T07:00:00Z", "2026-11-01T07:00:00Z"),
            ("7d", "2026-11-14T13:00:00Z", "2026-11-14T13:00:00Z"),
            ("2w", "2026-11-07T13:00:00Z", "2026-11-07T13:00:00Z"),
            ("90m", "2026-11-21T11:30:00Z", "2026-11-21T11:30:00Z"),
            ("0h", "2026-11-21T13:00:00Z", "2026-11-21T13:00:00Z"),
            ("1h30m", "2026-11-21T11:30:00Z", "2026-11-21T11:30:00Z"),
            ("90s", "2026-11-21T12:58:30Z", "2026-11-21T12:58:30Z"),
            ("now", "2026-11-21T13:00:00Z", "2026-11-21T13:00:00Z"),
        ])
    func times(text: String, since: String, until: String) throws {
        #expect(RFC3339.text(try ReportTime.since(text, now: now), fraction: .none) == since)
        #expect(RFC3339.text(try ReportTime.until(text, now: now), fraction: .none) == until)
    }

    @Test(
        "Texts that are no time",
        arguments: [
            "", "d", "-1d", "7", "7x", "2026-02-30", "9223372036854775807w", "1.5d", "1h30", "h1", "tomorrow",
            "0000-01-01",
        ])
    func noTimes(text: String) {
        #expect(throws: LedgerError.self) { _ = try ReportTime.since(text, now: now) }
    }

    @Test("Weeks are those of ISO 8601")
    func weeks() {
        let expected = [
            "2026-11-21": "2026-W47", "2026-01-01": "2026-W01", "2027-01-03": "2026-W53", "2027-01-04": "2027-W01",
            "2024-12-30": "2025-W01", "2021-01-03": "2020-W53",
        ]
        for (day, week) in expected { #expect(ReportTime.label(day, for: .week) == week) }
        #expect(ReportTime.label("2026-11-21", for: .month) == "2026-11")
    }

    @Test("Conditions: alternatives within a column, all columns together")
    func conditions() throws {
        let query = try ReportQuery(
            by: ["team,user", "day", "team"], where: ["team=platform,user=a*,b", "team=x=y"], now: now)
        #expect(query.columns == [.team, .user, .day])
        #expect(
            query.filters == [
                ReportFilter(column: .team, patterns: ["platform", "x=y"]),
                ReportFilter(column: .user, patterns: ["a*", "b"]),
            ])
    }

    @Test("A comma of a value has a backslash before it")
    func commas() throws {
        let query = try ReportQuery(
            by: [], where: [#"user=Doe\, Jane,bob"#, #"team=CORP\a"#, #"key=a\\,b\"#], now: now)
        #expect(
            query.filters == [
                ReportFilter(column: .user, patterns: ["Doe, Jane", "bob"]),
                ReportFilter(column: .team, patterns: [#"CORP\a"#]),
                ReportFilter(column: .key, patterns: [#"a\"#, #"b\"#]),
            ])
        #expect(throws: LedgerError.self) { _ = try ReportQuery(by: [], where: ["user=Doe, Jane"], now: now) }
    }

    @Test("A value is data: neither SQL nor a pattern beyond the star")
    func hostileValues() throws {
        let temporary = TemporaryDirectory()
        let directory = try temporary.data()
        let journal = try Journal(path: directory.journalPath(loop: 0), capacity: 8, initial: 8, wake: WriterWake())
        for (number, user) in ["a'b", "a?b", "a[b]", "axb"].enumerated() {
            serve(journal, id: RequestID(rawValue: Int64(number)), user: user)
        }
        _ = try JournalRecovery.run(in: directory, into: try directory.openDatabase())
        for (pattern, count) in [("a'b", 1), ("a?b*", 1), ("*[b]", 1), ("a*", 4), ("' OR 1 --", 0)] as [(String, Int64)]
        {
            let query = try ReportQuery(by: [], where: ["user=\(pattern)"], now: now)
            #expect(try Report(query, in: directory, now: now).total.requests == count, "\(pattern)")
        }
    }

    @Test("A time that is yet to come has nothing to tell")
    func future() throws {
        #expect(
            throws: LedgerError.invalidQuery("--since 2027-11-01 is yet to come: there is no time between it and now")
        ) { try ReportQuery(by: [], since: "2027-11-01", now: now) }
        #expect(try ReportQuery(by: [], since: "now", now: now).since == now)
    }

    @Test(
        "What makes no sense is refused in words",
        arguments: [
            (["tema"], [], nil, "there is no column `tema`; there are \(ReportColumn.names)"),
            (["metadata."], [], nil, "`metadata.` names no metadata tag"),
            (["metadata.a\"b"], [], nil, "`metadata.a\"b` names no metadata tag"),
            ([], ["platform"], nil, "--where platform is no condition; write COLUMN=VALUE"),
            ([], ["day=2026-11-01"], nil, "times are chosen by --since and --until, not by day="),
            ([], [], "2027-01-01", "--since 2027-01-01 is not before --until today: there is no time between them"),
            ([], [], "2026-11-22", "--since 2026-11-22 is not before --until today: there is no time between them"),
        ] as [([String], [String], String?, String)])
    func refused(by: [String], conditions: [String], since: String?, reason: String) {
        #expect(throws: LedgerError.invalidQuery(reason)) {
            _ = try ReportQuery(by: by, since: since, until: "today", where: conditions, now: now)
        }
    }
}
