import Glibc
import Ledger
import Wire

/// Figures and names as the pages of sessions show them.
enum SessionText {
    /// `423 ms`, `4.2 s`, `3 m 20 s`, `2 h 5 m`.
    static func duration(_ nanoseconds: Int64) -> String {
        let milliseconds = max(0, nanoseconds) / 1_000_000
        if milliseconds < 1_000 { return "\(milliseconds) ms" }
        let seconds = milliseconds / 1_000
        if seconds < 60 { return "\(seconds).\(milliseconds % 1_000 / 100) s" }
        if seconds < 3_600 { return "\(seconds / 60) m \(seconds % 60) s" }
        return "\(seconds / 3_600) h \(seconds % 3_600 / 60) m"
    }

    /// `940`, `3.2k`, `1.5M`.
    static func tokens(_ count: Int64) -> String {
        if count < 1_000 { return "\(count)" }
        if count < 1_000_000 { return "\(count / 1_000).\(count % 1_000 / 100)k" }
        return "\(count / 1_000_000).\(count % 1_000_000 / 100_000)M"
    }

    /// `$0.0122`; four places, as a turn often costs less than a cent.
    static func money(_ nanos: Int64) -> String { Money.short(nanos) }

    /// `93 %`; empty where there was no input.
    static func share(_ part: Int64, of whole: Int64) -> String { whole > 0 ? "\(part * 100 / whole) %" : "" }

    /// `15:09:01`, UTC.
    static func time(_ nanoseconds: Int64) -> String {
        String(RFC3339.text(nanoseconds, fraction: .none).dropFirst(11).prefix(8))
    }

    /// `2026-11-21 15:09`, UTC.
    static func moment(_ nanoseconds: Int64) -> String {
        let text = RFC3339.text(nanoseconds, fraction: .none)
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5))"
    }

    /// A name from outside as it may go to a terminal.
    static func shown(_ name: String) -> String { TerminalText.shown(name) }

    /// Characters of a line: the terminal's, `COLUMNS`, or 120 where nobody says.
    static var width: Int {
        var size = winsize()
        if ioctl(1, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        if let text = getenv("COLUMNS"), let columns = Int(String(cString: text)), columns > 20 { return columns }
        return 120
    }

    /// A line that fits.
    static func fitted(_ line: String, _ width: Int) -> String { TerminalText.fitted(line, width) }
}
