import Glibc
import Synchronization
import Transport
import Wire

/// How bad it is.
package enum LogSeverity: Int, Sendable, Comparable {
    case debug, info, warning, error

    var text: StaticString {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warning: "warning"
        case .error: "error"
        }
    }

    package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// Writes log lines to a descriptor: one JSON object each, whole, from any thread. A reader that does not keep up loses lines,
/// which are counted; nobody waits for it.
package final class LogWriter: Sendable {
    private let descriptor: Int32
    private let level: Atomic<Int>
    private let lost = Atomic<Int>(0)
    /// What a pipe takes at once if it is writable at all (POSIX `PIPE_BUF`).
    private static let maximumLine = 4_096

    package init(descriptor: Int32 = 2, level: LogSeverity = .info) {
        self.descriptor = descriptor
        self.level = Atomic(level.rawValue)
    }

    package func set(level: LogSeverity) { self.level.store(level.rawValue, ordering: .relaxed) }

    /// Lines that nobody took.
    package var lostLines: Int { lost.load(ordering: .relaxed) }

    package func writes(_ severity: LogSeverity) -> Bool { severity.rawValue >= level.load(ordering: .relaxed) }

    /// Writes a line; `fields` adds members to it.
    package func write(_ severity: LogSeverity, _ message: String, _ fields: (inout JSONWriter) -> Void) {
        guard writes(severity) else { return }
        var line = JSONWriter(into: ByteWriter(capacity: 512))
        line.beginObject()
        line.member("time", RFC3339.text(wallClockNanoseconds(), fraction: .microseconds))
        line.key("level")
        line.value(severity.text)
        line.member("message", message)
        fields(&line)
        line.endObject()
        var bytes = line.finish()
        bytes.append(byte: 0x0A)
        bytes.withBytes { put($0) }
    }

    private func put(_ line: UnsafeRawBufferPointer) {
        var state = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        // A longer line than a pipe takes at once could be torn between two writers.
        guard line.count <= Self.maximumLine || isFile, poll(&state, 1, 0) == 1, state.revents & Int16(POLLOUT) != 0,
            Glibc.write(descriptor, line.baseAddress, line.count) == line.count
        else {
            lost.add(1, ordering: .relaxed)
            return
        }
    }

    private var isFile: Bool {
        var status = stat()
        return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}
