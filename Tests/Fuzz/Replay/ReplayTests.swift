import Foundation
import FuzzTrials
import Testing

/// What the fuzzer has found so far, without the fuzzer: seeds, the smallest inputs that reach everything, and every input that
/// once failed.
@Suite("The fuzzer's corpus")
struct ReplayTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Corpus")

    @Test("Every input of the corpus is survived and judged the same however it is cut", arguments: Trial.all)
    func replay(_ trial: Trial) throws {
        let folder = Self.folder.appending(path: trial.name)
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path())
        #expect(!names.isEmpty)
        for name in names.sorted() {
            let bytes = try Data(contentsOf: folder.appending(path: name))
            do {
                try bytes.withUnsafeBytes { try trial.run($0) }
            } catch {
                Issue.record("\(trial.name)/\(name): \(error)")
            }
        }
    }

    @Test("The corpus has no folder without a trial")
    func folders() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path())
        #expect(Set(names) == Set(Trial.all.map(\.name)))
    }
}
