import Testing
import Transport

@testable import Governance

@Suite struct IdentityCacheTests {
    private func digest(_ number: Int) -> SHA256Digest {
        Array("\(number)".utf8).withUnsafeBytes { SHA256Digest(of: $0) }
    }
    private func principal(_ number: Int) -> Principal {
        Principal(user: "\(number)", team: "", keyID: "", metadata: [:])
    }

    @Test("An entry is found until it ends")
    func ends() {
        var cache = IdentityCache()
        cache.insert(digest(1), principal(1), until: 100)
        #expect(cache.principal(digest(1), now: 99)?.user == "1")
        #expect(cache.principal(digest(1), now: 100) == nil && cache.principal(digest(2), now: 0) == nil)
        cache.insert(digest(1), principal(7), until: 200)
        #expect(cache.principal(digest(1), now: 100)?.user == "7" && cache.count == 1)
        cache.removeAll()
        #expect(cache.principal(digest(1), now: 0) == nil && cache.count == 0)
        cache.insert(digest(2), principal(2), until: 100)
        #expect(cache.principal(digest(2), now: 0)?.user == "2")
    }

    @Test("It behaves like a list of the last used, over many random steps")
    func lastUsed() {
        var cache = IdentityCache(capacity: 5)
        var model: [Int] = []
        var random: UInt64 = 42
        for _ in 0..<20_000 {
            random = random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let number = Int(random >> 33) % 9, isInsert = random >> 60 & 1 == 0
            if isInsert {
                cache.insert(digest(number), principal(number), until: 100)
                model.removeAll { $0 == number }
                model.append(number)
                if model.count > 5 { model.removeFirst() }
            } else {
                let found = cache.principal(digest(number), now: 0)?.user
                #expect(found == (model.contains(number) ? "\(number)" : nil))
                if let place = model.firstIndex(of: number) { model.append(model.remove(at: place)) }
            }
        }
        #expect(cache.count == 5)
    }
}
