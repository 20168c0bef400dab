import Glibc
import Testing

@testable import Telemetry

/// What series take. Run by hand, alone:
///
///     TOLLGATE_MEASURE_SERIES=1 swift test --filter SeriesMeasurement
@Suite("Memory of series", .enabled(if: getenv("TOLLGATE_MEASURE_SERIES") != nil), .serialized)
struct SeriesMeasurement {
    /// Bytes of this process in memory.
    private func resident() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var buffer = [CChar](repeating: 0, count: 128)
        fgets(&buffer, 128, file)
        let fields = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self).split(separator: " ")
        return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * 4096
    }

    @Test("Tokens of 500 people with four models, five classes each, as many as there may be by default")
    func tokens() {
        let before = resident()
        var figures = MetricShard()
        for person in 0..<500 {
            for model in 0..<4 {
                for kind in ["input", "output", "cache_write_5m", "cache_write_1h", "cache_read"] {
                    let labels = Labels().adding("tollgate.team", "platform-team-\(person % 25)")
                        .adding("user.id", "person.number-\(person)@example.com")
                        .adding("tollgate.project", "project-number-\(person % 60)")
                        .adding("gen_ai.request.model", "claude-model-number-\(model)-20260901")
                        .adding("tollgate.token.type", kind)
                    figures.add(.requests, 1, labels)
                }
            }
        }
        let bytes = resident() - before, count = figures.series[Instrument.requests.rawValue].count
        print("\(count) series, \(bytes) bytes, \(bytes / count) each")
        #expect(count == MetricShard.maximumSeries && bytes / count < 1_500)
    }
}
