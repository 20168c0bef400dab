/// A condition of a report: the column's value is, or matches, one of several.
package struct ReportFilter: Sendable, Equatable {
    package let column: ReportColumn
    /// Values; `*` stands for any characters, also none. An empty one matches requests that have no value.
    package let patterns: [String]

    /// Reads `column=value` pairs, each argument one or several with commas between. Values of the same column are
    /// alternatives; different columns must all match. A piece without `=` is another value of the column before. A comma of a value
    /// has a backslash before it, as has a backslash that stands before a comma or another one.
    static func parse(_ arguments: [String]) throws(LedgerError) -> [ReportFilter] {
        var order: [ReportColumn] = []
        var patterns: [ReportColumn: [String]] = [:]
        for argument in arguments {
            var current: ReportColumn?
            for piece in Self.pieces(of: argument) {
                let (column, value) = try Self.pair(piece, after: current)
                if patterns[column] == nil { order.append(column) }
                patterns[column, default: []].append(value)
                current = column
            }
        }
        return order.map { ReportFilter(column: $0, patterns: patterns[$0] ?? []) }
    }

    /// Cut at the commas that have no backslash before them.
    private static func pieces(of argument: String) -> [String] {
        var pieces: [String.UnicodeScalarView] = [.init()], isEscaped = false
        for scalar in argument.unicodeScalars {
            let last = pieces.count - 1
            if isEscaped {
                // Of others it is a character like any: `DOMAIN\alice`.
                if scalar != ",", scalar != "\\" { pieces[last].append("\\") }
                pieces[last].append(scalar)
                isEscaped = false
            } else if scalar == "\\" {
                isEscaped = true
            } else if scalar == "," {
                pieces.append(.init())
            } else {
                pieces[last].append(scalar)
            }
        }
        if isEscaped { pieces[pieces.count - 1].append("\\") }
        return pieces.map { String($0) }
    }

    private static func pair(_ piece: String, after current: ReportColumn?)
        throws(LedgerError) -> (ReportColumn, String)
    {
        guard let equals = piece.firstIndex(of: "=") else {
            guard let current else { throw .invalidQuery("--where \(piece) is no condition; write COLUMN=VALUE") }
            // Rather part of a name, `Doe, Jane`, than another one.
            guard piece.first != " " else {
                throw .invalidQuery(
                    "--where \(current.name)=…,\(piece): a comma is between values; write one that belongs to a value as \\,"
                )
            }
            return (current, piece)
        }
        let column = try ReportColumn(String(piece[..<equals]))
        if column.isTime { throw .invalidQuery("times are chosen by --since and --until, not by \(column.name)=") }
        return (column, String(piece[piece.index(after: equals)...]))
    }

    /// The condition in SQL, over the expression of its column.
    func condition(_ expression: String, _ parameter: (String) -> String) -> String {
        let alternatives = patterns.map { pattern in
            // A list matches if one of its members does.
            if column == .groups, !pattern.isEmpty {
                return "(',' || \(expression) || ',') GLOB \(parameter("*," + Self.glob(Self.member(pattern)) + ",*"))"
            }
            return pattern.contains("*")
                ? "\(expression) GLOB \(parameter(Self.glob(pattern)))" : "\(expression) = \(parameter(pattern))"
        }
        return "(" + alternatives.joined(separator: " OR ") + ")"
    }

    /// A group as the text of all of them has it.
    private static func member(_ group: String) -> String {
        group.reduce(into: "") { text, character in
            if character == "," || character == "\\" { text.append("\\") }
            text.append(character)
        }
    }

    /// SQLite's pattern: its other special characters, `?` and `[`, are to stand for themselves.
    private static func glob(_ pattern: String) -> String {
        var glob = ""
        for character in pattern {
            switch character {
            case "?": glob += "[?]"
            case "[": glob += "[[]"
            default: glob.append(character)
            }
        }
        return glob
    }
}
