import SeededRandom
import Testing
import Wire

@testable import Sessions

/// What a memory finds in a body is what a scan of the whole body finds.
@Suite struct ConversationMemoryTests {
    private func members(_ body: [UInt8]) throws -> [JSONMember] {
        try body.withUnsafeBytes { bytes in
            var scanner = JSONObjectScanner()
            try scanner.finish(bytes)
            return scanner.members
        }
    }

    private let hasher = PrefixHasher()

    private func trail(_ body: UnsafeRawBufferPointer) -> PrefixTrail {
        var trail = PrefixTrail(caller: 7)
        trail.goOn(body, hasher)
        return trail
    }

    private func check(
        _ body: String, _ memory: inout ConversationMemory, session: String = "s",
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let body = Array(body.utf8), members = try members(body)
        body.withUnsafeBytes { bytes in
            let found = Array(session.utf8).withUnsafeBytes {
                memory.conversation(bytes, members: members, session: $0, trail: trail(bytes))
            }
            #expect(found == Conversation(body: bytes, members: members), sourceLocation: sourceLocation)
        }
    }

    private func body(
        _ messages: [String], system: String = "\"You are Claude Code.\"", blank: String = "", model: String = "m"
    ) -> String {
        #"{"model":"\#(model)","messages":[\#(blank)\#(messages.joined(separator: ",\(blank)"))],"system":\#(system),"#
            + #""tools":[{"name":"Bash","input_schema":{}},{"name":"Read","input_schema":{}}],"max_tokens":9}"#
    }

    private func text(_ generator: inout SeededGenerator) -> String {
        let words = ["code", "\\n", "\\\"", "{", "]", ",", "thinking\\\"", "ü", "cache_control", ":"]
        return (0..<Int.random(in: 1...400, using: &generator)).map { _ in words.randomElement(using: &generator) ?? ""
        }
        .joined(separator: " ")
    }

    private static let mark = #","cache_control":{"type":"ephemeral","ttl":"1h"}"#

    private func message(_ number: Int, _ generator: inout SeededGenerator) -> String {
        if number.isMultiple(of: 2) {
            return Bool.random(using: &generator)
                ? #"{"role":"user","content":"\#(text(&generator))"}"#
                : #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t\#(number)","content":"\#(text(&generator))"MARK}]}"#
        }
        return
            #"{"role":"assistant","content":[{"type":"thinking","thinking":"","signature":"E"},{"type":"text","text":"\#(text(&generator))"},"#
            + #"{"type":"tool_use","id":"t\#(number + 1)","name":"Bash","input":{"a":[{},[1]]}}]}"#
    }

    /// As a client sends them: the newest two questions have a breakpoint.
    private func sent(_ messages: [String]) -> [String] {
        messages.enumerated().map { index, message in
            message.replacing("MARK", with: index + 3 >= messages.count ? Self.mark : "")
        }
    }

    @Test("Sessions that grow, are edited, wound back and compacted", arguments: 0..<24 as Range<UInt64>)
    func sameAsScan(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var memory = ConversationMemory(capacity: seed.isMultiple(of: 4) ? 60 : 50_000)
        var messages = [message(0, &generator)], system = "\"You are Claude Code.\"", model = "m"
        for _ in 0..<40 {
            switch Int.random(in: 0..<20, using: &generator) {
            case 0: messages.removeLast(Int.random(in: 0..<messages.count, using: &generator))
            case 1:
                let place = Int.random(in: 0..<messages.count, using: &generator)
                messages[place] = message(place, &generator)
            case 2: messages = [message(0, &generator)]
            case 4: model = String(repeating: "m", count: .random(in: 1...3, using: &generator))
            case 3: system = "\"\(text(&generator))\""
            default: for _ in 0..<2 { messages.append(message(messages.count, &generator)) }
            }
            let blank = Int.random(in: 0..<12, using: &generator) == 0 ? " \n" : ""
            try check(body(sent(messages), system: system, blank: blank, model: model), &memory)
        }
    }

    @Test("What is no array of messages is forgotten, and no other session's is taken")
    func strange() throws {
        var generator = SeededGenerator(seed: 7), memory = ConversationMemory()
        let messages = sent((0..<31).map { message($0, &generator) })
        try check(body(messages), &memory)
        try check(body(messages), &memory, session: "other")
        let whole = body(messages)
        try check(whole.replacing("\"messages\":[", with: "\"messages\":[1,"), &memory)
        try check(#"{"model":"m","messages":7}"#, &memory)
        try check(#"{"model":"m","messages":[]}"#, &memory)
        try check(#"{"model":"m"}"#, &memory)
        try check(body(Array(messages.prefix(20))), &memory)
        try check(body(messages), &memory)
    }

    @Test("Of a conversation that goes on only what is new is read")
    func readsWhatIsNew() throws {
        let known = KnownConversation()
        var generator = SeededGenerator(seed: 3)
        let messages = sent((0..<41).map { message($0, &generator) })
        for count in stride(from: 1, through: 41, by: 2) {
            let body = Array(body(Array(messages.prefix(count))).utf8), members = try members(body)
            body.withUnsafeBytes {
                _ = Conversation(body: $0, members: members, knowing: known, trail: trail($0))
            }
        }
        var whole = Array(body(messages).utf8)
        let members = try members(whole)
        let array = try #require(members.first { $0.value.count > 1_000 }).value
        // Where it is taken up: behind the newest answer that was followed by something.
        let start = whole.withUnsafeBytes { bytes in
            var conversation = Conversation()
            return known.resume(&conversation, MessagesText(bytes, array, trail(bytes)))
        }
        #expect(start > array.count * 3 / 4)
        whole[array.lowerBound + start / 2] ^= 1
        let again = whole.withUnsafeBytes { bytes in
            var conversation = Conversation()
            return known.resume(&conversation, MessagesText(bytes, array, trail(bytes)))
        }
        #expect(again < start / 2)
    }

    @Test("What is known of the messages is known still where what stands in front of them changes")
    func front() throws {
        // Of one only is asked from where on it would read: to ask changes what is known.
        let known = KnownConversation(), asked = KnownConversation()
        var generator = SeededGenerator(seed: 5)
        let messages = sent((0..<41).map { message($0, &generator) })
        var starts: [Int] = []
        for model in ["m", "another", "another"] {
            let body = Array(body(messages, model: model).utf8), members = try members(body)
            let array = try #require(members.first { $0.value.count > 1_000 }).value
            body.withUnsafeBytes { bytes in
                var conversation = Conversation()
                starts.append(
                    asked.resume(&conversation, MessagesText(bytes, array, trail(bytes))) * 4 / array.count)
                for known in [known, asked] {
                    let found = Conversation(body: bytes, members: members, knowing: known, trail: trail(bytes))
                    #expect(found == Conversation(body: bytes, members: members))
                }
            }
        }
        #expect(starts == [0, 3, 3])
    }

    @Test("More than is read at once gives no segments; a conversation that grew to it is read on")
    func muchAtOnce() throws {
        let piece = #"{"role":"user","content":"\#(String(repeating: "a", count: 1 << 20))"}"#
        let answer = #"{"role":"assistant","content":"\#(String(repeating: "b", count: 1 << 20))"}"#
        let turns = (0..<7).map { $0 % 2 == 0 ? piece : answer }
        let known = KnownConversation()
        var counts: [Int] = []
        for count in [3, 5, 7] {
            let body = Array(body(Array(turns.prefix(count))).utf8), members = try members(body)
            counts.append(
                body.withUnsafeBytes {
                    Conversation(body: $0, members: members, knowing: known, trail: trail($0)).messageCount
                })
        }
        #expect(counts == [3, 5, 7])
        let all = Array(body(turns).utf8), ofAll = try members(all)
        let found = all.withUnsafeBytes { Conversation(body: $0, members: ofAll) }
        #expect(found.messageCount == 0 && found.segments.isEmpty)
        let blank = Array(body(turns, blank: " ").utf8), ofBlank = try members(blank)
        #expect(blank.withUnsafeBytes { Conversation(body: $0, members: ofBlank) }.segments.isEmpty)
    }

    @Test("Breakpoints inside a known part are told of each time, and limits on segments hold")
    func marksAndLimits() throws {
        var memory = ConversationMemory()
        let marked =
            #"{"role":"user","content":[{"type":"text","text":"\#(String(repeating: "a", count: 3_000))"\#(Self.mark)}]}"#
        let answer = #"{"role":"assistant","content":"\#(String(repeating: "b", count: 3_000))"}"#
        for count in [1, 3, 5, 7] { try check(body((0..<count).map { $0 % 2 == 0 ? marked : answer }), &memory) }
        let small = #"{"role":"user","content":"a"}"#
        for count in [1_000, 4_000, 4_200, 9_000] {
            try check(body((0..<count).map { $0 % 50 == 49 ? answer : small }), &memory)
        }
    }
}
