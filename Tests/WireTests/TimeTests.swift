import SeededRandom
import Testing

@testable import Wire

@Suite("Dates and instants")
struct TimeTests {
    @Test("Days count on without a gap through four centuries")
    func daysCountOn() throws {
        var date = CivilDate(daysSince1970: -80_000)
        for day in -79_999...146_097 {
            let next = CivilDate(daysSince1970: day)
            let isLast = date.day == CivilDate.days(inMonth: date.month, ofYear: date.year)
            let expected =
                !isLast
                ? CivilDate(year: date.year, month: date.month, day: date.day + 1)
                : CivilDate(year: date.month == 12 ? date.year + 1 : date.year, month: date.month % 12 + 1, day: 1)
            // Compared by hand: an expectation per day would be slow.
            guard next == expected, next.daysSince1970 == day, date < next else {
                Issue.record("wrong around day \(day)")
                return
            }
            date = next
        }
    }

    @Test(
        "Known days",
        arguments: [
            ("1970-01-01", 0, 4), ("2000-02-29", 11016, 2), ("2026-11-21", 20778, 6), ("1969-12-31", -1, 3),
            ("1600-01-01", -135140, 6), ("0001-01-01", -719162, 1),
        ])
    func knownDays(_ text: String, _ days: Int, _ weekday: Int) throws {
        let date = try #require(CivilDate(parsing: text))
        #expect(date.daysSince1970 == days)
        #expect(date.weekday == weekday)
        #expect(date.text == text)
        #expect(CivilDate(daysSince1970: days) == date)
    }

    @Test(
        "What is no day is refused",
        arguments: [
            "2026-02-29", "1900-02-29", "2026-13-01", "2026-00-01", "2026-04-31", "2026-1-01", "2026-01-00", "26-01-01",
            "2026/01/01", "",
        ])
    func noDays(_ text: String) {
        #expect(CivilDate(parsing: text) == nil)
    }

    @Test(
        "Instants are read",
        arguments: [
            ("1970-01-01T00:00:00Z", 0), ("2026-11-21T05:45:57.123456789Z", 1_795_239_957_123_456_789),
            ("2026-11-21t06:45:57+01:00", 1_795_239_957_000_000_000), ("1969-12-31T23:59:59.5Z", -500_000_000),
            ("2026-11-20T23:15:57-06:30", 1_795_239_957_000_000_000), ("1970-01-01T00:00:00.0000000019z", 1),
            ("2016-12-31T23:59:60Z", 1_483_228_800_000_000_000), ("1677-09-21T00:12:43.145224192Z", Int64.min),
            ("2262-04-11T23:47:16.854775807Z", Int64.max),
        ])
    func readsInstants(_ text: String, _ nanoseconds: Int64) {
        #expect(RFC3339.parse(text) == nanoseconds)
    }

    @Test(
        "What is no instant is refused",
        arguments: [
            "", "2026-11-21", "2026-11-21T05:45:57", "2026-11-21T05:45Z", "2026-11-21T24:00:00Z",
            "2026-11-21T05:60:00Z",
            "2026-11-21T05:45:61Z", "2026-11-21T05:45:57.Z", "2026-11-21T05:45:57+1:00", "2026-11-21T05:45:57+24:00",
            "2026-11-21T05:45:57Zx", "2026-11-21_05:45:57Z", "2026-02-30T05:45:57Z", "2262-04-11T23:47:16.854775808Z",
            "1677-09-21T00:12:43.145224191Z", "9999-01-01T00:00:00Z",
        ])
    func refusesInstants(_ text: String) {
        #expect(RFC3339.parse(text) == nil)
    }

    @Test("A day knows its first and last instant, or the nearest that 64 bits have")
    func instants() throws {
        let day = try #require(CivilDate(parsing: "1970-01-02"))
        #expect(day.firstNanosecond == CivilDate.nanosecondsPerDay)
        #expect(day.lastNanosecond == 2 * CivilDate.nanosecondsPerDay - 1)
        let early = try #require(CivilDate(parsing: "1013-03-01")),
            late = try #require(CivilDate(parsing: "9999-12-31"))
        #expect(early.firstNanosecond == .min && late.firstNanosecond == .max && late.lastNanosecond == .max)
        #expect(CivilDate(unixNanoseconds: .min).firstNanosecond == .min)
    }

    @Test("Instants survive writing and reading")
    func roundTrip() {
        var generator = SeededGenerator(seed: 3)
        for _ in 0..<500 {
            let instant = Int64.random(in: .min ... .max, using: &generator)
            #expect(RFC3339.parse(RFC3339.text(instant, fraction: .nanoseconds)) == instant)
        }
        #expect(RFC3339.text(1_795_239_957_123_999_999) == "2026-11-21T05:45:57.123Z")
        #expect(RFC3339.text(-1, fraction: .none) == "1969-12-31T23:59:59Z")
        #expect(RFC3339.text(1, fraction: .microseconds) == "1970-01-01T00:00:00.000000Z")
        #expect(RFC3339.text(.min, fraction: .nanoseconds) == "1677-09-21T00:12:43.145224192Z")
    }

    @Test("The date of HTTP headers is written and read")
    func httpDates() {
        var output = ByteWriter()
        HTTPDate.append(unixSeconds: 1_795_239_957, to: &output)
        #expect(output.array == Array("Sat, 21 Nov 2026 05:45:57 GMT".utf8))
        #expect(output.withBytes { HTTPDate.parse($0) } == 1_795_239_957)
        for bad in [
            "", "Sat, 21 Nov 2026 05:45:57 UTC", "Sat, 31 Feb 2026 05:45:57 GMT", "Saturday, 21-Nov-26 05:45:57 GMT",
        ] {
            #expect(Array(bad.utf8).withUnsafeBytes { HTTPDate.parse($0) } == nil)
        }
    }
}
