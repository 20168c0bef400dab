import Glibc
import Testing

@testable import Telemetry

@Suite("docs/telemetry.md and docs/metrics.md name what is sent")
struct DocumentationTests {
    private func document(_ name: String = "telemetry.md") throws -> String {
        let folders = #filePath.split(separator: "/").dropLast(3).map(String.init) + ["docs", name]
        let descriptor = open("/" + folders.joined(separator: "/"), O_RDONLY)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var room = [UInt8](repeating: 0, count: 1 << 20)
        let count = read(descriptor, &room, room.count)
        return String(decoding: room.prefix(max(0, count)), as: UTF8.self)
    }

    /// Name, name for Prometheus, kind, unit, of every row of the catalogue.
    private func catalogue() throws -> [[String]] {
        try document("metrics.md").split(separator: "\n").filter { $0.hasPrefix("| `") }.compactMap { row in
            let cells = row.split(separator: "|")
            guard cells.count == 6 else { return nil }
            return cells.prefix(4).map { cell in
                cell.filter { $0 != "`" }.split(separator: " ").joined(separator: " ")
            }
        }
    }

    @Test("Every metric stands in the catalogue with both of its names, its kind and its unit, and nothing else does")
    func metrics() throws {
        let wanted = Instrument.allCases.map { instrument -> [String] in
            let kind =
                switch instrument.kind {
                case .histogram: "histogram"
                case .counter: "counter"
                case .upDown, .observed: "up-down counter"
                case .gauge: "gauge"
                }
            let name = "\(instrument.name)", unit = "\(instrument.unit)"
            let prometheus = PrometheusName.family(
                name, unit: unit, isCounter: instrument.kind == .counter, isGauge: instrument.isGauge)
            return [name, prometheus, kind, unit]
        }
        let rows = try catalogue()
        for row in wanted { #expect(rows.contains(row), "\(row) is not in the catalogue") }
        for row in rows { #expect(wanted.contains(row), "\(row) is not sent") }
        #expect(rows.count == wanted.count)
    }

    @Test("Every event stands there with its attributes")
    func events() throws {
        let document = try document()
        for event in try SampleEvents.all().dropLast() {
            #expect(document.contains("`\(event.name)`"))
            for attribute in event.attributes {
                #expect(document.contains("`\(attribute.name)`"), "\(attribute.name)")
            }
        }
    }

    @Test("Every reason for which something is dropped stands there")
    func reasons() throws {
        let document = try document()
        for reason in ["queue_full", "rejected", "retries_exhausted", "shutdown", MetricShard.seriesFull, "not_taken"] {
            #expect(document.contains("| `\(reason)` |"), "\(reason)")
        }
    }
}
