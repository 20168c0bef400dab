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
///
/// A loop has a writer of its own that gathers the lines of a turn and writes them together.
package final class LogWriter: Sendable {
    private let sink: LogSink
    /// Lines that were made and not written yet.
    private let waiting = Mutex(ByteWriter())
    private let gathers = Atomic<Bool>(false)

    package init(descriptor: Int32 = 2, level: LogSeverity = .info) {
        sink = LogSink(descriptor: descriptor, level: level)
    }

    private init(_ sink: LogSink) { self.sink = sink }

    /// Another writer to the same place, with the same level and the same count of lost lines.
    func sibling() -> LogWriter { LogWriter(sink) }

    /// From now on lines wait for `flush`, or until they fill a piece.
    func gather() { gathers.store(true, ordering: .relaxed) }

    /// Sets the least severity that is written, for all that share the place.
    package func set(level: LogSeverity) { sink.level.store(level.rawValue, ordering: .relaxed) }

    /// Lines that nobody took.
    package var lostLines: Int { sink.lost.load(ordering: .relaxed) }

    /// Whether lines of this severity are written.
    package func writes(_ severity: LogSeverity) -> Bool {
        severity.rawValue >= sink.level.load(ordering: .relaxed)
    }

    /// From now on lines of at least `severity` are told to `mirror` as events too, for all that share the place; nil: none.
    package func mirror(from severity: LogSeverity?, to mirror: @escaping @Sendable (TelemetryEvent) -> Void) {
        sink.setMirror(severity.map { LogSink.Mirror(severity: $0, tell: mirror) })
    }

    /// Writes a line; `fields` adds members to it and must not write another.
    ///
    /// `isMirrored`: false for what is told to a collector in another way, or is about telling it.
    package func write(
        _ severity: LogSeverity, _ message: String, isMirrored: Bool = true, _ fields: (inout JSONWriter) -> Void
    ) {
        if isMirrored { sink.tell(severity, message, fields) }
        guard writes(severity) else { return }
        let time = wallClockNanoseconds()
        waiting.withLock { waiting in
            let start = waiting.count
            Self.append(severity, message, at: time, to: &waiting, fields)
            let length = waiting.count - start
            if length > LogSink.pieceSize, !sink.takesAnySize {
                // A longer one could be torn between two writers: what happened is said, the details are not.
                waiting.truncate(to: start)
                Self.append(severity, Self.cut(message), at: time, to: &waiting) { line in
                    line.member("cut_bytes", Int64(length))
                }
            }
            if waiting.count > LogSink.pieceSize { writeOut(&waiting, upTo: start) }
            if !gathers.load(ordering: .relaxed) { writeOut(&waiting, upTo: waiting.count) }
        }
    }

    /// Writes what was gathered.
    func flush() {
        waiting.withLock { waiting in
            if waiting.count > 0 { writeOut(&waiting, upTo: waiting.count) }
        }
    }

    /// Writes the lines that end at `end`.
    private func writeOut(_ waiting: inout ByteWriter, upTo end: Int) {
        sink.put(UnsafeRawBufferPointer(rebasing: waiting.bytes[..<end]))
        waiting.removePrefix(end)
    }

    private static func append(
        _ severity: LogSeverity, _ message: String, at time: Int64, to bytes: inout ByteWriter,
        _ fields: (inout JSONWriter) -> Void
    ) {
        var line = JSONWriter(into: bytes)
        line.beginObject()
        line.member("time", RFC3339.text(time, fraction: .microseconds))
        line.key("level")
        line.value(severity.text)
        line.member("message", message)
        fields(&line)
        line.endObject()
        bytes = line.finish()
        bytes.append(byte: 0x0A)
    }

    private static func cut(_ message: String) -> String { String(message.unicodeScalars.prefix(256)) }
}
