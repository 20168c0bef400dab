import Glibc

/// What waits in one folder of the spool, by its records.
package struct SpoolContents: Sendable, Equatable {
    package private(set) var records = 0
    /// Spans, data points or log records.
    package private(set) var items = 0
    /// Items of records that are damaged; they are lost.
    package private(set) var damaged = 0
    /// When the oldest record that waits was written, Unix nanoseconds.
    package private(set) var oldest: Int64?

    /// Reads the files of a folder; those that go meanwhile are passed over. Bodies are checked too.
    package init(path: String) {
        let folder = SpoolReading(path: path)
        let cursor = folder.read("cursor")?.withUnsafeBytes { SpoolCursor($0) }
        let numbers = SpoolFolder.names(in: path).compactMap(SpoolSegment.number(of:)).sorted()
        for number in numbers where number >= cursor?.segment ?? 0 {
            guard let bytes = folder.read(SpoolSegment.name(number)) else { continue }
            let taken = cursor?.segment == number ? Int(clamping: cursor?.offset ?? 0) : 0
            bytes.withUnsafeBytes { add($0, from: taken) }
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

/// Files of a folder that is only looked at.
private struct SpoolReading {
    let path: String

    func read(_ name: String) -> [UInt8]? {
        let descriptor = open("\(path)/\(name)", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var about = stat()
        guard fstat(descriptor, &about) == 0 else { return nil }
        return SpoolFolder.read(descriptor, 0..<Int(about.st_size))
    }
}
