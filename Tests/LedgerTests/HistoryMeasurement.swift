import Glibc
import Testing

@testable import Ledger

/// How long a start takes to read a large ledger. Run by hand, optimised, with a data directory in the environment:
///
///     TOLLGATE_LARGE_LEDGER=DIRECTORY swift test -c release -Xswiftc -enable-testing --filter HistoryMeasurement
@Suite("Reading a large ledger", .enabled(if: getenv("TOLLGATE_LARGE_LEDGER") != nil), .serialized)
struct HistoryMeasurement {
    private func directory() throws -> DataDirectory {
        try DataDirectory(path: getenv("TOLLGATE_LARGE_LEDGER").map { String(cString: $0) } ?? "")
    }

    private func timed(_ name: String, _ body: () throws -> Int) rethrows {
        let start = monotonicMilliseconds()
        let rows = try body()
        print("\(name): \(monotonicMilliseconds() - start) ms, \(rows) rows")
    }

    @Test("Spend, with and without the dear dimensions, and for the last day only")
    func spend() throws {
        let directory = try directory()
        let windows = [0, midnight - 30 * day, midnight - 7 * day, midnight - day]
        for _ in 0..<2 {
            try timed("all windows") { try SpendHistory.read(directory, since: windows).count }
            try timed("with metadata") {
                try SpendHistory.read(directory, since: windows, detail: [.metadata]).count
            }
            try timed("with session") { try SpendHistory.read(directory, since: windows, detail: [.session]).count }
            try timed("last day") { try SpendHistory.read(directory, since: [midnight - day]).count }
            try timed("rates of a day") {
                try RateHistory.read(
                    directory,
                    [
                        .init(width: day / 96, since: midnight - day),
                        .init(width: day / 1440, since: midnight - day / 24),
                    ]
                ).count
            }
        }
    }

    @Test("Every admission")
    func admissions() throws {
        let directory = try directory()
        try timed("admissions") {
            var count = 0
            try AdmissionHistory.read(directory, since: 0) { _ in count += 1 }
            return count
        }
    }
}
