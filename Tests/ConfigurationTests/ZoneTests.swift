import Glibc
import Testing

@testable import Configuration

/// A compiled time zone as RFC 8536 lays it out.
struct ZoneImage {
    var version = UInt8(ascii: "2")
    var times: [Int64] = []
    /// Of each time, an index into `offsets`.
    var kinds: [UInt8] = []
    var offsets: [Int32] = [0]
    var leaps = 0
    var footer = "UTC0"

    private func block(width: Int) -> [UInt8] {
        var bytes = Array("TZif".utf8) + [version] + [UInt8](repeating: 0, count: 15)
        for count in [0, 0, leaps, times.count, offsets.count, 4] { bytes += Self.big(Int64(count), 4) }
        for time in times { bytes += Self.big(time, width) }
        bytes += kinds
        for offset in offsets { bytes += Self.big(Int64(offset), 4) + [0, 0] }
        bytes += Array("ABC\0".utf8)
        return bytes + [UInt8](repeating: 0, count: leaps * (width + 4))
    }

    private static func big(_ value: Int64, _ width: Int) -> [UInt8] {
        (0..<width).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    var bytes: [UInt8] {
        if version < UInt8(ascii: "2") { return block(width: 4) }
        return block(width: 4) + block(width: 8) + Array("\n\(footer)\n".utf8)
    }
}

@Suite("Time zones are read from the system's database")
struct ZoneTests {
    private static let isInstalled = access("/usr/share/zoneinfo/Europe/Berlin", R_OK) == 0

    private func zone(_ image: ZoneImage) throws -> TimeZone { try ZoneFile.parse(image.bytes, name: "Test/Zone") }

    private func fault(_ bytes: [UInt8]) -> String? {
        do throws(ZoneFile.Fault) {
            _ = try ZoneFile.parse(bytes, name: "x")
            return nil
        } catch {
            return error.sentence
        }
    }

    private static let berlin = ZoneImage(
        times: [-2_422_054_408, 354_675_600, 846_378_000], kinds: [1, 2, 1], offsets: [3_208, 3_600, 7_200],
        footer: "CET-1CEST,M3.5.0,M10.5.0/3")

    @Test("Transitions of the table, and those that the rule behind it makes up to 2100")
    func footer() throws {
        let zone = try zone(Self.berlin)
        #expect(zone.name == "Test/Zone")
        #expect(zone.offset(at: .min) == 3_208 && zone.offset(at: -2_422_054_409) == 3_208)
        #expect(zone.offset(at: -2_422_054_408) == 3_600 && zone.offset(at: 354_675_600) == 7_200)
        // 2024-03-31 01:00 UTC and 2099-10-25 01:00 UTC.
        #expect(zone.offset(at: 1_711_846_799) == 3_600 && zone.offset(at: 1_711_846_800) == 7_200)
        #expect(zone.offset(at: 4_096_573_199) == 7_200 && zone.offset(at: 4_096_573_200) == 3_600)
        #expect(zone.offset(at: .max) == 3_600)
        // Of 1996 only what is behind the table.
        #expect(zone.transitions.count == 3 + 2 * (2100 - 1996))
        #expect(zone.transitions.map(\.from) == zone.transitions.map(\.from).sorted())
    }

    @Test("A zone without rules, one of the first version, one with a rule alone")
    func simple() throws {
        #expect(try zone(ZoneImage(offsets: [19_800], footer: "IST-5:30")).offset(at: 0) == 19_800)
        #expect(try zone(ZoneImage(offsets: [19_800], footer: "")).transitions.isEmpty)
        let old = try zone(ZoneImage(version: 0, times: [100], kinds: [1], offsets: [0, 3_600]))
        #expect(old.offset(at: 99) == 0 && old.offset(at: 100) == 3_600)
        let rule = try zone(ZoneImage(footer: "EST5EDT,M3.2.0,M11.1.0"))
        #expect(rule.offset(at: 1_720_000_000) == -14_400 && rule.offset(at: 1_705_000_000) == -18_000)
        // Summer all year (RFC 8536 §3.3.1): the end of a year's and the beginning of the next fall together.
        let always = try zone(ZoneImage(footer: "EST5EDT,0/0,J365/25"))
        for month in 0..<24 { #expect(always.offset(at: 1_700_000_000 + Int64(month) * 2_592_000) == -14_400) }
    }

    @Test(
        "Rules for the future",
        arguments: [
            ("<-03>3", -10_800, [] as [Int64]), ("<+0530>-5:30", 19_800, []), ("ABC0:00:01", -1, []),
            ("CET-1CEST,M3.5.0,M10.5.0/3", 3_600, [1_711_846_800, 1_729_990_800]),
            ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 37_800, [1_728_142_200, 1_712_415_600]),
            // The leap day counts for `n`, not for `Jn`.
            ("AAA0BBB,J60/0,60/0", 0, [1_709_251_200, 1_709_247_600]),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", -7_200, [1_711_846_800, 1_729_990_800]),
            ("IST-2IDT,M3.4.4/26,M10.5.0", 7_200, [1_711_670_400, 1_729_983_600]),
            ("AAA3BBB,M2.5.4/167,0/-167:59:59", -10_800, [1_709_776_800, 1_703_469_601]),
        ])
    func rules(text: String, standard: Int, changes: [Int64]) throws {
        let rule = try #require(PosixZone(text))
        #expect(rule.standard == Int64(standard))
        #expect(rule.transitions(in: 2024).map(\.from) == changes)
    }

    @Test(
        "What is no rule",
        arguments: [
            "", "CE-1", "CET", "<CET-1", "<>1", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M3.5.0,", "CET25",
            "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.0.0,M10.5.0", "CET-1:60",
            "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J365", "CET-1CEST,J366,1", "CET-1CEST,366,1",
            "CET-1CEST,M3.5.0/168,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0/", "CET-1CEST,M3.5.0,M10.5.0 ", "CET-0001",
            "CET--1", "C\u{e4}T1",
        ])
    func noRule(text: String) throws {
        #expect(PosixZone(text) == nil)
        #expect(
            fault(ZoneImage(footer: text).bytes)
                == (text.isEmpty ? nil : "has a rule for the future that is not understood"))
    }

    @Test("A file that is cut anywhere is none")
    func cut() {
        let bytes = Self.berlin.bytes
        #expect(fault(bytes) == nil)
        for count in bytes.indices { #expect(fault(Array(bytes.prefix(count))) != nil, "\(count)") }
    }

    @Test("What cannot be right in a file is told")
    func faults() {
        #expect(fault(Array("nonsense".utf8)) == "is no time zone file")
        #expect(fault(ZoneImage(times: [2, 1], kinds: [0, 0]).bytes) == "has transitions out of order")
        #expect(fault(ZoneImage(times: [1], kinds: [1]).bytes) == "names a type that is not there")
        #expect(fault(ZoneImage(offsets: []).bytes) == "has no types of local time")
        #expect(fault(ZoneImage(offsets: [93_600]).bytes) == "has an offset out of range")
        #expect(fault(ZoneImage(leaps: 1).bytes) == "counts leap seconds, which Unix time does not")
        #expect(fault([UInt8](repeating: 0, count: ZoneFile.maximumSize + 1))?.contains("is larger") == true)
        var huge = Self.berlin.bytes
        for index in 20..<44 { huge[index] = 0x7F }
        #expect(fault(huge) == "has a count out of range")
    }

    @Test("Bytes changed at random make a zone or a fault, never more")
    func fuzz() {
        var state: UInt64 = 42
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        for _ in 0..<3_000 {
            var bytes = Self.berlin.bytes
            for _ in 0...random(4) { bytes[random(bytes.count)] = UInt8(random(256)) }
            guard let zone = try? ZoneFile.parse(bytes, name: "x") else { continue }
            let moment = Int64(random(1 << 31)) * 1_000_000_000 + Int64(random(1_000))
            for kind in BudgetWindow.allCases { #expect(zone.window(kind, containing: moment).contains(moment)) }
        }
    }

    @Test(
        "A name leads nowhere but into the database",
        arguments: ["", "/etc/x", "../x", "a/../b", "a//b", "a/", "a b", "ä", "a.tab"])
    func names(name: String) {
        #expect(!ZoneDatabase.isName(name))
        #expect(throws: ZoneDatabase.Fault.self) { try ZoneDatabase(directory: "/usr/share/zoneinfo").zone(name) }
    }

    @Test("UTC needs no database; without one it is said how to get it")
    func missing() throws {
        let none = ZoneDatabase(directory: "/no/such/folder")
        #expect(try none.zone("UTC") == .utc)
        let fault = #expect(throws: ZoneDatabase.Fault.self) { try none.zone("Europe/Berlin") }
        #expect(fault?.sentence.contains("install the package tzdata") == true)
    }

    @Test("An unknown name is told with the nearest", .enabled(if: isInstalled))
    func nearest() throws {
        let database = ZoneDatabase(directory: ZoneDatabase.systemDirectory)
        for (name, meant) in [("Europe/Berln", "Europe/Berlin"), ("Tokyo", "Asia/Tokyo"), ("US/Pacfic", "US/Pacific")] {
            let fault = #expect(throws: ZoneDatabase.Fault.self) { try database.zone(name) }
            #expect(fault?.sentence == "is no known time zone; did you mean \(meant)?")
        }
        // A folder.
        #expect(throws: ZoneDatabase.Fault.self) { try database.zone("Europe") }
    }

    @Test("Windows are those that Python finds", .enabled(if: isInstalled))
    func golden() throws {
        let database = ZoneDatabase(directory: ZoneDatabase.systemDirectory)
        var zones: [String: TimeZone] = [:]
        for line in goldenWindows.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            let kind = try #require(BudgetWindow(rawValue: words[1]))
            let numbers = words[2...].compactMap { Int64($0) }
            try #require(numbers.count == 3)
            let zone = try zones[words[0]] ?? database.zone(words[0])
            zones[words[0]] = zone
            let scale: Int64 = 1_000_000_000
            let expected = (numbers[0] + numbers[1]) * scale..<(numbers[0] + numbers[2]) * scale
            #expect(zone.window(kind, containing: numbers[0] * scale) == expected, "\(line)")
            #expect(zone.window(kind, containing: numbers[0] * scale + scale - 1) == expected, "\(line)")
        }
        #expect(zones.count == 9)
    }

    @Test("Windows follow each other without gap, each moment in exactly one")
    func partition() throws {
        // Across midnight and back, a day left out, half an hour at midnight.
        let hour: Int64 = 3_600
        let zone = try zone(
            ZoneImage(
                times: [1_000_000_000, 1_000_080_060, 1_000_400_000, 1_001_000_000], kinds: [1, 2, 3, 0],
                offsets: [0, 3_600, -3_600, 50_400], footer: ""))
        for kind in [BudgetWindow.day, .week, .month] {
            var moment: Int64 = 999_000_000 * 1_000_000_000
            while moment < 1_002_000_000 * 1_000_000_000 {
                let window = zone.window(kind, containing: moment)
                try #require(window.contains(moment))
                #expect(zone.window(kind, containing: window.lowerBound) == window)
                #expect(zone.window(kind, containing: window.upperBound - 1) == window)
                #expect(zone.window(kind, containing: window.upperBound).lowerBound == window.upperBound)
                moment += hour * 1_000_000_000 / 2
            }
        }
    }

    @Test("The ends of time are windows too")
    func ends() {
        for kind in [BudgetWindow.day, .week, .month] {
            #expect(TimeZone.utc.window(kind, containing: .max).upperBound == .max)
            #expect(TimeZone.utc.window(kind, containing: .min).lowerBound == .min)
        }
        #expect(TimeZone.utc.window(.total, containing: 5) == 0..<Int64.max)
        let day = TimeZone.utc.window(.day, containing: 0)
        #expect(day == 0..<86_400_000_000_000)
        #expect(TimeZone.utc.window(.week, containing: 0).lowerBound == -3 * 86_400_000_000_000)
    }
}
