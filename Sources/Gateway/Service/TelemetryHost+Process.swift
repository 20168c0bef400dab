import Glibc
import Ledger
import Synchronization
import Telemetry
import Transport

/// Figures of the process as text for Prometheus: see `Exporter.exposition`.
typealias Exposition =
    @Sendable (_ format: ExpositionFormat, _ isCompressed: Bool) async -> (body: [UInt8], isCompressed: Bool)

/// What is said of the process as a whole each time figures are gathered, on the exporter's thread.
extension TelemetryHost {
    var exposition: Exposition {
        { [exporter] format, isCompressed in await exporter.exposition(format, isCompressed: isCompressed) }
    }

    func watchProcess(_ ledger: Ledger) {
        let startedAt = monotonicNanoseconds(), writer = ledger.writer
        exporter.observe { figures in
            figures.set(.buildInfo, 1, Labels().adding("service.version", Version.current))
            figures.set(.processUptime, monotonicNanoseconds() - startedAt)
            Self.addProcess(&figures)
            Self.add(writer.published.withLock { $0 }, &figures)
        }
    }

    /// When the certificate that clients are shown ends.
    func tell(_ tls: TLSContext) {
        guard let end = tls.certificateEnd else { return }
        measure { $0.set(.certificateEnd, end) }
    }

    private static func add(_ counts: LedgerStatistics, _ figures: inout MetricShard) {
        figures.add(.ledgerRows, Int64(counts.rows))
        figures.add(.ledgerTransactions, Int64(counts.transactions))
        figures.add(.ledgerFaults, Int64(counts.faults))
        figures.set(.ledgerWaiting, Int64(counts.waiting))
        figures.set(.auditWaiting, Int64(counts.auditWaiting))
    }

    private static func addProcess(_ figures: inout MetricShard) {
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            figures.add(.processTime, nanoseconds(usage.ru_utime), Labels().adding("cpu.mode", "user"))
            figures.add(.processTime, nanoseconds(usage.ru_stime), Labels().adding("cpu.mode", "system"))
        }
        // Pages; the second number is what is resident (proc(5)).
        let pages = text("/proc/self/statm").split(separator: " ")
        if pages.count > 1, let resident = Int64(pages[1]) {
            figures.set(.processMemory, resident * Int64(sysconf(Int32(_SC_PAGESIZE))))
        }
        figures.set(.processThreads, entries("/proc/self/task"))
        figures.set(.processDescriptors, entries("/proc/self/fd"))
    }

    private static func nanoseconds(_ time: timeval) -> Int64 {
        Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_usec) * 1_000
    }

    private static func text(_ path: String) -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 256)
        let count = read(descriptor, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(0, count)), as: UTF8.self)
    }

    /// How many entries a folder has.
    private static func entries(_ path: String) -> Int64 {
        guard let folder = opendir(path) else { return 0 }
        defer { closedir(folder) }
        var count: Int64 = 0
        while readdir(folder) != nil { count += 1 }
        // Itself and its parent are none.
        return max(0, count - 2)
    }
}
