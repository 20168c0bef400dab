import Wire

/// What every client relies on: the order of a Messages stream's events.
/// https://platform.claude.com/docs/en/build-with-claude/streaming
package struct MessagesGrammar {
    private var hasBegun = false, hasEnded = false, hasDelta = false
    private var openBlock: String?
    private var blocks: Int64 = 0
    private var isSigned = false

    /// What is wrong with a stream; `nil` for nothing. One that came to no event is right: then the answer is an HTTP error.
    package static func fault(in stream: String) -> String? { fault(in: Array(stream.utf8)) }

    /// The same of its bytes.
    package static func fault(in stream: [UInt8]) -> String? {
        if stream.isEmpty { return nil }
        guard String(validating: stream, as: UTF8.self) != nil else { return "not UTF-8" }
        var grammar = MessagesGrammar()
        let lines = stream.split(separator: 0x0A, omittingEmptySubsequences: false)
        // Three lines are an event; behind the last one there is nothing.
        guard lines.count % 3 == 1, lines.last?.isEmpty == true else { return "the last event has no end" }
        for start in stride(from: 0, to: lines.count - 1, by: 3) {
            let name = lines[start], data = lines[start + 1]
            func shown(_ fault: String) -> String { "\(fault): \(String(decoding: data, as: UTF8.self))" }
            guard name.starts(with: eventField), data.starts(with: dataField), lines[start + 2].isEmpty else {
                return shown("no event")
            }
            let json = data.dropFirst(dataField.count)
            guard let event = try? json.withUnsafeBytes({ try JSONValue(parsing: $0) }) else { return shown("no JSON") }
            guard let type = event["type"]?.string, name.dropFirst(eventField.count).elementsEqual(type.utf8) else {
                return shown("its name differs")
            }
            if let fault = grammar.fault(in: event) { return shown(fault) }
        }
        return grammar.hasEnded ? nil : "neither message_stop nor error at the end"
    }

    private static let eventField = Array("event: ".utf8), dataField = Array("data: ".utf8)

    private mutating func fault(in event: JSONValue) -> String? {
        if hasEnded { return "an event behind the end" }
        let type = event["type"]?.string ?? ""
        if type == "message_start" {
            defer { hasBegun = true }
            return hasBegun ? "a second beginning" : fault(inStart: event["message"] ?? .null)
        }
        guard hasBegun else { return "an event before the beginning" }
        switch type {
        case "content_block_start", "content_block_delta", "content_block_stop":
            if event["index"]?.int64 != blocks { return "another index than \(blocks)" }
            return hasDelta ? "a block behind message_delta" : fault(inBlock: type, event)
        case "message_delta":
            defer { hasDelta = true }
            if hasDelta || openBlock != nil { return "message_delta comes twice or within a block" }
            return fault(inEnd: event)
        case "message_stop":
            hasEnded = true
            return hasDelta ? nil : "message_stop without message_delta"
        case "error":
            hasEnded = true
            return event["error"]?["type"]?.string == nil || event["error"]?["message"]?.string == nil
                ? "an error without type or message" : nil
        case "ping": return nil
        default: return "an unknown event"
        }
    }

    // MARK: Parts

    private static let counts = [
        "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens",
    ]

    private func fault(inStart message: JSONValue) -> String? {
        guard message["type"] == "message", message["role"] == "assistant", message["content"] == [],
            message["id"]?.string != nil, message["model"]?.string != nil
        else { return "not the beginning of a message" }
        return Self.fault(inUsage: message["usage"])
    }

    private func fault(inEnd event: JSONValue) -> String? {
        guard event["delta"]?["stop_reason"]?.string != nil else { return "no stop_reason" }
        return Self.fault(inUsage: event["usage"])
    }

    /// T-24: all four are there, and none is less than nothing.
    private static func fault(inUsage usage: JSONValue?) -> String? {
        counts.allSatisfy { (usage?[$0]?.int64 ?? -1) >= 0 } ? nil : "usage is not whole"
    }

    private static let deltas: [String: [String: String]] = [
        "text": ["text_delta": "text"],
        "thinking": ["thinking_delta": "thinking", "signature_delta": "signature"],
        "tool_use": ["input_json_delta": "partial_json"],
    ]

    private mutating func fault(inBlock type: String, _ event: JSONValue) -> String? {
        switch type {
        case "content_block_start":
            if openBlock != nil { return "a block within a block" }
            openBlock = event["content_block"]?["type"]?.string
            return openBlock == nil ? "a block without a type" : nil
        case "content_block_delta":
            guard let openBlock, let kind = event["delta"]?["type"]?.string else { return "a delta outside of a block" }
            guard let field = Self.deltas[openBlock]?[kind], event["delta"]?[field]?.string != nil else {
                return "a delta of another kind than its block"
            }
            defer { isSigned = kind == "signature_delta" }
            return isSigned ? "a delta behind the signature" : nil
        default:
            defer {
                openBlock = nil
                isSigned = false
                blocks += 1
            }
            return openBlock == nil ? "a block ends that was not open" : nil
        }
    }
}
