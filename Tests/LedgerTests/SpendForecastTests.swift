import SeededRandom
import Testing
import Wire

@testable import Ledger

@Suite("Forecast to the end of the month")
struct SpendForecastTests {
    private let day = CivilDate.nanosecondsPerDay

    private func number(_ text: String) throws -> Int { try #require(CivilDate(parsing: text)).daysSince1970 }

    @Test("Days that always cost the same give the exact sum, without a spread")
    func constant() throws {
        let today = try number("2026-11-21")
        var costs: [Int: Int64] = [:]
        for back in 1...60 { costs[today - back] = 3_000_000_000 }
        let forecast = SpendForecast(costs, now: Int64(today) * day)
        #expect(forecast.spent == 60_000_000_000 && forecast.days == 56)
        #expect(forecast.expected == 90_000_000_000)
        #expect(forecast.low == 90_000_000_000 && forecast.high == 90_000_000_000)
    }

    @Test("Weekends are expected to be weekends")
    func weekends() throws {
        let today = try number("2026-11-21")
        var costs: [Int: Int64] = [:]
        for back in 1...56 {
            let weekday = CivilDate(daysSince1970: today - back).weekday
            costs[today - back] = weekday == 0 || weekday == 6 ? 0 : 1_000_000_000
        }
        // From the 21st, a Saturday, to the 30th there are six working days.
        let forecast = SpendForecast(costs, now: Int64(today) * day)
        #expect(forecast.expected == forecast.spent + 6_000_000_000)
    }

    @Test(
        "At the ends of months, of leap years and of the year the days to come are those of the calendar",
        arguments: [
            ("2026-11-30", 1), ("2026-11-01", 30), ("2026-12-31", 1), ("2026-12-01", 31), ("2028-02-28", 2),
            ("2028-02-29", 1), ("2027-02-28", 1), ("2028-01-31", 1),
        ])
    func monthEnds(text: String, left: Int64) throws {
        let today = try number(text)
        var costs: [Int: Int64] = [:]
        for back in 1...60 { costs[today - back] = 24_000_000_000 }
        let before = Int64(CivilDate(daysSince1970: today).day - 1) * 24_000_000_000
        // At midnight the whole day is to come, at noon half of it, in its last nanosecond nothing.
        let dawn = SpendForecast(costs, now: Int64(today) * day)
        #expect(dawn.spent == before && dawn.expected == before + left * 24_000_000_000)
        costs[today] = 12_000_000_000
        let noon = SpendForecast(costs, now: Int64(today) * day + day / 2)
        #expect(noon.spent == before + 12_000_000_000 && noon.expected == before + left * 24_000_000_000)
        costs[today] = 24_000_000_000
        let dusk = SpendForecast(costs, now: Int64(today + 1) * day - 1)
        #expect(dusk.expected == before + left * 24_000_000_000 && dusk.low == dusk.high)
    }

    @Test("Less than seven days give no forecast, and say how many there are")
    func little() throws {
        let today = try number("2026-11-21")
        var costs: [Int: Int64] = [:]
        for back in 1...6 { costs[today - back] = 1 }
        let few = SpendForecast(costs, now: Int64(today) * day)
        #expect(few.expected == nil && few.low == nil && few.high == nil && few.days == 6 && few.spent == 6)
        #expect(SpendForecast([:], now: Int64(today) * day).days == 0)
        costs[today - 7] = 1
        #expect(SpendForecast(costs, now: Int64(today) * day).expected != nil)
    }

    @Test("The interval holds the true sum in about four of five months")
    func coverage() throws {
        var generator = SeededGenerator(seed: 77), held = 0
        let today = try number("2026-11-13"), rounds = 1_000
        for _ in 0..<rounds {
            var costs: [Int: Int64] = [:], rest: Int64 = 0
            for offset in -40..<18 {
                // Twelve uniform numbers make a nearly normal one.
                let noise = (0..<12).reduce(0.0) { sum, _ in sum + Double.random(in: 0..<1, using: &generator) } - 6
                let weekday = CivilDate(daysSince1970: today + offset).weekday
                let cost = Int64((weekday == 0 || weekday == 6 ? 20 : 100) * 1e9 + noise * 15e9)
                if offset < 0 { costs[today + offset] = max(0, cost) } else { rest += max(0, cost) }
            }
            let forecast = SpendForecast(costs, now: Int64(today) * day)
            let truth = forecast.spent + rest
            let low = try #require(forecast.low), high = try #require(forecast.high)
            if (low...high).contains(truth) { held += 1 }
        }
        #expect((760...850).contains(held))
    }

    @Test("On the last moment of a month nothing is added but what the day may still bring")
    func lastDay() throws {
        let today = try number("2026-11-30")
        var costs: [Int: Int64] = [today: 5]
        for back in 1...30 { costs[today - back] = 1_000_000_000 }
        let forecast = SpendForecast(costs, now: Int64(today + 1) * day - 1)
        #expect(forecast.expected == forecast.spent && forecast.low == forecast.spent)
    }

    @Test("A costs table keeps formulas from spreadsheets and control characters from terminals")
    func hostile() {
        var table = FigureTable(title: "t", labels: ["user"], figures: ["cost", "note"])
        table.rows = [.init(labels: ["=1+1\n"], figures: [.money(-5), .text("@x\u{1B}[31m")])]
        #expect(table.csv() == "user,cost,note\r\n\"'=1+1\n\",-0.000000005,'@x\u{1B}[31m\r\n")
        #expect(!table.text().contains("\u{1B}"))
        #expect(
            table.json() == #"{"rows":[{"user":"=1+1\n","cost_nano_usd":-5,"note":"@x\u001b[31m"}],"notes":[]}"# + "\n")
    }
}
