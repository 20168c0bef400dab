/// A condition of a report: the column's value is, or matches, one of several.
package struct ReportFilter: Sendable, Equatable {
    package let column: ReportColumn
    /// Values; `*` stands for any characters, also none. An empty one matches requests that have no value.
    package let patterns: [String]

    /// Reads `column=value` pairs, each argument one or several with commas between. Values of the same column are
    /// alternatives; different columns must all match. A piece without `=` is another value of the column before.
    static func parse(_ arguments: [String]) throws(LedgerError) -> [ReportFilter] {
        var order: [ReportColumn] = []
        var patterns: [ReportColumn: [String]] = [:]
        for argument in arguments {
            var current: ReportColumn?
            for piece in argument.split(separator: ",", omittingEmptySubsequences: false) {
                let (column, value) = try Self.pair(piece, after: current)
                if patterns[column] == nil { order.append(column) }
                patterns[column, default: []].append(value)
                current = column
            }
        }
        return order.map { ReportFilter(column: $0, patterns: patterns[$0] ?? []) }
    }

    private static func pair(_ piece: Substring, after current: ReportColumn?)
        throws(LedgerError) -> (ReportColumn, String)
    {
        guard let equals = piece.firstIndex(of: "=") else {
            guard let current else { throw .invalidQuery("`\(piece)` is no condition; write column=value") }
            return (current, String(piece))
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
                return "(',' || \(expression) || ',') GLOB \(parameter("*," + Self.glob(pattern) + ",*"))"
            }
            return pattern.contains("*")
                ? "\(expression) GLOB \(parameter(Self.glob(pattern)))" : "\(expression) = \(parameter(pattern))"
        }
        return "(" + alternatives.joined(separator: " OR ") + ")"
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
