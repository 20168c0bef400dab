/// Comma-separated values (RFC 4180), safe to open in a spreadsheet.
package enum CSVText {
    /// A line of fields that are ours: numbers, times, names of columns.
    package static func line(_ fields: [String]) -> String {
        fields.map(quoted).joined(separator: ",") + "\r\n"
    }

    /// A value that others chose. Behind `=`, `+`, `-`, `@`, a tab or a line end a spreadsheet would look for a formula: an
    /// apostrophe before it makes it a text.
    package static func text(_ value: String) -> String {
        switch value.unicodeScalars.first {
        case "=", "+", "-", "@", "\t", "\r", "\n": "'" + value
        default: value
        }
    }

    /// Fields with a comma, a quote or a line break stand in quotes, their quotes doubled. NUL, which ends a text for some
    /// readers, is replaced.
    private static func quoted(_ field: String) -> String {
        let special = field.utf8.contains { $0 == 0x2C || $0 == 0x22 || $0 == 0x0A || $0 == 0x0D || $0 == 0 }
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
