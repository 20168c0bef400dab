import Glibc

/// What waits in one folder of the spool, seen from outside: nothing is opened for writing, and files that go meanwhile are passed
/// over.
package struct SpoolSurvey: Sendable, Equatable {
    /// The folder: the destination and the signal.
    package let name: String
    /// Of the segments' files.
    package private(set) var bytes = 0
    package private(set) var records = 0
    /// Spans, data points or log records.
    package private(set) var items = 0
    /// Items of records that are damaged; they are lost.
    package private(set) var damaged = 0
    /// When the oldest record that waits was written, Unix nanoseconds.
    package private(set) var oldest: Int64?

    /// By name. `directory`: the folder `spool` of the data folder; none when it is missing.
    package static func folders(in directory: String) -> [SpoolSurvey] {
        SpoolFolder.names(in: directory).sorted().map { SpoolSurvey(name: $0, path: "\(directory)/\($0)") }
    }

    /// Of `directory`, its folders and their files those that this user cannot read and write; none when it is missing.
    package static func unusable(in directory: String) -> [String] {
        guard access(directory, F_OK) == 0 else { return [] }
        guard SpoolFolder.isUsable(directory) else { return [directory] }
        return SpoolFolder.names(in: directory).sorted().flatMap { name in
            let path = "\(directory)/\(name)"
            guard SpoolFolder.isUsable(path) else { return [path] }
            return SpoolFolder.names(in: path).sorted().map { "\(path)/\($0)" }.filter { access($0, R_OK | W_OK) != 0 }
        }
    }

    private init(name: String, path: String) {
        self.name = name
        let cursor = SpoolFolder.read("\(path)/cursor")?.withUnsafeBytes { SpoolCursor($0) }
        for (number, size) in SpoolFolder.segments(in: path) {
            bytes += size
            guard number >= cursor?.segment ?? 0, let content = SpoolFolder.read("\(path)/\(SpoolSegment.name(number))")
            else { continue }
            let taken = cursor?.segment == number ? Int(clamping: cursor?.offset ?? 0) : 0
            content.withUnsafeBytes { add($0, from: taken) }
        }
    }

    private mutating func add(_ bytes: UnsafeRawBufferPointer, from taken: Int) {
        let content = SpoolContent(bytes)
        damaged += content.damagedItems
        for record in content.records where record.end > taken {
            guard record.isIntact(UnsafeRawBufferPointer(rebasing: bytes[record.body])) else {
                damaged += max(1, record.items)
                continue
            }
            records += 1
            items += record.items
            oldest = min(oldest ?? record.time, record.time)
        }
    }
}
