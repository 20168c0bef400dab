import Glibc
import Synchronization
import Testing
import Transport

@testable import Telemetry

@Suite struct ScrapeTests {
    /// How often figures were gathered, and whether a loop may go on.
    private final class Watch: Sendable {
        let gathered = Atomic(0)
        let isOpen = Atomic(false)
        func standStill() { while !isOpen.load(ordering: .acquiring) { sched_yield() } }
    }

    private func text(_ answer: ExpositionText) -> String { String(decoding: answer.body, as: UTF8.self) }

    @Test("A hundred who ask while a text is made are answered from one more, each in its form")
    func together() async throws {
        let rig = try ExporterRig(), watch = Watch()
        defer { rig.end() }
        rig.exporter.observe { _ in watch.gathered.add(1, ordering: .relaxed) }
        rig.source.loop.post { watch.standStill() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = await rig.exporter.exposition(.text, isCompressed: false) }
            while await !rig.exporter.isMaking(waiting: 0) { await Task.yield() }
            for number in 0..<100 {
                group.addTask {
                    let format = number % 2 == 0 ? ExpositionFormat.openMetrics : .text
                    let answer = await rig.exporter.exposition(format, isCompressed: number % 4 > 1)
                    #expect(answer.isCompressed == (number % 4 > 1))
                    if number % 4 < 2 { #expect(text(answer).hasSuffix("# EOF\n") == (format == .openMetrics)) }
                }
            }
            while await !rig.exporter.isMaking(waiting: 100) { await Task.yield() }
            watch.isOpen.store(true, ordering: .releasing)
        }
        #expect(watch.gathered.load(ordering: .relaxed) == 2)
    }

    @Test("What was counted before somebody asks is in the answer, however many ask at once")
    func fresh() async throws {
        let rig = try ExporterRig()
        defer { rig.end() }
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask {
                    let labels = Labels().adding("n", number)
                    await rig.record { $0.figures.add(.requests, 1, labels) }
                    let answer = await rig.exporter.exposition(.text, isCompressed: false)
                    #expect(text(answer).contains("\ntollgate_requests_total{n=\"\(number)\"} 1\n"))
                }
            }
        }
    }
}

extension Exporter {
    fileprivate func isMaking(waiting count: Int) -> Bool { isExposing && scrapes.count == count }
}
