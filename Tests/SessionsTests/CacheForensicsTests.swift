import Testing
import Wire

@testable import Sessions

@Suite struct CacheForensicsTests {
    private static let second: Int64 = 1_000_000_000
    /// $4 input, $0.40 read, $5 and $8 writes, for a million tokens.
    private static let rates = CacheRates(
        input: 4_000_000_000, cacheRead: 400_000_000, cacheWrite5m: 5_000_000_000, cacheWrite1h: 8_000_000_000)

    /// A client, and a provider with a cache whose tokens are a fourth of the bytes.
    private struct Session {
        var forensics = CacheForensics()
        var tools: [UInt64] = [1, 2, 3]
        var system: [UInt64] = [10, 11, 12]
        var messages: [UInt64] = [100, 101]
        var at: Int64 = 1_000 * second
        var provider = "anthropic", model = "opus", session = "s", agent = ""
        var isMarked = true
        var parameters = PromptParameters()
        var change: (inout ModelCall) -> Void = { _ in }
        private var number: Int64 = 0

        static let bytesOfTool = 12_000, bytesOfSystem = 4_000, bytesOfMessage = 8_000

        var conversation: Conversation {
            var conversation = Conversation()
            func add(_ kind: PrefixSegment.Kind, _ hashes: [UInt64], _ bytes: Int) {
                for (index, hash) in hashes.enumerated() {
                    var segment = PrefixSegment(kind: kind, index: index, hash: hash, bytes: bytes)
                    if kind == .system, hash % 100 == 10 { segment.isAttribution = true }
                    if isMarked, kind == .system, index == hashes.count - 1 { segment.mark = .fiveMinutes }
                    conversation.segments.append(segment)
                }
            }
            add(.tools, tools, Self.bytesOfTool)
            add(.system, system, Self.bytesOfSystem)
            add(.message, messages, Self.bytesOfMessage)
            if isMarked { conversation.segments[conversation.segments.count - 1].mark = .fiveMinutes }
            conversation.messageCount = messages.count
            conversation.parameters = parameters
            return conversation
        }

        /// Tokens of the whole prompt.
        var tokens: Int64 {
            Int64(
                tools.count * Self.bytesOfTool + system.count * Self.bytesOfSystem + messages.count
                    * Self.bytesOfMessage) / 4
        }

        /// A call that reads so many tokens and writes the rest.
        mutating func call(reading read: Int64, writing: Bool = true) -> CacheBreak? {
            var call = call()
            call.cacheRead = read
            if writing { call.cacheWrite5m = tokens - read } else { call.input += tokens - read }
            change(&call)
            return forensics.callEnded(call)
        }

        mutating func call() -> ModelCall {
            number += 1
            at += 10 * second
            guard let trace = TraceID(high: 1, low: 2), let span = SpanID(3) else { preconditionFailure("no ids") }
            var call = ModelCall(
                requestID: number, traceID: trace, serverSpan: span, startedAt: at, endedAt: at + 4 * second)
            call.firstByteAt = at + second
            call.sessionID = session
            call.agentID = agent
            call.provider = provider
            call.model = model
            call.rates = rates
            call.input = 3
            call.output = 50
            call.conversation = conversation
            return call
        }

        mutating func answered(_ count: Int = 2) {
            for _ in 0..<count { messages.append(messages.count == 0 ? 100 : (messages.max() ?? 0) + 1) }
        }
    }

    /// Five turns, each of which reads what the one before wrote.
    private func warm() -> Session {
        var session = Session()
        var read: Int64 = 0
        for _ in 0..<5 {
            #expect(session.call(reading: read) == nil)
            read = session.tokens
            session.answered()
        }
        return session
    }

    /// What a mutating call has found.
    private func given(_ found: CacheBreak?) throws -> CacheBreak { try #require(found) }

    @Test("A conversation whose calls read what the one before had is in order")
    func inOrder() {
        var session = warm()
        #expect(session.call(reading: session.tokens - 4_000) == nil)
    }

    @Test("The worked example of docs/cache.md: a tool more in front of a warm conversation")
    func workedExample() throws {
        // 3 tools of 12,000 bytes, 3 system blocks of 4,000, 10 messages of 8,000: 128,000 bytes, 32,000 tokens are cached.
        var session = warm()
        #expect(session.tokens - 4_000 == 32_000)
        session.tools.append(4)
        let found = try given(session.call(reading: 0))
        #expect(found.cause == .toolsChanged && found.segment == .tools && found.index == 3)
        #expect(found.expected == 32_000 && found.read == 0 && found.rebilled == 32_000)
        // Written for $5 a million instead of read for $0.40: 32,000 * $4.60 / 1,000,000.
        #expect(found.costNanoUSD == 147_200_000)
        #expect(found.previousRequestID == 5 && found.sinceLast == 9 * Self.second && found.ttl == 300)
    }

    @Test("The first part that changed is named")
    func changes() throws {
        func found(_ change: (inout Session) -> Void, reading read: Int64 = 0) throws -> CacheBreak {
            var session = warm()
            change(&session)
            return try given(session.call(reading: read))
        }
        let order = try found { $0.tools.swapAt(1, 2) }
        #expect(order.cause == .toolOrder && order.segment == .tools && order.index == 1 && order.rebilled == 32_000)
        let fewer = try found { $0.tools.removeLast() }
        // 12,000 of 128,000 bytes are not sent again.
        #expect(fewer.cause == .toolsChanged && fewer.index == 2 && fewer.rebilled == 29_000)
        let attribution = try found { $0.system[0] = 910 }
        #expect(attribution.cause == .attributionChanged && attribution.index == 0 && attribution.rebilled == 31_000)
        let gone = try found { $0.system.removeFirst() }
        #expect(gone.cause == .attributionChanged && gone.segment == .system && gone.rebilled == 31_000)
        let system = try found { $0.system[2] = 55 }
        #expect(system.cause == .systemChanged && system.index == 2)
        let more = try found { $0.system.append(77) }
        #expect(more.cause == .systemChanged && more.index == 3 && more.rebilled == 32_000)
        // The first four messages were cached by the second call: 20,000 tokens. Of the 48,000 bytes behind them 40,000 come again.
        let edited = try found({ $0.messages[4] = 7 }, reading: 20_000)
        #expect(edited.cause == .historyEdited && edited.segment == .message && edited.index == 4)
        #expect(edited.expected == 30_000 && edited.rebilled == 10_000)
    }

    @Test("Where the conversation goes, and when")
    func elsewhere() throws {
        func found(_ change: (inout Session) -> Void) throws -> CacheBreak {
            var session = warm()
            change(&session)
            return try given(session.call(reading: 0))
        }
        #expect(try found { $0.model = "sonnet" }.cause == .modelSwitch)
        #expect(try found { ($0.provider, $0.model) = ("bedrock", "x.opus") }.cause == .providerSwitch)
        let late = try found { $0.at += 300 * Self.second }
        #expect(late.cause == .ttlLapse && late.sinceLast == 309 * Self.second && late.ttl == 300)
        #expect(try found { $0.at += 291 * Self.second }.cause == .upstream)
        let hour: (inout ModelCall) -> Void = { ($0.cacheWrite1h, $0.cacheWrite5m) = ($0.cacheWrite5m, 0) }
        var session = Session()
        session.change = hour
        #expect(session.call(reading: 0) == nil)
        session.answered()
        session.at += 2_000 * Self.second
        let early = try given(session.call(reading: 0))
        // Paid $8 instead of $0.40 for a million.
        #expect(early.cause == .upstream && early.ttl == 3_600 && early.costNanoUSD == early.rebilled * 7_600)
    }

    @Test("Parameters and breakpoints are looked at where no part has changed")
    func parameters() throws {
        func found(_ change: (inout Session) -> Void, writing: Bool = true) throws -> CacheBreak {
            var session = warm()
            change(&session)
            return try given(session.call(reading: 0, writing: writing))
        }
        let thinking = try found { $0.parameters.thinking = 5 }
        #expect(thinking.cause == .parametersChanged && thinking.parameter == "thinking" && thinking.segment == nil)
        #expect(try found { $0.parameters.toolChoice = 5 }.parameter == "tool_choice")
        #expect(try found { $0.parameters.speed = 5 }.parameter == "speed")
        let removed = try found({ $0.isMarked = false }, writing: false)
        // Billed as input: $4 instead of $0.40.
        #expect(removed.cause == .cacheControlRemoved && removed.costNanoUSD == 32_000 * 3_600)
        let moved = try found { $0.change = { Self.move(&$0.conversation, to: 8) } }
        #expect(moved.cause == .cacheControlMoved)
        let many = try found {
            $0.change = { $0.conversation.segments[$0.conversation.segments.count - 1].blocks = 19 }
        }
        #expect(many.cause == .lookback)
        let few = try found { $0.change = { $0.conversation.segments[$0.conversation.segments.count - 1].blocks = 18 } }
        #expect(few.cause == .upstream)
    }

    private static func move(_ conversation: inout Conversation, to index: Int) {
        for place in conversation.segments.indices { conversation.segments[place].mark = nil }
        conversation.segments[index].mark = .fiveMinutes
    }

    @Test("Thinking that an older model drops with a new prompt")
    func thinking() throws {
        var session = Session()
        session.change = { call in
            for index in call.conversation.segments.indices.suffix(1) {
                call.conversation.segments[index].thinks = true
            }
            call.conversation.promptCount = 1
        }
        #expect(session.call(reading: 0) == nil)
        session.answered()
        session.change = { $0.conversation.promptCount = 2 }
        #expect(try given(session.call(reading: 5_000)).cause == .thinkingDropped)
    }

    @Test("What is not paid for again is no break")
    func wound() {
        // Back to the second call's prompt, with another question.
        var session = warm()
        session.messages = [100, 101, 102, 103, 500]
        #expect(session.call(reading: 20_000) == nil)
        // A message gone for good.
        var shorter = warm()
        shorter.messages.removeLast(3)
        #expect(shorter.call(reading: 28_000) == nil)
        // Little.
        var little = warm()
        #expect(little.call(reading: 32_000 - 1_023) == nil)
        var enough = warm()
        let found = enough.call(reading: 32_000 - 1_024)
        #expect(found?.rebilled == 1_024)
    }

    @Test("Other conversations of the session, helpers and what was not counted raise no alarm")
    func others() {
        var session = warm()
        let messages = session.messages
        session.messages = [700, 701]
        #expect(session.call(reading: 0) == nil)
        session.agent = "a1"
        session.messages = messages
        #expect(session.call(reading: 0) == nil)
        session.agent = ""
        session.change = { $0.isEstimated = true }
        #expect(session.call(reading: 0) == nil)
        session.change = { _ in }
        #expect(session.call(reading: 32_000) == nil)
    }

    @Test("What is written at the same time cannot be read")
    func parallel() {
        var session = warm()
        let base = session.messages
        session.messages = base + [900, 901]
        session.at -= 1
        var first = session.call()
        first.cacheRead = 32_000
        first.cacheWrite5m = session.tokens - 32_000
        session.messages = base + [900, 901, 902]
        session.at -= 10 * Self.second
        var second = session.call()
        second.cacheRead = 32_000
        second.cacheWrite5m = session.tokens - 32_000
        #expect(session.forensics.callEnded(first) == nil)
        #expect(session.forensics.callEnded(second) == nil)
    }

    @Test("After a compaction the price of warming up is told, the request that compacts is not")
    func compaction() throws {
        var session = warm()
        session.messages.append(300)
        session.change = { $0.compaction = "auto" }
        #expect(session.call(reading: 0) == nil)
        session.change = { _ in }
        session.messages = [400, 401]
        // Tools and system are read: 12,000 tokens. The 4,000 tokens of the summary are written.
        let found = try given(session.call(reading: 12_000))
        #expect(found.cause == .compaction && found.expected == 32_000 && found.rebilled == 4_003)
        session.answered()
        #expect(session.call(reading: 16_000) == nil)
    }

    @Test("Implicit caches are held to what they have given before, not to what was sent")
    func implicit() throws {
        var session = Session()
        session.isMarked = false
        #expect(session.call(reading: 0, writing: false) == nil)
        session.answered()
        #expect(session.call(reading: 0, writing: false) == nil)
        session.answered()
        #expect(session.call(reading: 19_968, writing: false) == nil)
        session.answered()
        // In steps of 128 tokens.
        #expect(session.call(reading: 19_840, writing: false) == nil)
        session.system[1] = 44
        let found = try given(session.call(reading: 8_960, writing: false))
        #expect(found.cause == .systemChanged && found.rebilled == found.expected - 8_960)
    }

    @Test("A break is told once, and a provider that is returned to still has what it had")
    func once() throws {
        var session = warm()
        session.tools.swapAt(0, 1)
        #expect(session.call(reading: 0) != nil)
        let tokens = session.tokens
        session.answered()
        #expect(session.call(reading: tokens) == nil)
    }

    @Test("A call that is told late is compared with those before it")
    func late() {
        var session = warm()
        let first = session.call()
        session.answered()
        let second = session.call()
        func reading(_ call: ModelCall, _ read: Int64, _ all: Int64) -> ModelCall {
            var call = call
            call.cacheRead = read
            call.cacheWrite5m = all - read
            return call
        }
        #expect(session.forensics.callEnded(reading(second, 36_000, 40_000)) == nil)
        #expect(session.forensics.callEnded(reading(first, 32_000, 36_000)) == nil)
        session.tools.swapAt(0, 1)
        let found = session.call(reading: 0)
        #expect(found?.previousRequestID == 7)
    }

    @Test("Memory is bounded, the longest silent conversations are forgotten first")
    func bounded() {
        var limits = CacheForensics.Limits()
        limits.threads = 10
        limits.parts = 100
        var session = Session()
        session.forensics = CacheForensics(limits: limits)
        for index in 0..<50 {
            session.session = "s\(index)"
            #expect(session.call(reading: 0) == nil)
            let (threads, parts) = session.forensics.count
            #expect(threads <= 10 && parts <= 100)
        }
        session.answered()
        let last = session.call(reading: 0)
        #expect(last?.cause == .upstream)
        session.session = "s3"
        #expect(session.call(reading: 0) == nil)
    }

    @Test("Money is rounded once, the dearest writes are the first tokens of the prompt")
    func money() throws {
        var session = Session()
        var call = session.call()
        (call.cacheWrite1h, call.cacheWrite5m, call.input) = (1_000, 500, 300)
        // 1,000 * 7.6 + 500 * 4.6 + 100 * 3.6 thousand nano-dollars.
        #expect(call.extraCost(of: 1_600) == 10_260_000)
        call.rates = CacheRates(input: 1_500_000, cacheRead: 1_000_000, cacheWrite5m: 0, cacheWrite1h: 1_500_001)
        #expect(call.extraCost(of: 1) == 1 && call.extraCost(of: 3) == 2)
        call.rates = nil
        #expect(call.extraCost(of: 1) == nil)
    }
}
