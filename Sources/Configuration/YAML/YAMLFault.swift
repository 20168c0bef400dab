import CYAML

extension YAMLParser.Fault {
    /// What libyaml complains of, with what it was reading, as an end that is missing is noticed far below, and with a cure where its words
    /// name none.
    init(of parser: yaml_parser_t, in text: String) {
        let problem = parser.problem.map { String(cString: $0) } ?? "it cannot be read"
        let place =
            parser.error == YAML_READER_ERROR ? Self.mark(parser.problem_offset, text) : Self.mark(parser.problem_mark)
        let cure = Self.cure(problem, Self.line(place.line, text).prefix(place.column))
        self.init(mark: place, sentence: "this is not YAML: \(cure ?? problem + Self.context(parser))")
    }

    private static func cure(_ problem: String, _ start: Substring.UTF8View) -> String? {
        if start.last == UInt8(ascii: "\t"), start.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) {
            return "a tab stands in the indentation; write blanks"
        }
        switch problem {
        case "found character that cannot start any token":
            return "a value cannot begin with `\(String(start.suffix(1)) ?? "")`; put it in quotes"
        case "mapping values are not allowed in this context":
            return
                "no value was expected here; a name stands on a line of its own with a blank behind its colon, and a text with `: ` in quotes"
        default: return nil
        }
    }

    private static func context(_ parser: yaml_parser_t) -> String {
        guard let context = parser.context else { return "" }
        let isElsewhere = parser.context_mark.line != parser.problem_mark.line
        return ", \(String(cString: context))"
            + (isElsewhere ? " that begins in line \(parser.context_mark.line + 1)" : "")
    }

    private static func line(_ number: Int, _ text: String) -> Substring.UTF8View {
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), maxSplits: number, omittingEmptySubsequences: false)
        return lines.indices.contains(number - 1) ? lines[number - 1] : "".utf8[...]
    }

    private static func mark(_ mark: yaml_mark_t) -> YAMLMark { YAMLMark(line: mark.line + 1, column: mark.column + 1) }

    /// The place of a byte.
    private static func mark(_ offset: Int, _ text: String) -> YAMLMark {
        let before = text.utf8.prefix(offset)
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let column = before.reversed().prefix { $0 != UInt8(ascii: "\n") }.count + 1
        return YAMLMark(line: line, column: column)
    }
}
