import Wire

/// Conversations as the GenAI conventions write them (`gen_ai.input.messages`, `gen_ai.output.messages`,
/// `gen_ai.system_instructions`): JSON arrays of messages with parts. For content capture only, off the request's way.
package struct ContentMessages {
    /// What stands in place of each text.
    let replace: (String) -> String
    /// Bytes of each of the three, at most.
    let maximumBytes: Int

    package struct Text: Equatable, Sendable {
        package var json: String
        /// Messages that were left out, the oldest first.
        package var dropped = 0
        /// It was cut: no JSON any more.
        package var isCut = false
    }

    package init(maximumBytes: Int, replacing replace: @escaping (String) -> String) {
        self.maximumBytes = maximumBytes
        self.replace = replace
    }

    /// The newest messages of a Messages request that there is room for, at least the last one.
    package func input(_ body: JSONValue) -> Text? {
        guard let messages = body["messages"]?.array else { return nil }
        var kept: [String] = [], size = 2
        for message in messages.reversed() {
            let text = self.message(role: message["role"]?.string ?? "user", message["content"]).text
            guard kept.isEmpty || size + text.utf8.count + 1 <= maximumBytes else { break }
            kept.append(text)
            size += text.utf8.count + 1
        }
        var text = cut("[\(kept.reversed().joined(separator: ","))]")
        text.dropped = messages.count - kept.count
        return text
    }

    /// Its `system`, as parts.
    package func system(_ body: JSONValue) -> Text? {
        guard let system = body["system"], !system.isNull else { return nil }
        return cut(JSONValue.array(parts(system)).text)
    }

    /// A whole answer as one message.
    package func output(_ answer: JSONValue) -> Text? {
        guard let content = answer["content"] else { return nil }
        return output(content, finishReason: answer["stop_reason"]?.string ?? "")
    }

    func output(_ content: JSONValue, finishReason: String) -> Text {
        var message = message(role: "assistant", content).object ?? JSONObject()
        if !finishReason.isEmpty { message["finish_reason"] = .string(replace(finishReason)) }
        return cut(JSONValue.array([.object(message)]).text)
    }

    private func message(role: String, _ content: JSONValue?) -> JSONValue {
        ["role": .string(replace(role)), "parts": .array(content.map(parts) ?? [])]
    }

    /// `content`: a string, or an array of blocks.
    private func parts(_ content: JSONValue) -> [JSONValue] {
        if let text = content.string { return [["type": "text", "content": .string(replace(text))]] }
        return content.array?.map(part) ?? []
    }

    private func part(_ block: JSONValue) -> JSONValue {
        func text(_ name: String) -> JSONValue { .string(replace(block[name]?.string ?? "")) }
        let type = block["type"]?.string ?? "unknown"
        switch type {
        case "text": return ["type": "text", "content": text("text")]
        case "thinking": return ["type": "reasoning", "content": text("thinking")]
        case "tool_use", "server_tool_use":
            return [
                "type": "tool_call", "id": text("id"), "name": text("name"),
                "arguments": replaced(block["input"] ?? .null),
            ]
        case "tool_result":
            return [
                "type": "tool_call_response", "id": text("tool_use_id"),
                "response": response(block["content"] ?? .null),
            ]
        default:
            // Pictures, documents and what comes tomorrow: that it was there, and how large.
            return ["type": text("type"), "size": .integer(Int64(block.text.utf8.count))]
        }
    }

    /// What a tool said: text, or parts.
    private func response(_ content: JSONValue) -> JSONValue {
        content.array.map { .array($0.map(part)) } ?? replaced(content)
    }

    /// Every text in it replaced, names of members too: they may hold anything. A number may be one of a card.
    private func replaced(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): return .string(replace(text))
        case .array(let elements): return .array(elements.map(replaced))
        case .object(let object):
            var result = JSONObject()
            for member in object.members {
                result.append(replace(member.key), replaced(member.value, of: member.key))
            }
            return .object(result)
        case .integer, .number, .literal:
            let text = value.text, replacement = replace(text)
            return text == replacement ? value : .string(replacement)
        case .null, .bool: return value
        }
    }

    /// Of a text or a number its name may tell that it is a secret, `"password": "…"`, whatever it holds: then all of it is replaced.
    private func replaced(_ value: JSONValue, of name: String) -> JSONValue {
        switch value {
        case .array, .object, .null, .bool: return replaced(value)
        case .string, .integer, .number, .literal: break
        }
        let begin = "\(name)=", text = value.string ?? value.text, anything = "anything"
        let named = replace(begin + anything)
        guard named.hasSuffix(anything) else { return .string(without(begin, named)) }
        let alone = replace(text)
        guard alone == text else { return .string(alone) }
        let both = replace(begin + text)
        return both.hasSuffix(text) ? value : .string(without(begin, both))
    }

    private func without(_ begin: String, _ text: String) -> String {
        text.hasPrefix(begin) ? String(text.dropFirst(begin.count)) : text
    }

    private func cut(_ json: String) -> Text {
        guard json.utf8.count > maximumBytes else { return Text(json: json) }
        var size = 0
        let cut = json.unicodeScalars.prefix { scalar in
            size += UTF8.width(scalar)
            return size <= maximumBytes
        }
        return Text(json: String(cut), isCut: true)
    }
}
