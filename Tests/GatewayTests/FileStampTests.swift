import Foundation
import Testing

@testable import Gateway

@Suite struct FileStampTests {
    @Test("What changes while a configuration is read is a change afterwards")
    func changedWhileReading() throws {
        let folder = URL(filePath: NSTemporaryDirectory()).appending(path: "tollgate-stamp-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let old = folder.appending(path: "old"), new = folder.appending(path: "new")
        try "one".write(to: old, atomically: true, encoding: .utf8)
        let before = FileStamp([old.path])
        #expect(FileStamp([old.path], before: before) == before)
        // The configuration names another file now, and somebody writes the first once more.
        try "two".write(to: old, atomically: true, encoding: .utf8)
        try "three".write(to: new, atomically: true, encoding: .utf8)
        let stamp = FileStamp([old.path, new.path], before: before)
        #expect(FileStamp([old.path, new.path]) != stamp, "it is read again")
        let again = FileStamp([old.path, new.path], before: FileStamp([old.path, new.path]))
        #expect(FileStamp([old.path, new.path]) == again, "and then no more")
        try FileManager.default.removeItem(at: new)
        #expect(FileStamp([old.path, new.path]) != again)
    }
}
