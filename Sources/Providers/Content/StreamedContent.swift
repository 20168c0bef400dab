import Wire

/// Puts the blocks of a Messages event stream together again: for content capture only, off the request's way.
package struct StreamedContent {
    private var blocks: [JSONValue] = []
    private var inputs: [Int: String] = [:]
    /// What came after the begin of `text` and of `thinking`.
    private var texts: [Int: [String: String]] = [:]
    private var finishReason = ""

    /// - Parameter stream: from its begin, perhaps not to its end.
    package init(_ stream: UnsafeRawBufferPointer) {
        var parser = SSEParser(), position = 0
        let interest: SSEInterest = [.contentBlockStart, .contentBlockDelta, .messageDelta]
        while true {
            switch parser.next(stream, &position, interest: interest) {
            case .needMore: return
            case .skipped: continue
            case .event(name: let name, data: let data):
                if let event = try? JSONValue(parsing: data) { take(name, event) }
            }
        }
    }

    /// The message that it makes; `nil`: nothing of one is there.
    package func output(_ messages: ContentMessages) -> ContentMessages.Text? {
        if blocks.isEmpty { return nil }
        var blocks = blocks
        for (index, pieces) in texts {
            guard var block = blocks[index].object else { continue }
            for (name, rest) in pieces { block[name] = .string((block[name]?.string ?? "") + rest) }
            blocks[index] = .object(block)
        }
        for (index, text) in inputs {
            guard var block = blocks[index].object else { continue }
            // Whole, it is JSON; of a stream that broke off, a part of it.
            block["input"] = (try? JSONValue(parsing: text)) ?? .string(text)
            blocks[index] = .object(block)
        }
        return messages.output(.array(blocks), finishReason: finishReason)
    }

    private mutating func take(_ name: SSEName, _ event: JSONValue) {
        switch name {
        case .contentBlockStart: if let block = event["content_block"] { blocks.append(block) }
        case .contentBlockDelta: if let delta = event["delta"] { add(delta) }
        case .messageDelta: finishReason = event["delta"]?["stop_reason"]?.string ?? finishReason
        default: break
        }
    }

    private mutating func add(_ delta: JSONValue) {
        guard let last = blocks.indices.last else { return }
        if let piece = delta["partial_json"]?.string { inputs[last, default: ""] += piece }
        for name in ["text", "thinking"] {
            if let piece = delta[name]?.string { texts[last, default: [:]][name, default: ""] += piece }
        }
    }
}
