/// Comma-separated values (RFC 4180), safe to open in a spreadsheet, also in one that takes semicolons or tabs for the ends of cells.
package enum CSVText {
    /// A line of fields that are ours: numbers, times, names of columns.
    package static func line(_ fields: [String]) -> String {
        fields.map(quoted).joined(separator: ",") + "\r\n"
    }

    /// A value that others chose. Behind `=`, `+`, `-`, `@`, a tab or a line end a spreadsheet would look for a formula, where it
    /// begins and behind what may end a cell: an apostrophe before it makes it a text.
    package static func text(_ value: String) -> String {
        var text = String.UnicodeScalarView(), beginsCell = true
        for scalar in value.unicodeScalars {
            let endsCell = cellEnds.contains(scalar)
            if beginsCell, formulaStarts.contains(scalar) || (text.isEmpty && endsCell && scalar != ";") {
                text.append("'")
            }
            text.append(scalar)
            // Quotes around what follows the end of a cell are taken off.
            beginsCell = endsCell || (beginsCell && scalar == "\"")
        }
        return String(text)
    }

    /// In their full width, too, as some locales write them.
    private static let formulaStarts: Set<Unicode.Scalar> = [
        "=", "+", "-", "@", "\u{FF1D}", "\u{FF0B}", "\u{FF0D}", "\u{FF20}",
    ]
    /// The ends of cells and lines where commas are not.
    private static let cellEnds: Set<Unicode.Scalar> = [";", "\t", "\r", "\n"]

    /// Fields with anything that ends a cell somewhere, or a quote, stand in quotes, their quotes doubled. NUL, which ends a text for
    /// some readers, is replaced.
    private static func quoted(_ field: String) -> String {
        let special = field.unicodeScalars.contains { $0 == "," || $0 == "\"" || $0 == "\0" || cellEnds.contains($0) }
        guard special else { return field }
        var text = "\""
        for scalar in field.unicodeScalars {
            switch scalar {
            case "\"": text += "\"\""
            case "\0": text += "\u{FFFD}"
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
