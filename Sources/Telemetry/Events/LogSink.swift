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

    /// Who is told of lines besides.
    struct Mirror: Sendable {
        let severity: LogSeverity
        let tell: @Sendable (TelemetryEvent) -> Void
    }

    private let descriptor: Int32
    private let kind: Kind
    let level: Atomic<Int>
    let lost = Atomic<Int>(0)
    /// One write at a time: a pipe that has room for one may have none for two. True: the last one ended in the middle of a line.
    private let isTorn = Mutex(false)
    private let mirror = Mutex<Mirror?>(nil)
    /// The least severity that anybody mirrors: most lines need not ask for the mirror itself.
    private let mirrored = Atomic(Int.max)
    /// What a pipe takes at once if it is writable at all (Linux: a page; POSIX `PIPE_BUF`).
    static let pieceSize = 4_096

    init(descriptor: Int32, level: LogSeverity) {
        self.descriptor = descriptor
        self.level = Atomic(level.rawValue)
        var status = stat()
        let format = fstat(descriptor, &status) == 0 ? status.st_mode & S_IFMT : 0
        kind = format == S_IFREG ? .file : format == S_IFSOCK ? .socket : .other
    }

    func setMirror(_ mirror: Mirror?) {
        self.mirror.withLock { $0 = mirror }
        mirrored.store(mirror?.severity.rawValue ?? .max, ordering: .relaxed)
    }

    /// Tells the mirror of a line.
    func tell(_ severity: LogSeverity, _ message: String, _ fields: (inout JSONWriter) -> Void) {
        guard severity.rawValue >= mirrored.load(ordering: .relaxed), let mirror = mirror.withLock({ $0 }) else {
            return
        }
        var event = TelemetryEvent("tollgate.log", severity, message)
        var json = JSONWriter()
        json.beginObject()
        fields(&json)
        json.endObject()
        event.add("tollgate.log.fields", json.finish().text)
        mirror.tell(event)
    }

    /// Whether a piece may have any size.
    var takesAnySize: Bool { kind == .file }

    /// Writes whole lines at once or not at all, but where a disk takes a part: of that line the beginning stays, and the next line is
    /// one of its own.
    func put(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        let taken = isTorn.withLock { isTorn in
            if isTorn {
                guard [Self.lineEnd].withUnsafeBytes(write) == 1 else { return 0 }
                isTorn = false
            }
            let taken = max(0, write(bytes))
            isTorn = taken > 0 && bytes[taken - 1] != Self.lineEnd
            return taken
        }
        guard taken < bytes.count else { return }
        lost.add(bytes[taken...].count(where: { $0 == Self.lineEnd }), ordering: .relaxed)
    }

    private static let lineEnd = UInt8(ascii: "\n")

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
