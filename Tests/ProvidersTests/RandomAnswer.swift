import SeededRandom
import Wire

@testable import Providers

/// An answer of a model, drawn at random: what it says, and how a provider sends that in pieces.
struct RandomAnswer {
    struct Call {
        let id: String
        /// A JSON object.
        let arguments: String
        let input: JSONValue
    }

    enum Step {
        case text(String)
        case thinking(String)
        case calls([Call])
    }

    let steps: [Step]
    private(set) var random: SeededGenerator

    init(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var steps: [Step] = [], calls = 0
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            switch Int.random(in: 0..<4, using: &random) {
            // Blanks in front of everything could be in front of a tag.
            case 0: steps.append(.text((steps.isEmpty ? "a" : "") + Self.text(&random)))
            case 1: steps.append(.thinking(Self.text(&random)))
            default:
                let count = Int.random(in: 1...3, using: &random)
                steps.append(.calls((0..<count).map { Self.call(calls + $0, &random) }))
                calls += count
            }
        }
        self.steps = steps
        self.random = random
    }

    // MARK: What it says

    /// With the beginning of `END`, which is watched for in some tests, at its end and within it.
    private static let letters = [
        "a", " ", "é", "日", "😀", "👩‍💻", "\"", "\\", "\n", "\t", "/", "<", "E", "EN", "\u{7F}", "\u{1}", "𝕏", "ud83d",
    ]

    private static func text(_ random: inout SeededGenerator) -> String {
        (0..<Int.random(in: 0...12, using: &random)).map { _ in letters.randomElement(using: &random) ?? "" }.joined()
    }

    private static func call(_ number: Int, _ random: inout SeededGenerator) -> Call {
        var object = JSONObject()
        for index in 0..<Int.random(in: 0...3, using: &random) {
            object.append(
                "k\(index)", Bool.random(using: &random) ? .string(text(&random)) : [1, 2.5, nil, ["x": true]])
        }
        let input = JSONValue.object(object)
        return Call(id: "call_aaaaaaaaaa\(number)", arguments: input.text, input: input)
    }

    /// The blocks that must come of it, where steps of one kind that follow one another are one; thoughts say whose they are.
    func content(of target: TranslationTarget) -> [JSONValue] {
        let signature = JSONValue.string(String(decoding: target.reasoningState.prefix, as: UTF8.self))
        var content: [JSONValue] = [], text = "", thinking = ""
        func close() {
            if !Self.isBlank(text) { content.append(["type": "text", "text": .string(text)]) }
            if !thinking.isEmpty {
                content.append(["type": "thinking", "thinking": .string(thinking), "signature": signature])
            }
            (text, thinking) = ("", "")
        }
        for step in steps {
            switch step {
            case .text(let more):
                if !thinking.isEmpty, !more.isEmpty { close() }
                text += more
            case .thinking(let more):
                if !text.isEmpty, !more.isEmpty { close() }
                thinking += more
            case .calls(let calls):
                close()
                content += calls.map { Self.block($0) }
            }
        }
        close()
        return content
    }

    /// Of which no block is made.
    static func isBlank(_ text: String) -> Bool { text.allSatisfy { " \n\t".contains($0) } }

    static func block(_ call: Call) -> JSONValue {
        ["type": "tool_use", "id": .string(call.id), "name": "A", "input": call.input]
    }

    var hasCalls: Bool { steps.contains { if case .calls = $0 { true } else { false } } }

    // MARK: How it is sent

    /// The inside of JSON strings that together are the text; pairs of surrogates may be cut, and some pieces are empty.
    mutating func pieces(_ text: String) -> [String] {
        var pieces = [""]
        func cut(_ random: inout SeededGenerator) {
            while Int.random(in: 0..<4, using: &random) == 0 { pieces.append("") }
        }
        for scalar in text.unicodeScalars {
            let units = Array(String(scalar).utf16)
            let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            if mustEscape || Bool.random(using: &random) {
                for unit in units {
                    let digits = String(unit, radix: 16, uppercase: Bool.random(using: &random))
                    pieces[pieces.count - 1] += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                    cut(&random)
                }
            } else {
                pieces[pieces.count - 1].unicodeScalars.append(scalar)
                cut(&random)
            }
        }
        return pieces
    }

    /// Several sequences as one, each in its own order.
    mutating func interleaved(_ sequences: [[String]]) -> [String] {
        var rest = sequences.map { $0[...] }.filter { !$0.isEmpty }, all: [String] = []
        while !rest.isEmpty {
            let index = Int.random(in: rest.indices, using: &random)
            all.append(rest[index].removeFirst())
            rest.removeAll { $0.isEmpty }
        }
        return all
    }

    mutating func chance() -> Bool { Bool.random(using: &random) }

    /// Some places to cut so many bytes at.
    mutating func places(_ count: Int) -> [Int] {
        (0..<Int.random(in: 1...20, using: &random)).map { _ in Int.random(in: 0...count, using: &random) }.sorted()
            + [count]
    }
}

// MARK: - In each provider's words

extension RandomAnswer {
    mutating func chat() -> String {
        typealias Fixture = OpenAIFixture
        var stream = Fixture.chunk(#""role":"assistant","content":"","refusal":null"#), calls = 0
        for step in steps {
            switch step {
            case .text(let text): for piece in pieces(text) { stream += Fixture.chunk(#""content":"\#(piece)""#) }
            case .thinking(let text):
                for piece in pieces(text) { stream += Fixture.chunk(#""reasoning_content":"\#(piece)""#) }
            case .calls(let group):
                var sequences: [[String]] = []
                for (place, call) in group.enumerated() {
                    var rest = pieces(call.arguments)
                    let first = chance() ? rest.removeFirst() : ""
                    let head = Fixture.chunk(Fixture.part(calls + place, first, id: call.id, name: "A"))
                    sequences.append([head] + rest.map { Fixture.chunk(Fixture.part(calls + place, $0)) })
                }
                // They begin in their order.
                let heads = sequences.map { $0[0] }.joined()
                stream += heads + interleaved(sequences.map { Array($0.dropFirst()) }).joined()
                calls += group.count
            }
        }
        return stream + Fixture.end(hasCalls && chance() ? "tool_calls" : "stop", usage: chance() ? usage : nil)
    }

    private var usage: String { #""prompt_tokens":70,"completion_tokens":5"# }

    /// Items are blocks of their own here: what must come of them is told beside the stream.
    mutating func responses() -> (stream: String, content: [JSONValue]) {
        typealias Fixture = OpenAIFixture
        var stream = "", content: [JSONValue] = [], index = 0, late = ""
        for step in steps {
            switch step {
            case .text(let text):
                stream += late + Fixture.added(index, #""type":"message","id":"msg_1""#)
                for piece in pieces(text) { stream += Fixture.text(index, piece) }
                // An item may end when the next one has begun.
                late = Fixture.done(index, #""type":"message","id":"msg_1""#)
                if chance() { (stream, late) = (stream + late, "") }
                if !Self.isBlank(text) { content.append(["type": "text", "text": .string(text)]) }
                index += 1
            case .thinking(let text):
                stream += late + Fixture.added(index, #""type":"reasoning","id":"rs_1""#)
                late = ""
                for piece in pieces(text) { stream += Fixture.thought(index, piece) }
                let state = chance() ? #","encrypted_content":"QUJD""# : ""
                stream += Fixture.done(index, #""type":"reasoning","id":"rs_1"\#(state)"#)
                let signature = JSONValue.string(Fixture.responses.base.signature(state.isEmpty ? "" : "rs_1/QUJD"))
                if !text.isEmpty {
                    content.append(["type": "thinking", "thinking": .string(text), "signature": signature])
                } else if !state.isEmpty {
                    content.append(["type": "redacted_thinking", "data": signature])
                }
                index += 1
            case .calls(let group):
                var sequences: [[String]] = []
                for (place, call) in group.enumerated() {
                    stream += Fixture.added(index + place, Fixture.function(call.id, "A"))
                    stream += late
                    late = ""
                    let whole = JSONValue.string(call.arguments).text.dropFirst().dropLast()
                    let deltas = chance() ? pieces(call.arguments).map { Fixture.arguments(index + place, $0) } : []
                    sequences.append(
                        deltas + [Fixture.done(index + place, Fixture.function(call.id, "A", String(whole)))])
                    content.append(Self.block(call))
                }
                stream += interleaved(sequences).joined()
                index += group.count
            }
        }
        return (
            stream + late + Fixture.completed(chance() ? #","usage":{"input_tokens":7,"output_tokens":5}"# : ""),
            content
        )
    }

    mutating func gemini() -> String {
        var parts: [String] = []
        for step in steps {
            switch step {
            case .text(let text): parts += pieces(text).map { #"{"text":"\#($0)"}"# }
            case .thinking(let text): parts += pieces(text).map { #"{"text":"\#($0)","thought":true}"# }
            case .calls(let calls):
                parts += calls.map {
                    #"{"functionCall":{"id":"\#($0.id)","name":"A","args":\#($0.arguments)}}"#
                }
            }
        }
        var stream = "", chunk: [String] = []
        for part in parts {
            chunk.append(part)
            if chance() {
                stream += GeminiFixture.chunk(chunk.joined(separator: ","))
                chunk = []
            }
        }
        return stream + GeminiFixture.chunk(chunk.joined(separator: ","), GeminiFixture.stop)
    }

    mutating func converse() -> [UInt8] {
        func delta(_ index: Int, _ member: String) -> [UInt8] {
            BedrockFixture.frame("contentBlockDelta", #"{"contentBlockIndex":\#(index),"delta":{\#(member)}}"#)
        }
        var stream = BedrockFixture.frame("messageStart", #"{"role":"assistant"}"#), index = 0
        func stop() -> [UInt8] { BedrockFixture.frame("contentBlockStop", #"{"contentBlockIndex":\#(index)}"#) }
        for step in steps {
            switch step {
            case .text(let text): for piece in pieces(text) { stream += delta(index, #""text":"\#(piece)""#) }
            case .thinking(let text):
                for piece in pieces(text) { stream += delta(index, #""reasoningContent":{"text":"\#(piece)"}"#) }
            case .calls(let calls):
                for call in calls {
                    stream += BedrockFixture.frame(
                        "contentBlockStart",
                        #"{"contentBlockIndex":\#(index),"start":{"toolUse":{"toolUseId":"\#(call.id)","name":"A"}}}"#)
                    for piece in pieces(call.arguments) {
                        stream += delta(index, #""toolUse":{"input":"\#(piece)"}"#)
                    }
                    stream += stop()
                    index += 1
                }
                continue
            }
            stream += stop()
            index += 1
        }
        return stream + BedrockFixture.frame("messageStop", #"{"stopReason":"\#(hasCalls ? "tool_use" : "end_turn")"}"#)
    }
}
