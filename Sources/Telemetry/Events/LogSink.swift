import Glibc
import Synchronization
import Wire

/// The descriptor that log lines go to, shared by the writers of a process. A reader that does not keep up loses lines, which
/// are counted; nobody waits for it.
final class LogSink: Sendable {
    private enum Kind {
        case file, socket
        /// Pipes, terminals and the like.
        case other
    }

    private let descriptor: Int32
    private let kind: Kind
    let level: Atomic<Int>
    let lost = Atomic<Int>(0)
    /// One write at a time: a pipe that has room for one may have none for two.
    private let turn = Mutex<Void>(())
    /// What a pipe takes at once if it is writable at all (Linux: a page; POSIX `PIPE_BUF`).
    static let pieceSize = 4_096

    init(descriptor: Int32, level: LogSeverity) {
        self.descriptor = descriptor
        self.level = Atomic(level.rawValue)
        var status = stat()
        let format = fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : 0
        kind = format == S_IFREG ? .file : format == S_IFSOCK ? .socket : .other
    }

    /// Whether a piece may have any size.
    var takesAnySize: Bool { kind == .file }

    /// Writes whole lines at once or not at all.
    func put(_ bytes: UnsafeRawBufferPointer, lines: Int) {
        guard bytes.count > 0 else { return }
        let isTaken = turn.withLock { _ in write(bytes) == bytes.count }
        if !isTaken { lost.add(lines, ordering: .relaxed) }
    }

    private func write(_ bytes: UnsafeRawBufferPointer) -> Int {
        switch kind {
        case .file: return Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        case .socket:
            return send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
        case .other:
            var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&state, 1, 0) == 1, state.revents == Int16(POLLOUT) else { return 0 }
            return Glibc.write(descriptor, bytes.baseAddress, bytes.count)
        }
    }
}
