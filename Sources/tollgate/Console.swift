import Glibc

/// The terminal: answers go to standard output, complaints to standard error.
enum Console {
    static func print(_ text: String) { write(text + "\n", to: 1) }

    /// Prints what comes in many pieces, in few writes and without a line end of its own.
    static func stream(_ body: ((String) -> Void) -> Void) {
        var waiting = ""
        body { piece in
            waiting += piece
            if waiting.utf8.count > 1 << 16 {
                write(waiting, to: 1)
                waiting = ""
            }
        }
        write(waiting, to: 1)
    }

    /// Prints pieces as they come.
    static func stream(bytes body: (([UInt8]) -> Void) -> Void) { body { write($0[...], to: 1) } }

    static func complain(_ text: String) { write("tollgate: \(text)\n", to: 2) }

    /// Standard output is a terminal: bars and colours make sense.
    static var isTerminal: Bool { isatty(1) == 1 }

    private static func write(_ text: String, to descriptor: Int32) {
        write(Array(text.utf8)[...], to: descriptor)
    }

    private static func write(_ whole: ArraySlice<UInt8>, to descriptor: Int32) {
        var bytes = whole
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // A reader that went away (as `head` does) wants no more.
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }
}
