import Wire

/// Cells under each other, for people: each column as wide as its widest cell.
struct TextColumns {
    private let widths: [Int]
    private let isText: (Int) -> Bool

    /// - Parameters:
    ///   - rows: of equally many cells.
    ///   - isText: whether a column is aligned to the left; figures stand at the right.
    init(_ rows: [[String]], isText: @escaping (Int) -> Bool) {
        widths = (rows.first ?? []).indices.map { column in rows.map { TerminalText.width($0[column]) }.max() ?? 0 }
        self.isText = isText
    }

    /// The first columns are text.
    init(_ rows: [[String]], leading: Int) { self.init(rows) { $0 < leading } }

    var rule: String { widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ") }

    /// A row, without blanks at its end.
    func line(_ cells: [String]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            line += (index > 0 ? "  " : "") + TerminalText.padded(cell, to: widths[index], isFigure: !isText(index))
        }
        while line.last == " " { line.removeLast() }
        return line
    }
}
