import Wire

/// Rows of cells as columns for people to read; the first row holds the headings. Cells may hold what others chose: what could steer
/// the terminal is replaced.
enum TextTable {
    static func render(_ rows: [[String]]) -> String {
        guard let first = rows.first else { return "" }
        let rows = rows.map { $0.map(TerminalText.shown) }
        let widths = first.indices.map { column in rows.map { TerminalText.width($0[column]) }.max() ?? 0 }
        return rows.map { row in
            var line = zip(row, widths).map { TerminalText.padded($0, to: $1) }.joined(separator: "  ")
            while line.last == " " { line.removeLast() }
            return line
        }.joined(separator: "\n")
    }
}
