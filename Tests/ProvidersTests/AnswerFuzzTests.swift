import Configuration
import Foundation
import MessagesGrammar
import SeededRandom
import Testing
import Wire

@testable import Providers

/// Streams with bytes changed, lost, doubled and invented. Nobody knows what should come of them, but nothing may crash, and what
/// the client gets has the form that it expects. `TOLLGATE_FUZZ` says how many of each stream; CI does with fewer.
@Suite("Damaged answers")
struct AnswerFuzzTests {
    private static let count = ProcessInfo.processInfo.environment["TOLLGATE_FUZZ"].flatMap { Int($0) } ?? 2_000

    @Test("Golden streams", arguments: Golden.names)
    func golden(name: String) throws {
        let golden = try Golden(name)
        let context = try golden.translated().context
        try damage(golden.stream) { stream, form in golden.bytes(form, context, stream) }
    }

    @Test("Streams of Gemini and Bedrock", arguments: 0..<4)
    func others(seed: Int) throws {
        var answer = RandomAnswer(seed: 1_000 + seed)
        let isGemini = seed % 2 == 0
        let target = isGemini ? GeminiFixture().base.target : BedrockFixture.target()
        let context = BedrockFixture.context(target)
        try damage(isGemini ? Array(answer.gemini().utf8) : answer.converse()) { stream, form in
            let message = TranslatedAnswer(Translation.reader(target, context), MessageWriter(form, context))
            var output: [UInt8] = []
            stream.withUnsafeBytes { message.consume($0) }
            message.end()
            message.takeOutput { output += $0 }
            return output
        }
    }

    private func damage(_ stream: [UInt8], _ output: ([UInt8], MessageWriter.Form) throws -> [UInt8]) throws {
        // What is no UTF-8 passes as it came, and clients read it so.
        func read(_ stream: [UInt8], _ form: MessageWriter.Form) throws -> [UInt8] {
            let bytes = try output(stream, form)
            return String(validating: bytes, as: UTF8.self) == nil
                ? Array(String(decoding: bytes, as: UTF8.self).utf8) : bytes
        }
        for number in 0..<Self.count {
            var random = SeededGenerator(seed: UInt64(number))
            var damaged = stream
            for _ in 0..<Int.random(in: 1...4, using: &random) { Self.damage(&damaged, &random) }
            if number % 4 == 0 {
                let whole = try read(damaged, .whole)
                if whole.isEmpty { continue }
                let message = try? whole.withUnsafeBytes { try JSONValue(parsing: $0) }
                guard message?["type"] == "message",
                    message?["stop_reason"]?.string != nil
                else {
                    Issue.record("number \(number): \(String(decoding: whole, as: UTF8.self))")
                    return
                }
            } else if let fault = MessagesGrammar.fault(in: try read(damaged, .stream)) {
                Issue.record("number \(number): \(fault)")
                return
            }
        }
    }

    /// What is put into a stream: bytes that mean something, and some that never do.
    private static let pieces: [[UInt8]] =
        [
            "\"", "\\", "{", "}", "[", "]", ",", ":", "\n", "\n\n", "\r", "data: ", "null", "true", "-1", "1e999",
            "\"\"",
            "\\u", "\\ud83d", "\u{0}", "\u{7F}", "{}", "[]", "é", "data: [DONE]\n\n", "\"index\":99,",
        ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80]]

    private static func damage(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let end = min(bytes.count, place + Int.random(in: 1...40, using: &random))
        switch Int.random(in: 0..<7, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2: bytes.removeSubrange(place..<end)
        case 3: bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
        case 4: bytes.removeLast(bytes.count - end)
        case 5: bytes.insert(contentsOf: pieces.randomElement(using: &random) ?? [], at: place)
        default: lines(&bytes, &random)
        }
    }

    /// An event comes twice, is lost, or comes later.
    private static func lines(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).map { Array($0) }
        let place = Int.random(in: lines.indices, using: &random)
        let line = lines[place]
        if Bool.random(using: &random) { lines.remove(at: place) }
        if Bool.random(using: &random) { lines.insert(line, at: Int.random(in: 0...lines.count, using: &random)) }
        bytes = Array(lines.joined(separator: [0x0A]))
    }
}
