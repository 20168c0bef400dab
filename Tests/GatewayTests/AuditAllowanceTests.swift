import Testing

@testable import Gateway

@Suite struct AuditAllowanceTests {
    @Test("So many lines a second; the next second's first says how many were passed over")
    func flood() {
        var allowance = AuditAllowance()
        let second: Int64 = 1_000_000_000
        let first = (0..<Int64(1_000)).map { allowance.take(at: 7 * second + $0) }
        #expect(first.compactMap { $0 } == Array(repeating: 0, count: AuditAllowance.most))
        #expect(allowance.take(at: 8 * second) == 1_000 - AuditAllowance.most)
        #expect(allowance.take(at: 8 * second + 1) == 0)
        // A clock that was set back is another second too.
        #expect(allowance.take(at: 3 * second) == 0)
    }
}
