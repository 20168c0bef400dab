import Glibc
import Testing

@testable import Telemetry

@Suite("docs/telemetry.md names what is sent")
struct DocumentationTests {
    private func document() throws -> String {
        let folders = #filePath.split(separator: "/").dropLast(3).map(String.init) + ["docs", "telemetry.md"]
        let descriptor = open("/" + folders.joined(separator: "/"), O_RDONLY)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var room = [UInt8](repeating: 0, count: 1 << 20)
        let count = read(descriptor, &room, room.count)
        return String(decoding: room.prefix(max(0, count)), as: UTF8.self)
    }

    @Test("Every metric stands there with its kind and unit")
    func metrics() throws {
        let rows = try document().split(separator: "\n").filter { $0.hasPrefix("|") }
        for instrument in Instrument.allCases {
            let row = try #require(rows.first { $0.contains("`\(instrument.name)`") }, "\(instrument.name)")
            let cells = row.split(separator: "|").map { $0.drop { $0 == " " } }
            let kind =
                switch instrument.kind {
                case .histogram: "histogram"
                case .counter: "counter"
                case .upDown, .observed: "up-down counter"
                case .gauge: "gauge"
                }
            #expect(cells[1].hasPrefix(kind + " ") && cells[2].hasPrefix("`\(instrument.unit)`"), "\(row)")
        }
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
        let reasons = [
            "queue_full", "rejected", "retries_exhausted", "shutdown", "too_large", "spool_full", "spool_expired",
            "spool_corrupt", MetricShard.seriesFull, "not_taken",
        ]
        let rows = document.split(separator: "\n").filter { $0.hasPrefix("| `") }
        for reason in reasons {
            #expect(rows.contains { $0.contains("`\(reason)`") }, "\(reason)")
        }
    }
}
