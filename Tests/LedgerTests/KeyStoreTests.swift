import SeededRandom
import Synchronization
import Testing

@testable import Ledger

@Suite("Issued keys")
struct KeyStoreTests {
    /// A clock that tests move.
    private final class Clock: Sendable {
        private let time = Mutex(midnight)
        var now: Int64 {
            get { time.withLock { $0 } }
            set { time.withLock { $0 = newValue } }
        }
    }

    /// Stands in for SHA-256: 32 bytes that differ for different keys and do not show them.
    private static func digest(_ bytes: [UInt8]) -> [UInt8] {
        var random = SeededGenerator(seed: bytes.reduce(5) { $0 &* 31 &+ UInt64($1) })
        return (0..<32).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    }

    private static func store(_ temporary: TemporaryDirectory, _ clock: Clock) throws -> KeyStore {
        try KeyStore(directory: temporary.data(), actor: "cli:root", now: { clock.now }, digest: digest)
    }

    @Test("A key is shown once and stored as its digest only")
    func issue() throws {
        let temporary = TemporaryDirectory()
        let store = try Self.store(temporary, Clock())
        let issued = try store.issue(
            KeyRequest(user: "alice", team: "platform", metadata: #"{"a":"b"}"#, expiresAt: midnight + day))
        #expect(issued.text.hasPrefix("tgk_"))
        #expect(issued.text.utf8.count == 47)
        #expect(issued.record.prefix == String(issued.text.prefix(10)))
        #expect(issued.record.hash == Self.digest(Array(issued.text.utf8)))
        #expect(try store.list() == [issued.record])
        #expect(issued.record.user == "alice" && issued.record.team == "platform")
        #expect(issued.record.metadata == #"{"a":"b"}"# && issued.record.expiresAt == midnight + day)
        let everything = try temporary.data().row("group_concat(id || hex(hash) || prefix || metadata)", of: "keys")
        #expect(!everything.contains(issued.text))
    }

    @Test("Keys differ, and use every digit")
    func randomness() throws {
        let texts = try (0..<200).map { _ in try KeyText.makeKey() }
        #expect(Set(texts).count == 200)
        #expect(Set(texts.joined().unicodeScalars).count == 63, "62 digits and the underscore")
    }

    @Test("A rotated key works through its grace, its successor takes over what it was")
    func rotate() throws {
        let temporary = TemporaryDirectory()
        let clock = Clock()
        let store = try Self.store(temporary, clock)
        let old = try store.issue(KeyRequest(user: "alice", team: "platform"))
        let new = try store.rotate(old.record.prefix, grace: 3600 * second)
        #expect(new.text != old.text)
        #expect(new.record.user == "alice" && new.record.team == "platform" && new.record.expiresAt == nil)
        let after = try store.find(old.record.id)
        #expect(after.rotatedTo == new.record.id)
        #expect(after.status(now: clock.now) == .rotated && after.isUsable(now: clock.now))
        #expect(after.isUsable(now: midnight + 3600 * second - 1))
        #expect(!after.isUsable(now: midnight + 3600 * second))
        #expect(throws: LedgerError.keyUnchangeable(id: old.record.id, reason: "it was rotated already")) {
            _ = try store.rotate(old.record.id, grace: 1)
        }
    }

    @Test("A rotation's grace does not outlast the old key's own expiry")
    func rotateExpiring() throws {
        let temporary = TemporaryDirectory()
        let store = try Self.store(temporary, Clock())
        let old = try store.issue(KeyRequest(user: "a", expiresAt: midnight + 60 * second))
        let new = try store.rotate(old.record.id, grace: day)
        #expect(try store.find(old.record.id).expiresAt == midnight + 60 * second)
        #expect(new.record.expiresAt == midnight + 60 * second)
    }

    @Test("Expiry can be set and lifted until the key is revoked, which is for good")
    func expireAndRevoke() throws {
        let temporary = TemporaryDirectory()
        let clock = Clock()
        let store = try Self.store(temporary, clock)
        let key = try store.issue(KeyRequest(user: "alice")).record.id
        #expect(try store.expire(key, at: midnight + second).status(now: midnight) == .active)
        clock.now = midnight + second
        #expect(try store.find(key).status(now: clock.now) == .expired)
        #expect(throws: LedgerError.keyUnchangeable(id: key, reason: "it is expired")) {
            _ = try store.rotate(key, grace: 1)
        }
        #expect(try store.expire(key, at: nil).status(now: clock.now) == .active)
        let revoked = try store.revoke(key)
        #expect(revoked.status(now: clock.now) == .revoked && !revoked.isUsable(now: clock.now))
        clock.now += second
        #expect(try store.revoke(key) == revoked)
        #expect(throws: LedgerError.keyUnchangeable(id: key, reason: "it is revoked")) {
            _ = try store.expire(key, at: nil)
        }
    }

    @Test("Every change leaves its line in the audit, a refused one none")
    func audit() throws {
        let temporary = TemporaryDirectory()
        let store = try Self.store(temporary, Clock())
        let old = try store.issue(KeyRequest(user: "alice")).record.id
        let new = try store.rotate(old, grace: 5).record.id
        _ = try store.expire(new, at: midnight + day)
        _ = try store.revoke(new)
        _ = try store.revoke(new)
        #expect(throws: LedgerError.noSuchKey("key_none")) { _ = try store.revoke("key_none") }
        let lines = try temporary.data().row(
            "group_concat(at || ' ' || actor || ' ' || action || ' ' || subject || ' ' || details, '\n')",
            of: "(SELECT * FROM audit ORDER BY id)")
        #expect(
            lines == """
                \(midnight) cli:root issue \(old) {}
                \(midnight) cli:root rotate \(old) {"to":"\(new)","until":\(midnight + 5)}
                \(midnight) cli:root expire \(new) {"at":\(midnight + day)}
                \(midnight) cli:root revoke \(new) {}
                """)
    }

    @Test("A running gateway hears of a revocation, and of nothing else")
    func watch() throws {
        let temporary = TemporaryDirectory()
        let store = try Self.store(temporary, Clock())
        let key = try store.issue(KeyRequest(user: "alice")).record
        let heard = Mutex<[[KeyRecord]]>([])
        let database = try temporary.data().openDatabase()
        var watch = try StoreWatch(
            database, seen: try StoreWatch.Versions(in: database),
            StoreWatch.Listeners(keys: { keys in heard.withLock { $0.append(keys) } }))
        try watch.poll(now: 1000)
        #expect(heard.withLock { $0.isEmpty })
        let revoked = try store.revoke(key.id)
        try watch.poll(now: 1000 + StoreWatch.interval - 1)
        #expect(heard.withLock { $0.isEmpty })
        try watch.poll(now: 1000 + StoreWatch.interval)
        #expect(heard.withLock { $0 } == [[revoked]])
        // Another process writing something else, and our own writing, are no news.
        try temporary.data().openDatabase().execute("INSERT INTO meta VALUES ('other', 1)")
        try database.execute("INSERT INTO meta VALUES ('own', 1)")
        try watch.poll(now: 10_000)
        #expect(heard.withLock { $0.count } == 1)
    }

    @Test("The ledger passes changed keys on while it runs")
    func watchedByLedger() async throws {
        let temporary = TemporaryDirectory()
        let store = try Self.store(temporary, Clock())
        let first = try store.issue(KeyRequest(user: "alice")).record
        let (heard, signal) = AsyncStream.makeStream(of: [KeyRecord].self)
        var options = Ledger.Options()
        options.onKeyChange = { signal.yield($0) }
        let ledger = try Ledger(try temporary.data(), options)
        #expect(ledger.initialKeys == [first])
        let second = try store.issue(KeyRequest(user: "bob")).record
        var changes = heard.makeAsyncIterator()
        let keys = await changes.next()
        #expect(Set(keys?.map(\.id) ?? []) == [first.id, second.id])
        try await ledger.writer.close()
    }
}
