/// What providers say of requests that do not fit their model, in the sentences that Claude Code recovers by: upon the first two it
/// compacts the conversation, upon the third it asks for a shorter answer.
enum ContextLength {
    private static let prompt = "prompt is too long"
    private static let bytes = "Input is too long."
    private static let answer = "input length and `max_tokens` exceed context limit"

    /// - Parameter text: in lower case.
    static func isMentioned(_ text: String) -> Bool {
        [
            "maximum context length", "context window", "input token count", "input is too long", prompt,
            "context length", "maximum prompt length", "too many tokens", "exceeds the maximum number of tokens",
            "exceed_context_size_error", "exceeds the available context size", "`max_new_tokens` must be",
            "exceeds 30.000mb", "input tokens exceeded", "exceeds maximum input length", "maximum model length",
            "`inputs` must have less than", "configured context size", "exceeded model token limit",
            "range of input length should be", "prompt exceeds max length",
        ].contains { text.contains($0) }
    }

    /// It is such a sentence already.
    static func isTold(_ message: String) -> Bool { [prompt, bytes, answer].contains { message.hasPrefix($0) } }

    /// With the numbers, if they are there.
    static func told(_ text: String) -> String {
        if isTold(text) { return AccountText.clean(text) }
        let text = ErrorKind.unquoted(text).lowercased()
        if text.contains("input is too long") || text.contains("exceeds 30.000mb") { return bytes }
        let figures = LengthFigures(text)
        if let input = figures.input, let limit = figures.limit {
            if input >= limit { return tooLong(input, limit) }
            if let output = figures.output { return "\(answer): \(input) + \(output) > \(limit)" }
            return prompt
        }
        let numbers = figures.all.filter { $0 >= 256 }
        guard let most = numbers.max(), let least = numbers.min(), most > least else { return prompt }
        // What was asked for is more than what is allowed; of several parts the allowance is said first.
        let allowed = numbers.first.map { $0 < most ? $0 : least } ?? least
        return tooLong(most, allowed)
    }

    private static func tooLong(_ tokens: Int, _ maximum: Int) -> String {
        "\(prompt): \(tokens) tokens > \(maximum) maximum"
    }
}

/// The numbers in a sentence about lengths, and what the words around them say they are.
struct LengthFigures {
    /// In their order.
    private(set) var all: [Int] = []
    /// Tokens of the context; of the prompt, all parts together; for the answer.
    private(set) var limit: Int?
    private(set) var input: Int?
    private(set) var output: Int?

    private enum Part {
        case input, output
    }

    /// - Parameter text: in lower case.
    init(_ text: String) {
        let words = read(Array(text.utf8))
        for (index, number) in all.enumerated() {
            let before = words[index]
            if limit == nil, ["context", "maximum", "must be"].contains(where: { before.contains($0) }) {
                limit = number
            } else if before.hasSuffix("too large: ") {
                output = number
            } else {
                add(number, Self.part(words[index + 1]))
            }
        }
    }

    private mutating func add(_ number: Int, _ part: Part?) {
        switch part {
        case .input: input = (input ?? 0).addingReportingOverflow(number).partialValue
        case .output: output = number
        case nil: break
        }
    }

    /// By the first word behind a number, in its own clause, that says it.
    private static func part(_ words: String) -> Part? {
        var word = ""
        for character in words {
            if "(,.:;".contains(character) { break }
            word.append(character)
            if ["output", "completion", "max_new_tokens"].contains(where: { word.hasSuffix($0) }) { return .output }
            if ["input", "messages", "prompt", "functions"].contains(where: { word.hasSuffix($0) }) { return .input }
        }
        return nil
    }

    /// Finds the numbers; those that are part of a name are none. What stands between them is returned, with what stands before the
    /// first and behind the last.
    private mutating func read(_ text: [UInt8]) -> [String] {
        var words: [String] = [], wordsStart = 0, at = 0
        while at < text.count {
            guard Self.isDigit(text[at]) else {
                at += 1
                continue
            }
            let start = at
            while at < text.count, Self.isDigit(text[at]) || Self.isSeparator(text, at) { at += 1 }
            guard start == 0 || !Self.isInName(text[start - 1]), at == text.count || !Self.isLetter(text[at]),
                let number = Int(String(decoding: text[start..<at].filter { Self.isDigit($0) }, as: UTF8.self))
            else { continue }
            words.append(String(decoding: text[wordsStart..<start], as: UTF8.self))
            all.append(number)
            wordsStart = at
        }
        words.append(String(decoding: text[wordsStart...], as: UTF8.self))
        return words
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) || byte == UInt8(ascii: "_") }

    private static func isInName(_ byte: UInt8) -> Bool {
        isLetter(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
    }

    /// A comma between digits.
    private static func isSeparator(_ text: [UInt8], _ at: Int) -> Bool {
        text[at] == UInt8(ascii: ",") && at + 1 < text.count && isDigit(text[at + 1])
    }
}
