import Testing
import Wire

@testable import Sessions

@Suite struct ModelCallTests {
    @Test("A call knows nothing that it was not told")
    func begins() throws {
        let trace = try #require(TraceID(high: 1, low: 2)), span = try #require(SpanID(3))
        let call = ModelCall(requestID: 7, traceID: trace, serverSpan: span, startedAt: 10, endedAt: 20)
        #expect(call.toolUses.isEmpty && call.conversation == Conversation() && call.costNanoUSD == 0)
    }
}
