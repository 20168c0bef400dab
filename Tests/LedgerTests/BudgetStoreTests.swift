import Synchronization
import Testing

@testable import Ledger

@Suite("Raises of budgets")
struct BudgetStoreTests {
    private static func store(_ temporary: TemporaryDirectory, now: Int64 = midnight) throws -> BudgetStore {
        try BudgetStore(directory: temporary.data(), actor: "root", now: { now })
    }

    @Test("A raise is in force from now to its end, and stands in the list and in the audit")
    func raise() throws {
        let temporary = TemporaryDirectory()
        let store = try Self.store(temporary)
        let raise = try store.raise(
            rule: "seniors", scope: "user=alice", amount: 20, until: midnight + day, reason: "a \"release\"")
        #expect(raise.id == 1 && raise.from == midnight && raise.actor == "root" && raise.revokedAt == nil)
        #expect(try store.list(now: midnight) == [raise])
        #expect(try store.list(now: midnight + day - 1) == [raise])
        #expect(try store.list(now: midnight + day).isEmpty)
        #expect(try store.list(now: midnight - 1).isEmpty)
        #expect(try store.list(now: midnight + day, includingEnded: true) == [raise])
        #expect(
            try temporary.data().row("at, actor, action, subject, details", of: "audit")
                == "\(midnight)|root|raise|seniors|"
                + #"{"raise":1,"scope":"user=alice","amount":20,"until":\#(midnight + day),"reason":"a \"release\""}"#)
    }

    @Test("A raise can be taken back once, and not after its end")
    func revoke() throws {
        let temporary = TemporaryDirectory()
        let store = try Self.store(temporary)
        let raise = try store.raise(rule: "r", scope: "", amount: 1, until: midnight + second, reason: "")
        let other = try store.raise(rule: "r", scope: "", amount: 1, until: midnight + day, reason: "")
        let later = try Self.store(temporary, now: midnight + second)
        #expect(try later.revoke(raise.id) == raise, "it has ended by itself")
        let revoked = try later.revoke(other.id)
        #expect(revoked.revokedAt == midnight + second)
        #expect(revoked.isInForce(now: midnight + second - 1) && !revoked.isInForce(now: midnight + second))
        #expect(try Self.store(temporary, now: midnight + 2 * second).revoke(other.id) == revoked)
        #expect(try temporary.data().value("SELECT group_concat(action) FROM audit") == "raise,raise,revoke_raise")
    }

    @Test("A raise that makes no sense is refused in words and leaves nothing")
    func refused() throws {
        let temporary = TemporaryDirectory()
        let store = try Self.store(temporary)
        #expect(throws: LedgerError.raiseRefused(reason: "it must add something")) {
            _ = try store.raise(rule: "r", scope: "", amount: 0, until: midnight + 1, reason: "")
        }
        #expect(throws: LedgerError.raiseRefused(reason: "it would have ended before it began")) {
            _ = try store.raise(rule: "r", scope: "", amount: 1, until: midnight, reason: "")
        }
        #expect(throws: LedgerError.noSuchRaise(7)) { _ = try store.revoke(7) }
        #expect(try temporary.data().value("SELECT count(*) FROM audit") == "0")
    }

    @Test("A watch tells of raises and keys apart, and of nothing else")
    func watch() throws {
        let temporary = TemporaryDirectory()
        let store = try Self.store(temporary)
        let heard = Mutex<[String]>([])
        let database = try temporary.data().openDatabase()
        var watch = try StoreWatch(
            database, seen: try StoreWatch.Versions(in: database),
            StoreWatch.Listeners(
                keys: { keys in heard.withLock { $0.append("keys \(keys.count)") } },
                raises: { raises in heard.withLock { $0.append("raises \(raises.map(\.id))") } }))
        let raise = try store.raise(rule: "r", scope: "", amount: 1, until: midnight + day, reason: "")
        try watch.pollNow()
        _ = try store.raise(rule: "r", scope: "", amount: 1, until: midnight + day, reason: "")
        _ = try store.revoke(raise.id)
        try watch.pollNow()
        let keys = try KeyStore(
            directory: temporary.data(), actor: "root", now: { midnight },
            digest: { _ in [UInt8](repeating: 1, count: 32) })
        _ = try keys.issue(KeyRequest(user: "alice"))
        try watch.pollNow()
        try temporary.data().openDatabase().execute("INSERT INTO meta VALUES ('other', 1)")
        try watch.pollNow()
        #expect(heard.withLock { $0 } == ["raises [1]", "raises [2]", "keys 1"])
    }

    @Test("A running ledger passes raises on, and begins with those that stand")
    func watchedByLedger() async throws {
        let temporary = TemporaryDirectory()
        let store = try Self.store(temporary)
        let first = try store.raise(rule: "r", scope: "", amount: 1, until: midnight + day, reason: "one")
        let gone = try store.raise(rule: "r", scope: "", amount: 2, until: midnight + day, reason: "two")
        _ = try store.revoke(gone.id)
        let (heard, signal) = AsyncStream.makeStream(of: [BudgetRaise].self)
        var options = Ledger.Options()
        options.onRaiseChange = { signal.yield($0) }
        let ledger = try Ledger(try temporary.data(), options)
        #expect(ledger.initialRaises == [first])
        let third = try store.raise(rule: "r", scope: "", amount: 3, until: midnight + day, reason: "three")
        var changes = heard.makeAsyncIterator()
        #expect(await changes.next() == [first, third])
        try await ledger.writer.close()
    }

    @Test("The last start is the one that came last, also behind one by a clock that was ahead")
    func lastStart() async throws {
        let temporary = TemporaryDirectory()
        let store = try Self.store(temporary)
        #expect(try store.lastStart() == nil)
        let ledger = try Ledger(try temporary.data())
        for moment in [midnight + 40 * day, midnight] {
            ledger.writer.audit([AuditEntry(at: moment, actor: "tollgate", action: "start")])
        }
        try await ledger.writer.close()
        #expect(try store.lastStart() == midnight)
    }

    @Test(
        "A ledger tells the audit's lines about changes of others: each once, in order, and none of its own or of before"
    )
    func lines() async throws {
        let temporary = TemporaryDirectory()
        let store = try BudgetStore(directory: try temporary.data(), actor: "bea", now: { midnight })
        _ = try store.raise(rule: "r", scope: "", amount: 1, until: midnight + day, reason: "before")
        let (heard, signal) = AsyncStream.makeStream(of: [AuditEntry].self)
        var options = Ledger.Options()
        options.onAudit = { signal.yield($0) }
        let ledger = try Ledger(try temporary.data(), options)
        for action in ["start", "reload", "reload_failed", "refuse", "release"] {
            ledger.writer.audit([AuditEntry(at: midnight, actor: "tollgate", action: action)])
        }
        try await ledger.writer.flush()
        let raise = try store.raise(rule: "r", scope: "user=eve", amount: 2, until: midnight + day, reason: "two")
        await ledger.writer.lookForKeys()
        _ = try store.revoke(raise.id)
        await ledger.writer.lookForKeys()
        await ledger.writer.lookForKeys()
        signal.finish()
        var entries: [AuditEntry] = []
        for await lines in heard { entries += lines }
        #expect(entries.map(\.action) == ["raise", "revoke_raise"])
        #expect(entries.allSatisfy { $0.actor == "bea" && $0.subject == "r" && $0.at == midnight })
        #expect(entries.first?.details.contains("user=eve") == true)
        try await ledger.writer.close()
    }
}
