import Testing
import Wire

@Suite("Text on a terminal")
struct TerminalTextTests {
    @Test("What steers a terminal, turns text around or ends a line is replaced; all else stays")
    func controls() {
        #expect(TerminalText.shown("a\u{1B}[2Jb\r\n\u{9B}1m") == "a\u{FFFD}[2Jb\u{FFFD}\u{FFFD}\u{FFFD}1m")
        #expect(TerminalText.shown("x\u{202E}y\u{2028}z\u{2066}") == "x\u{FFFD}y\u{FFFD}z\u{FFFD}")
        #expect(TerminalText.shown("Jürgen 李小龍 👩‍💻") == "Jürgen 李小龍 👩‍💻")
    }

    @Test(
        "Cells of names in many scripts",
        arguments: [
            ("", 0), ("alice", 5), ("Jürgen", 6), ("Ju\u{308}rgen", 6), ("李小龍", 6), ("ｱﾘｽ", 3), ("ＡＢ", 4), ("김민수", 6),
            ("👩‍💻", 2), ("🇩🇪", 2), ("❤️", 2), ("…", 1), ("█▏", 2), ("Ольга", 5), ("\u{FFFD}", 1),
        ])
    func width(text: String, cells: Int) {
        #expect(TerminalText.width(text) == cells, "\(text)")
    }

    @Test("Columns are filled up, and lines cut, by cells")
    func cells() {
        #expect(TerminalText.padded("李", to: 4) == "李  " && TerminalText.padded("7", to: 3, isFigure: true) == "  7")
        #expect(TerminalText.fitted("李小龍", 5) == "李小…" && TerminalText.fitted("李小龍", 6) == "李小龍")
        #expect(TerminalText.fitted("李小龍", 4) == "李…")
    }
}
