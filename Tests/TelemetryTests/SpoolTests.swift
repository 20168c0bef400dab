import Glibc
import SeededRandom
import Testing

@testable import Telemetry

@Suite struct SpoolTests {
    private let second: Int64 = 1_000_000_000
    private let hour: Int64 = 3_600_000_000_000

    private func payload(_ mark: Int, size: Int = 20, items: Int = 3) -> Payload {
        Payload(
            body: (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ mark) }, isCompressed: mark % 2 == 1,
            items: items)
    }

    private func open(
        _ folder: TemporaryFolder, _ group: SpoolGroup, name: String = "a", segment: Int = 100, age: Int64? = nil,
        at now: Int64 = 0, wall: Int64 = 0
    ) -> Spool {
        let spool = unread(folder, group, name: name, segment: segment, age: age, at: now, wall: wall)
        while spool.readNext() {}
        return spool
    }

    private func unread(
        _ folder: TemporaryFolder, _ group: SpoolGroup, name: String = "a", segment: Int = 100, age: Int64? = nil,
        at now: Int64 = 0, wall: Int64 = 0
    ) -> Spool {
        Spool(
            path: "\(folder.path)/\(name)", limits: .init(segment: segment, age: age ?? 24 * hour), group: group,
            at: now, wall: wall)
    }

    /// Takes everything.
    private func drain(_ spool: Spool) -> [Payload] {
        var taken: [Payload] = []
        while let first = spool.first() {
            taken.append(first)
            spool.removeFirst()
        }
        return taken
    }

    @Test("What was written comes out in order, over several segments, and leaves no file but the cursor")
    func order() throws {
        let folder = try TemporaryFolder(), group = SpoolGroup(maximum: 1 << 20)
        let spool = open(folder, group)
        for mark in 0..<10 { #expect(spool.append(payload(mark), at: 0, wall: 0)) }
        #expect(spool.count == 10 && spool.items == 30 && spool.size == 10 * 52)
        #expect(drain(spool) == (0..<10).map { payload($0) })
        #expect(spool.isEmpty && spool.size == 0 && spool.takeDrops().isEmpty)
        #expect(SpoolFolder.names(in: "\(folder.path)/a") == ["cursor"])
    }

    @Test("What was written and not taken is there after the end of a process, whenever that comes")
    func restart() throws {
        for taken in 0...10 {
            let folder = try TemporaryFolder(), group = SpoolGroup(maximum: 1 << 20)
            let before = open(folder, group)
            for mark in 0..<10 { #expect(before.append(payload(mark), at: 0, wall: 0)) }
            for _ in 0..<taken {
                _ = before.first()
                before.removeFirst()
            }
            // Killed: nothing is closed.
            let second = SpoolGroup(maximum: 1 << 20), after = open(folder, second)
            #expect(after.append(payload(10), at: 0, wall: 0))
            #expect(drain(after) == (taken...10).map { payload($0) }, "\(taken)")
            #expect(after.takeDrops().isEmpty)
            withExtendedLifetime(before) {}
        }
    }

    @Test(
        "What an earlier process left is read file by file, the oldest when it is wanted, and known by its size before")
    func reading() throws {
        let folder = try TemporaryFolder(), group = SpoolGroup(maximum: 520)
        let before = open(folder, group)
        for mark in 0..<10 { #expect(before.append(payload(mark), at: 0, wall: 0)) }
        before.removeFirst()
        before.closeFiles()
        let second = SpoolGroup(maximum: 520), after = unread(folder, second)
        #expect(after.size == 468 && after.count == 0 && !after.isEmpty)
        #expect(after.first() == payload(1) && after.count == 1)
        #expect(after.readNext() && after.count == 2 && after.items == 6)
        after.closeFiles()
        // Nor must what is given up be read before that: it is counted all the same.
        let third = SpoolGroup(maximum: 520), last = unread(folder, third)
        #expect(last.append(payload(10), at: 0, wall: 0) && last.append(payload(11), at: 0, wall: 0))
        #expect(last.takeDrops() == [.init(count: 3, reason: "spool_full")])
        last.expire(at: 25 * hour)
        #expect(last.takeDrops() == Array(repeating: .init(count: 3, reason: "spool_expired"), count: 10))
        #expect(last.isEmpty && !last.readNext())
        withExtendedLifetime(before) {}
    }

    @Test("Seen from outside it is the same, without what was taken and what is damaged")
    func survey() throws {
        let folder = try TemporaryFolder(), group = SpoolGroup(maximum: 1 << 20), spool = open(folder, group)
        for mark in 0..<4 { #expect(spool.append(payload(mark), at: 0, wall: 7)) }
        _ = spool.first()
        spool.removeFirst()
        var bytes = try folder.read("a/" + SpoolSegment.name(3))
        bytes[40] ^= 1
        try folder.write("a/" + SpoolSegment.name(3), bytes)
        let survey = try #require(SpoolSurvey.folders(in: folder.path).first)
        #expect(survey.name == "a" && survey.bytes == 156 && survey.records == 2 && survey.items == 6)
        #expect(survey.damaged == 3 && survey.oldest == 7)
        #expect(SpoolSurvey.folders(in: folder.path + "/none").isEmpty)
    }

    @Test("A file that was cut anywhere gives every record before the cut, and counts what is lost")
    func cut() {
        let records = (0..<3).map { SpoolRecord.encode(payload($0, items: $0 + 1), at: 5) }
        let whole = records.joined().map(\.self)
        for length in 0...whole.count {
            let content = whole[..<length].withUnsafeBytes { SpoolContent(UnsafeRawBufferPointer($0)) }
            let complete = length / 52
            #expect(content.records.count == complete, "\(length)")
            let rest = length % 52
            #expect(content.damagedItems == (rest == 0 ? 0 : rest < 32 ? 1 : complete + 1), "\(length)")
        }
    }

    @Test("A damaged byte anywhere costs one record; the others are kept")
    func damage() throws {
        let whole = (0..<3).flatMap { SpoolRecord.encode(payload($0), at: 5) }
        for place in whole.indices {
            let folder = try TemporaryFolder()
            let group = SpoolGroup(maximum: 1 << 20)
            _ = mkdir("\(folder.path)/a", 0o700)
            var bytes = whole
            bytes[place] ^= 0x40
            try folder.write("a/" + SpoolSegment.name(1), bytes)
            let spool = open(folder, group)
            let taken = drain(spool)
            let lost = place / 52
            #expect(taken == (0..<3).filter { $0 != lost }.map { payload($0) }, "\(place)")
            let drops = spool.takeDrops()
            // A head that cannot be read does not say how many items there were.
            #expect(drops == [.init(count: place % 52 < 32 ? 1 : 3, reason: "spool_corrupt")], "\(place)")
        }
    }

    @Test(
        "After somebody removed the folder what comes is on disk again, and only what was removed is lost and counted")
    func removed() throws {
        let folder = try TemporaryFolder()
        do {
            let group = SpoolGroup(maximum: 1 << 20), spool = open(folder, group, segment: 1000)
            #expect(spool.append(payload(1), at: 0, wall: 0))
            spool.sync()
            for name in SpoolFolder.names(in: "\(folder.path)/a") { unlink("\(folder.path)/a/\(name)") }
            #expect(rmdir("\(folder.path)/a") == 0)
            // Still to the old file: it is found out when it is synced.
            #expect(spool.append(payload(2), at: 0, wall: 0))
            spool.sync()
            for mark in 3..<6 { #expect(spool.append(payload(mark), at: 0, wall: 0)) }
            #expect(spool.first() == payload(3) && spool.takeDrops().map(\.count) == [3, 3])
            spool.removeFirst()
        }
        let group = SpoolGroup(maximum: 1 << 20), spool = open(folder, group)
        #expect(drain(spool) == [payload(4), payload(5)] && spool.takeDrops().isEmpty)
    }

    @Test("Rubbish in place of the cursor sends everything once more; other files are left alone")
    func cursor() throws {
        let folder = try TemporaryFolder()
        do {
            let group = SpoolGroup(maximum: 1 << 20), spool = open(folder, group, segment: 1000)
            for mark in 0..<3 { #expect(spool.append(payload(mark), at: 0, wall: 0)) }
            _ = spool.first()
            spool.removeFirst()
        }
        let good = try folder.read("a/cursor")
        for place in good.indices {
            var bytes = good
            bytes[place] ^= 1
            try folder.write("a/cursor", bytes)
            let group = SpoolGroup(maximum: 1 << 20)
            #expect(open(folder, group).count == 3, "\(place)")
        }
        try folder.write("a/cursor", good)
        try folder.write("a/0000.spool", [1])
        try folder.write("a/README", [1])
        let group = SpoolGroup(maximum: 1 << 20)
        #expect(open(folder, group).count == 2)
    }

    @Test("The bound is shared; the oldest goes first, whosever it is, and is counted")
    func bound() throws {
        let folder = try TemporaryFolder(), group = SpoolGroup(maximum: 520)
        let one = open(folder, group, name: "a"), two = open(folder, group, name: "b")
        for mark in 0..<5 {
            #expect(one.append(payload(mark), at: Int64(mark), wall: 0))
            #expect(two.append(payload(mark), at: Int64(mark), wall: 0))
        }
        #expect(one.size + two.size == 520)
        #expect(two.append(payload(5), at: 5, wall: 0))
        #expect(one.takeDrops() == [.init(count: 3, reason: "spool_full")] && two.takeDrops().isEmpty)
        #expect(drain(one) == (1..<5).map { payload($0) } && drain(two) == (0...5).map { payload($0) })
        #expect(!one.append(payload(0, size: 520), at: 6, wall: 0) && one.fault != 0)
        #expect(one.append(payload(0, size: 488), at: 6, wall: 0) && one.fault == 0)
    }

    @Test("A record that is being sent is not counted as lost when its segment makes room")
    func boundUnderWay() throws {
        let folder = try TemporaryFolder(), group = SpoolGroup(maximum: 208)
        let spool = open(folder, group, segment: 104)
        for mark in 0..<4 { #expect(spool.append(payload(mark), at: 0, wall: 0)) }
        _ = spool.first()
        spool.isFirstUnderWay = true
        #expect(spool.append(payload(4), at: 0, wall: 0))
        #expect(spool.takeDrops() == [.init(count: 3, reason: "spool_full")] && !spool.isFirstUnderWay)
        #expect(drain(spool) == (2...4).map { payload($0) })
    }

    @Test("What is too old goes; a clock that jumps makes nothing old at once")
    func age() throws {
        let folder = try TemporaryFolder(), group = SpoolGroup(maximum: 1 << 20)
        let spool = open(folder, group, segment: 50)
        #expect(spool.append(payload(0), at: 0, wall: 0) && spool.append(payload(1), at: hour, wall: .max))
        spool.expire(at: 24 * hour)
        #expect(spool.count == 2)
        spool.expire(at: 24 * hour + 1)
        #expect(spool.count == 1 && spool.takeDrops() == [.init(count: 3, reason: "spool_expired")])
        // Ten years later, or so it seems: there are ten minutes to send it. And long before it was written: it is new.
        for wall in [87_600 * hour, -hour, .max, .min] {
            let another = SpoolGroup(maximum: 1 << 20)
            let after = open(folder, another, segment: 50, at: 5, wall: wall)
            after.expire(at: 5 + 599 * second)
            #expect(after.count == 1, "\(wall)")
            after.expire(at: 5 + 25 * hour)
            #expect(after.isEmpty)
            #expect(after.append(payload(1), at: 5, wall: 0))
        }
    }

    @Test("A request that is large for the spool is written in halves; one that never fits says so")
    func large() throws {
        let folder = try TemporaryFolder(), group = SpoolGroup(maximum: 4096)
        let spool = open(folder, group, segment: 4096)
        let encoder = SpanEncoder(resource: SampleSession.resource, version: "1", lengthLimit: nil)
        let whole = Payload.make(encoder.encode([try SampleSession.batch()]), items: 4, isCompressed: false)
        #expect(whole.body.count > 512 && spool.append(whole, at: 0, wall: 0))
        #expect(spool.count > 1 && spool.items == 4)
        #expect(!spool.append(payload(1, size: 5000), at: 0, wall: 0) && spool.fault == EFBIG && spool.items == 4)
    }

    @Test("A spool that cannot be written says so, and works again when it can be")
    func unwritable() throws {
        let folder = try TemporaryFolder(), group = SpoolGroup(maximum: 1 << 20)
        try folder.write("a", [])
        let spool = open(folder, group)
        #expect(!spool.append(payload(0), at: 0, wall: 0) && spool.fault != 0 && spool.isEmpty)
    }

    @Test(
        "Whatever is written, taken and restarted: everything comes once, in order", arguments: 0..<20 as Range<UInt64>)
    func random(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let folder = try TemporaryFolder()
        var group = SpoolGroup(maximum: 1 << 20), spool = open(folder, group)
        var written = 0, taken: [Payload] = []
        for _ in 0..<200 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                #expect(spool.append(payload(written, size: Int.random(in: 0..<80, using: &random)), at: 0, wall: 0))
                written += 1
            case 5..<9:
                if let first = spool.first() { taken.append(first) }
                spool.removeFirst()
            default:
                spool.closeFiles()
                group = SpoolGroup(maximum: 1 << 20)
                spool = open(folder, group)
            }
        }
        taken += drain(spool)
        #expect(taken.count == written && taken.enumerated().allSatisfy { $1 == payload($0, size: $1.body.count) })
        #expect(spool.takeDrops().isEmpty)
    }
}
