import Glibc
import Ledger
import Synchronization

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

    /// Where a standard stream is closed, the first file that is opened would take its number, and with it what is said. The other way round,
    /// so that using one still fails.
    static func holdPlaces() {
        for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 {
            _ = open("/dev/null", descriptor == 0 ? O_WRONLY : O_RDONLY)
        }
    }

    // MARK: Faults

    /// The `errno` of the first write to standard output that failed; what would have followed is not written.
    private static let fault = Mutex<Int32?>(nil)

    /// Nobody reads on, or nothing more can be written.
    static var isBroken: Bool { fault.withLock { $0 != nil } }

    /// Closes standard output, as some file systems say only then that they did not keep what was written.
    ///
    /// - Parameter status: what the command has come to.
    /// - Returns: the process' exit status: 1 if an answer could not be written whole. A reader that went away, as `head` does, wants
    ///   no more, and is no fault.
    static func finish(_ status: Int32) -> Int32 {
        if close(1) != 0, errno != EBADF { note(errno) }
        guard let code = fault.withLock({ $0 }), code != EPIPE else { return status }
        complain("cannot write to the standard output: \(systemMessage(code)); what it holds is not whole")
        return max(status, 1)
    }

    private static func note(_ code: Int32) { fault.withLock { $0 = $0 ?? code } }

    // MARK: Writing

    private static func write(_ text: String, to descriptor: Int32) {
        write(Array(text.utf8)[...], to: descriptor)
    }

    private static func write(_ whole: ArraySlice<UInt8>, to descriptor: Int32) {
        if descriptor == 1, isBroken { return }
        var bytes = whole
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if written >= 0 {
                bytes = bytes.dropFirst(written)
            } else if errno == EAGAIN {
                waitForRoom(descriptor)
            } else if errno != EINTR {
                if descriptor == 1 { note(errno) }
                return
            }
        }
    }

    /// Whoever shares the terminal or pipe may have made it one that does not wait.
    private static func waitForRoom(_ descriptor: Int32) {
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&waiting, 1, -1)
    }
}
