import CYAML

/// Reads one YAML document (YAML 1.1 as libyaml has it) into nodes. Anchors, aliases and tags are refused: a configuration says
/// what it means in one place. So are duplicate keys, of which readers take one or the other.
///
/// What is refused although it can be read is noted in `faults`, so that all of it is found at once; what cannot be read throws.
struct YAMLParser {
    struct Fault: Error {
        let mark: YAMLMark
        let sentence: String
    }

    private(set) var faults: [Fault] = []
    private var source = ""
    private static let maximumDepth = 32

    /// The document's root; `nil` if the text has no document.
    mutating func parse(_ text: String) throws(Fault) -> YAMLNode? {
        source = text
        var parser = yaml_parser_t()
        guard yaml_parser_initialize(&parser) == 1 else {
            throw Fault(mark: YAMLMark(line: 0, column: 0), sentence: "no memory for a YAML parser")
        }
        defer { yaml_parser_delete(&parser) }
        // The copy stays in place for as long as libyaml reads it.
        let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: max(1, text.utf8.count))
        defer { bytes.deallocate() }
        _ = bytes.initialize(fromContentsOf: text.utf8)
        yaml_parser_set_input_string(&parser, bytes.baseAddress, text.utf8.count)
        return try document(&parser)
    }

    private mutating func document(_ parser: inout yaml_parser_t) throws(Fault) -> YAMLNode? {
        var root: YAMLNode?
        while true {
            let event = try next(&parser)
            switch event.kind {
            case YAML_STREAM_END_EVENT: return root
            case YAML_STREAM_START_EVENT, YAML_DOCUMENT_END_EVENT: continue
            case YAML_DOCUMENT_START_EVENT:
                if root != nil {
                    throw Fault(
                        mark: event.mark, sentence: "a second document begins here; one file holds one document")
                }
            default: root = try node(event, &parser, depth: 0)
            }
        }
    }

    private struct Event {
        var kind: yaml_event_type_t
        var mark: YAMLMark
        var text = ""
        var isPlain = false
        var isDecorated = false
    }

    private mutating func next(_ parser: inout yaml_parser_t) throws(Fault) -> Event {
        var raw = yaml_event_t()
        guard yaml_parser_parse(&parser, &raw) == 1 else {
            throw Fault(of: parser, in: source)
        }
        defer { yaml_event_delete(&raw) }
        var event = Event(kind: raw.type, mark: Self.mark(raw.start_mark))
        switch raw.type {
        case YAML_SCALAR_EVENT:
            let scalar = raw.data.scalar
            event.text = String(
                decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            event.isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
            event.isDecorated = scalar.anchor != nil || scalar.tag != nil
        case YAML_SEQUENCE_START_EVENT:
            event.isDecorated = raw.data.sequence_start.anchor != nil || raw.data.sequence_start.tag != nil
        case YAML_MAPPING_START_EVENT:
            event.isDecorated = raw.data.mapping_start.anchor != nil || raw.data.mapping_start.tag != nil
        case YAML_ALIAS_EVENT: event.isDecorated = true
        default: break
        }
        if event.isDecorated {
            faults.append(
                Fault(mark: event.mark, sentence: "anchors, aliases and tags are not taken; write the value out"))
        }
        return event
    }

    private static func mark(_ mark: yaml_mark_t) -> YAMLMark { YAMLMark(line: mark.line + 1, column: mark.column + 1) }

    private mutating func node(_ event: Event, _ parser: inout yaml_parser_t, depth: Int) throws(Fault) -> YAMLNode {
        guard depth < Self.maximumDepth else { throw Fault(mark: event.mark, sentence: "nested too deep") }
        switch event.kind {
        case YAML_SEQUENCE_START_EVENT:
            var elements: [YAMLNode] = []
            while true {
                let next = try next(&parser)
                if next.kind == YAML_SEQUENCE_END_EVENT { break }
                elements.append(try node(next, &parser, depth: depth + 1))
            }
            return YAMLNode(content: .sequence(elements), mark: event.mark)
        case YAML_MAPPING_START_EVENT:
            return YAMLNode(content: .mapping(try members(&parser, depth: depth)), mark: event.mark)
        default:
            return YAMLNode(content: .scalar(event.text, isPlain: event.isPlain), mark: event.mark)
        }
    }

    private mutating func members(_ parser: inout yaml_parser_t, depth: Int) throws(Fault) -> [YAMLMember] {
        var members: [YAMLMember] = []
        while true {
            let key = try next(&parser)
            if key.kind == YAML_MAPPING_END_EVENT { return members }
            guard key.kind == YAML_SCALAR_EVENT else {
                throw Fault(mark: key.mark, sentence: "a setting's name must be a plain word")
            }
            if let first = members.first(where: { $0.key == key.text }) {
                faults.append(
                    Fault(
                        mark: key.mark,
                        sentence: "\(key.text) stands here twice; it was first set in line \(first.mark.line)"))
            }
            let value = try node(try next(&parser), &parser, depth: depth + 1)
            members.append(YAMLMember(key: key.text, mark: key.mark, value: value))
        }
    }
}
