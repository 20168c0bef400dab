import Wire

extension YAMLNode {
    /// What cannot be said in JSON, or might be meant otherwise.
    struct JSONFault: Error {
        let mark: YAMLMark
        let sentence: String
    }

    /// The node as JSON. Values that are not quoted are `null`, truth or number where JSON would read them so, else text.
    /// - Parameter fill: fills in `${…}`; `nil` when that failed and is noted.
    func json(fill: (String, YAMLMark) -> String?) throws(JSONFault) -> [UInt8]? {
        var writer = JSONWriter()
        guard try write(to: &writer, fill) else { return nil }
        return writer.array
    }

    private func write(
        to writer: inout JSONWriter, _ fill: (String, YAMLMark) -> String?
    ) throws(JSONFault) -> Bool {
        switch content {
        case .scalar(let raw, let isPlain):
            guard let text = fill(raw, mark) else { return false }
            try write(text, isPlain: isPlain, to: &writer)
            return true
        case .sequence(let elements):
            writer.beginArray()
            for element in elements { guard try element.write(to: &writer, fill) else { return false } }
            writer.endArray()
            return true
        case .mapping(let members):
            writer.beginObject()
            for member in members {
                writer.key(string: member.key)
                guard try member.value.write(to: &writer, fill) else { return false }
            }
            writer.endObject()
            return true
        }
    }

    private func write(_ text: String, isPlain: Bool, to writer: inout JSONWriter) throws(JSONFault) {
        guard isPlain else { return writer.value(string: text) }
        switch text {
        case "", "~", "null": writer.null()
        case "true": writer.value(true)
        case "false": writer.value(false)
        default:
            // Truth in YAML 1.1, text for others.
            if ["yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
                || ["true", "false", "null"].contains(text.lowercased())
            {
                throw JSONFault(
                    mark: mark, sentence: "`\(text)` may be truth or text; write true or false, or quote it")
            }
            guard Self.isNumber(text) else { return writer.value(string: text) }
            var text = text
            text.withUTF8 { writer.value(raw: UnsafeRawBufferPointer($0)) }
        }
    }

    /// RFC 8259 §6.
    private static func isNumber(_ text: String) -> Bool {
        var rest = text.utf8[...]
        func digits() -> Int {
            let count = rest.prefix { (0x30...0x39).contains($0) }.count
            rest = rest.dropFirst(count)
            return count
        }
        if rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        let startsWithZero = rest.first == UInt8(ascii: "0"), whole = digits()
        guard whole > 0, whole == 1 || !startsWithZero else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            guard digits() > 0 else { return false }
        }
        if rest.first.map({ $0 | 0x20 }) == UInt8(ascii: "e") {
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }
}
