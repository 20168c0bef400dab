import Testing

@testable import Upstream

/// Expectations look at values, and looking into the table changes it.
private final class Table {
    private var table: StickyTable

    init(capacity: Int = 65_536) { table = StickyTable(capacity: capacity) }

    var count: Int { table.count }
    func find(_ key: RouteKey, at now: Int64) -> UInt64? { table.find(key, at: now) }
    @discardableResult
    func served(_ key: RouteKey, at target: UInt64, for time: Int64, at now: Int64) -> Bool {
        table.served(key, at: target, for: time, at: now)
    }
    @discardableResult
    func remove(_ key: RouteKey) -> Bool { table.remove(key) }
}

@Suite struct StickyTableTests {
    private func key(_ number: Int) -> RouteKey { RouteKey("\(number)", model: 7) }

    @Test("A session stays for its time after its last request")
    func slides() {
        let table = Table()
        #expect(table.served(key(1), at: 5, for: 100, at: 0))
        #expect(table.find(key(1), at: 99) == 5)
        _ = table.served(key(1), at: 5, for: 100, at: 90)
        #expect(table.find(key(1), at: 189) == 5)
        #expect(table.find(key(1), at: 190) == nil)
        #expect(table.count == 0)
    }

    @Test("The others are told when it moves, or when what they know ends soon")
    func told() {
        let table = Table()
        #expect(table.served(key(1), at: 5, for: 100, at: 0))
        #expect(!table.served(key(1), at: 5, for: 100, at: 20))
        #expect(table.served(key(1), at: 5, for: 100, at: 30))
        #expect(table.served(key(1), at: 6, for: 100, at: 31))
        #expect(table.remove(key(1)))
        #expect(!table.remove(key(1)))
    }

    @Test("It is bounded: the session that was silent longest gives way")
    func bounded() {
        let table = Table(capacity: 3)
        for number in 0..<3 { _ = table.served(key(number), at: UInt64(number), for: 1_000, at: 0) }
        _ = table.served(key(0), at: 0, for: 1_000, at: 1)
        _ = table.served(key(3), at: 3, for: 1_000, at: 2)
        #expect(table.find(key(1), at: 3) == nil)
        for number in [0, 2, 3] { #expect(table.find(key(number), at: 3) == UInt64(number)) }
    }

    @Test("It agrees with a plain list, whatever happens")
    func model() {
        let table = Table(capacity: 8)
        var list: [(key: Int, target: UInt64, expiry: Int64)] = []
        var random = RouteHash.mix(42)
        for now in 0..<Int64(5_000) {
            random = RouteHash.mix(random)
            let number = Int(random % 20), target = random >> 32 % 4
            switch random >> 8 % 3 {
            case 0:
                list.removeAll { $0.key == number }
                if list.count == 8 { list.removeFirst() }
                list.append((number, target, now + 50))
                _ = table.served(key(number), at: target, for: 50, at: now)
            case 1:
                list.removeAll { $0.key == number }
                table.remove(key(number))
            default:
                list.removeAll { $0.key == number && $0.expiry <= now }
                #expect(table.find(key(number), at: now) == list.first { $0.key == number }?.target)
            }
        }
    }
}
