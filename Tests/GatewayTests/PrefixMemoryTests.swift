import SeededRandom
import Sessions
import Testing
import Wire

@testable import Gateway

/// What is read with a memory of other bodies is what is read without one.
@Suite struct PrefixMemoryTests {
    /// Of a body that arrives in parts: its members and marks, or where it is wrong.
    private func read(
        _ body: [UInt8], _ memory: inout PrefixMemory, caller: UInt64 = 1, _ generator: inout SeededGenerator
    ) -> String {
        body.withUnsafeBytes { bytes in
            let scan = MessagesBody()
            var end = 0
            do {
                while end < bytes.count {
                    end = min(bytes.count, end + Int.random(in: 1...30_000, using: &generator))
                    try scan.consume(bytes.slice(0..<end), &memory, caller: caller)
                }
                try scan.finish(bytes, namesModel: true)
            } catch let error as JSONError {
                return "\(MessagesBody.Fault.notJSON(error))"
            } catch {
                return "\(error)"
            }
            let members = scan.members.map { "\($0.key) \($0.value) \($0.kind)" }
            return "\(members) \(scan.marks) \(scan.maxTokens ?? -1) \(scan.isStreamed)"
        }
    }

    private func alone(_ body: [UInt8]) -> String {
        body.withUnsafeBytes { bytes in
            let scan = MessagesBody()
            do { try scan.finish(bytes, namesModel: true) } catch { return "\(error)" }
            let members = scan.members.map { "\($0.key) \($0.value) \($0.kind)" }
            return "\(members) \(scan.marks) \(scan.maxTokens ?? -1) \(scan.isStreamed)"
        }
    }

    private func message(_ generator: inout SeededGenerator) -> String {
        let words = [
            "code", #"\n"#, #"\\"#, #"\""#, "{", "]", ",", "ü", ":", #"\u0041"#, #"\"image\""#, "tollgate_reasoning",
        ]
        let text = (0..<Int.random(in: 1...900, using: &generator)).map { _ in
            words[Int.random(in: 0..<words.count, using: &generator)]
        }
        let image = Int.random(in: 0..<40, using: &generator) == 0 ? #",{"type":"image","source":{}}"# : ""
        return #"{"role":"user","content":[{"type":"text","text":"\#(text.joined(separator: " "))"}\#(image)]}"#
    }

    @Test("Conversations that grow, are changed and broken at any byte", arguments: 0..<6 as Range<UInt64>)
    func sameAsAlone(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var memory = PrefixMemory(capacity: seed.isMultiple(of: 3) ? 5 : 8_192)
        var messages = [message(&generator)], model = "a"
        for _ in 0..<16 {
            for _ in 0..<Int.random(in: 1...4, using: &generator) { messages.append(message(&generator)) }
            if Int.random(in: 0..<8, using: &generator) == 0 { messages.removeFirst(messages.count / 2) }
            if Int.random(in: 0..<8, using: &generator) == 0 { model += "b" }
            var body = Array(
                #"{"model":"\#(model)","messages":[\#(messages.joined(separator: ","))],"max_tokens":9,"stream":true}"#
                    .utf8)
            if Int.random(in: 0..<3, using: &generator) == 0 {
                let breaking: [UInt8] = [34, 92, 123, 125, 93, 10, 32, 65]
                body[Int.random(in: 0..<body.count, using: &generator)] =
                    breaking[Int.random(in: 0..<breaking.count, using: &generator)]
            }
            for caller: UInt64 in [1, 1, 2] {
                #expect(read(body, &memory, caller: caller, &generator) == alone(body))
            }
        }
    }

    @Test("A body with more members than anybody sends is read each time, and nothing of it is kept")
    func members() {
        var generator = SeededGenerator(seed: 2), memory = PrefixMemory()
        let member = "\"\(String(repeating: "k", count: 1_000))\":1,"
        let body = Array("{\(String(repeating: member, count: 60))\"model\":\"a\"}".utf8)
        for _ in 0..<2 { #expect(read(body, &memory, &generator) == alone(body)) }
        body.withUnsafeBytes { bytes in
            var trail = PrefixTrail(caller: 1)
            trail.goOn(bytes, memory.hasher)
            let known = trail.places.map { memory.reading($0) != nil }
            #expect(known == [true, true, true, true, false, false, false])
        }
    }

    @Test("What was read before is taken from there, of the same caller only")
    func known() {
        var generator = SeededGenerator(seed: 1), memory = PrefixMemory()
        let body = Array(#"{"model":"a","messages":["\#(String(repeating: "x", count: 40_000))"]}"#.utf8)
        #expect(read(body, &memory, &generator) == alone(body))
        body.withUnsafeBytes { bytes in
            for (caller, known) in [(UInt64(1), true), (2, false)] {
                var trail = PrefixTrail(caller: caller)
                trail.goOn(bytes, memory.hasher)
                #expect(trail.places.count == 4 && trail.places.allSatisfy { (memory.reading($0) != nil) == known })
            }
        }
    }

    @Test("What nobody used for ten minutes makes room, two states for each that comes; what is used stays")
    func forgetting() throws {
        var memory = PrefixMemory()
        func read(_ letter: Character, _ memory: inout PrefixMemory) throws {
            let text = #"{"model":"a","messages":["\#(String(repeating: letter, count: 40_000))"]}"#
            let body = MessagesBody()
            try Array(text.utf8).withUnsafeBytes { try body.consume($0, &memory, caller: 1) }
        }
        for letter in "abcd" { try read(letter, &memory) }
        #expect(memory.count == 16)
        memory.now = PrefixMemory.memory
        // Of a body that is known the last state alone is looked for.
        try read("a", &memory)
        #expect(memory.count == 16, "nothing is older than that")
        memory.now += 1
        for (letter, count) in [("e", 12), ("f", 9), ("a", 9), ("b", 13)] as [(Character, Int)] {
            try read(letter, &memory)
            #expect(memory.count == count)
        }
        memory.now += 1 << 60
        try read("z", &memory)
        #expect(memory.count == 9)
    }
}
