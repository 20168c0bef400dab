/// Text as it may go to a terminal, and the cells that it takes there.
package enum TerminalText {
    /// Control characters, which could steer a terminal, turn its text around or begin a line, are replaced.
    package static func shown(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isControl($0) ? "\u{FFFD}" : $0 }))
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case ..<0x20, 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }

    /// Cells: two for a character of East Asian writing and for an emoji, none for one that only changes the one before.
    package static func width(_ text: String) -> Int {
        if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
        return text.reduce(0) { $0 + width($1) }
    }

    private static func width(_ character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        let isEmoji = first.properties.isEmojiPresentation || character.unicodeScalars.contains("\u{FE0F}")
        if isEmoji || isWide(first) { return 2 }
        switch first.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return 1
        }
    }

    /// Wide and full-width by Unicode's annex 11, in blocks.
    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3,
            0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6, 0x16FE0...0x18DFF, 0x1AFF0...0x1B2FF,
            0x1F200...0x1F265, 0x20000...0x3FFFD:
            true
        default: false
        }
    }

    /// With blanks behind it, or before it, up to so many cells.
    package static func padded(_ text: String, to width: Int, isFigure: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - Self.width(text)))
        return isFigure ? space + text : text + space
    }

    /// A line of at most so many cells; one that is longer ends with `…`.
    package static func fitted(_ line: String, _ width: Int) -> String {
        if Self.width(line) <= width { return line }
        var fitted = "", left = max(1, width - 1)
        for character in line {
            left -= Self.width(character)
            if left < 0 { break }
            fitted.append(character)
        }
        return fitted + "…"
    }
}
