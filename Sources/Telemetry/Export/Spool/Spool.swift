import Glibc
import Transport

/// Export requests of one signal on their way to one collector, on disk: first in, first out. Confined to the exporter's loop, whose
/// thread may block.
///
/// The newest segment is written, the oldest is read; a segment is removed when all of it was taken, the file `cursor` says how far that
/// is. After the end of a process, however it came, the next one finds everything that was written and not taken; only the last
/// record taken may come twice.
final class Spool {
    struct Limits {
        /// Bytes of a segment after which the next one begins.
        var segment: Int
        /// Nanoseconds.
        var age: Int64

        /// The longest age of what an earlier process left: there is time left to send it, even if a clock that jumped says
        /// otherwise.
        var longestAtStart: Int64 { age - min(age / 2, 600_000_000_000) }
    }

    private let folder: SpoolFolder
    private let limits: Limits
    private unowned let group: SpoolGroup
    private var segments: [SpoolSegment] = []
    private var next: UInt64 = 1
    /// Of the newest segment; -1: the next record begins one.
    private var writing: Int32 = -1
    /// Of the oldest segment; -1: not open.
    private var reading: Int32 = -1
    private var cursor: Int32 = -1
    /// Up to where an earlier process took it.
    private let taken: SpoolCursor?
    /// When it was opened: monotonic and Unix nanoseconds.
    private let opened: (now: Int64, wall: Int64)
    private var isDirty = false
    private var hasNewFile = false
    private var drops: [Drop] = []
    /// The reason for which the last record could not be written, until one could.
    private(set) var fault: Int32 = 0
    /// The oldest record was read and is being sent.
    var isFirstUnderWay = false

    /// Finds what an earlier process left; its files are read one by one, when their turn comes or by `readNext`. Times: monotonic
    /// and Unix nanoseconds.
    init(path: String, limits: Limits, group: SpoolGroup, at now: Int64, wall: Int64) {
        folder = SpoolFolder(path: path)
        self.limits = limits
        self.group = group
        cursor = folder.openCursor()
        // Said at the start rather than when a collector fails and it is needed.
        if cursor < 0 { fault = errno }
        taken = cursor < 0 ? nil : SpoolFolder.read(cursor, 0..<SpoolCursor.size)?.withUnsafeBytes { SpoolCursor($0) }
        opened = (now, wall)
        for (number, size) in SpoolFolder.segments(in: path) {
            next = number + 1
            if let taken, number < taken.segment {
                folder.remove(SpoolSegment.name(number))
            } else {
                segments.append(SpoolSegment(found: number, size: size))
            }
        }
        next = max(next, (taken?.segment ?? 0) + 1)
        group.add(self)
    }

    deinit { closeFiles() }

    // MARK: What an earlier process left

    /// Reads one more file; false: there is none, or it cannot be had now.
    func readNext() -> Bool {
        guard let index = segments.firstIndex(where: { !$0.isRead }) else { return false }
        return read(index)
    }

    /// True when the oldest segment is read; there may be none.
    private func readFirst() -> Bool {
        while let first = segments.first, !first.isRead {
            guard read(0) else { return false }
        }
        return true
    }

    private func read(_ index: Int) -> Bool {
        var segment = segments[index]
        guard let bytes = folder.read(segment.name) else {
            if isPassing(errno) { return false }
            drop(1, "spool_corrupt")
            segments.remove(at: index)
            return true
        }
        let content = bytes.withUnsafeBytes { SpoolContent($0) }
        drop(content.damagedItems, "spool_corrupt")
        segment.wasRead(
            content.records, size: bytes.count, at: opened.now, wall: opened.wall, longest: limits.longestAtStart)
        if let taken, segment.number == taken.segment { segment.skip(to: Int(clamping: taken.offset)) }
        if segment.isTaken {
            folder.remove(segment.name)
            segments.remove(at: index)
        } else {
            segments[index] = segment
        }
        return true
    }

    /// A file that cannot be had for want of descriptors or memory can be had later.
    private func isPassing(_ reason: Int32) -> Bool {
        guard reason == EMFILE || reason == ENFILE || reason == ENOMEM else { return false }
        fault = reason
        return true
    }

    // MARK: What is there

    var isEmpty: Bool { segments.isEmpty }
    /// Bytes of the files.
    var size: Int { segments.reduce(0) { $0 + $1.size } }
    /// Records and items that were not taken, of the files that were read.
    var count: Int { segments.reduce(0) { $0 + $1.count } }
    var items: Int { segments.reduce(0) { $0 + $1.items } }
    /// When the oldest record was written, as `SpoolSegment.firstBorn`.
    var oldest: Int64? { readFirst() ? segments.first?.firstBorn : opened.now }

    struct Drop: Equatable {
        let count: Int
        let reason: String
    }

    /// What was given up since the last call.
    func takeDrops() -> [Drop] {
        defer { drops = [] }
        return drops
    }

    private func drop(_ count: Int, _ reason: String) {
        if count > 0 { drops.append(Drop(count: count, reason: reason)) }
    }

    // MARK: Writing

    /// False when it cannot be written; then nothing has changed, but older records may be gone to make room. With `fault`
    /// `EFBIG` it never can: it is larger than the spool may be.
    ///
    /// What would take much of the spool is written in halves, so that giving up the oldest is giving up little. What fails
    /// between them comes twice.
    func append(_ payload: Payload, at now: Int64, wall: Int64) -> Bool {
        if payload.body.count > group.maximumRecord, let (first, second) = payload.halves() {
            return append(first, at: now, wall: wall) && append(second, at: now, wall: wall)
        }
        let bytes = SpoolRecord.encode(payload, at: wall)
        guard group.makeRoom(for: bytes.count) else {
            fault = EFBIG
            return false
        }
        if writing >= 0, let size = segments.last?.size, size + bytes.count > limits.segment { closeSegment() }
        guard writing >= 0 || beginSegment(), let size = segments.last?.size else { return false }
        fault = SpoolFolder.write(bytes, to: writing, at: size)
        guard fault == 0, var record = bytes.withUnsafeBytes({ SpoolRecord(headIn: $0, at: 0) }) else {
            // If this fails too, readers pass over the damaged end.
            _ = ftruncate(writing, off_t(size))
            if size == 0 { abandonSegment() }
            return false
        }
        record.offset = size
        segments[segments.count - 1].append(record, at: now)
        isDirty = true
        return true
    }

    private func beginSegment() -> Bool {
        if !SpoolFolder.isThere(cursor) {
            // Somebody removed the folder, or what is in it.
            if cursor >= 0 { close(cursor) }
            cursor = folder.openCursor()
        }
        writing = folder.openForWriting(SpoolSegment.name(next))
        guard writing >= 0 else {
            fault = errno
            return false
        }
        segments.append(SpoolSegment(number: next))
        next += 1
        hasNewFile = true
        return true
    }

    /// Nothing could be written to the newest segment.
    private func abandonSegment() {
        if let empty = segments.popLast() { folder.remove(empty.name) }
        close(writing)
        writing = -1
    }

    private func closeSegment() {
        guard writing >= 0 else { return }
        sync()
        close(writing)
        writing = -1
    }

    /// Makes last what was written, even when the machine fails.
    func sync() {
        guard isDirty, writing >= 0 else { return }
        // Tried again with the next records.
        guard fdatasync(writing) == 0 else {
            fault = errno
            return
        }
        if hasNewFile { folder.sync() }
        isDirty = false
        hasNewFile = false
        // A file that somebody removed keeps nothing past the end of the process: what comes now goes to another.
        if !SpoolFolder.isThere(writing) { closeSegment() }
    }

    // MARK: Reading

    /// The oldest record; what is damaged is passed over and counted.
    func first() -> Payload? {
        while readFirst(), let segment = segments.first, let record = segment.first {
            if reading < 0 { reading = folder.openForReading(segment.name) }
            if reading < 0, errno != ENOENT {
                // It may be there again when there are file descriptors again.
                fault = errno
                return nil
            }
            if reading >= 0, let body = SpoolFolder.read(reading, record.body),
                body.withUnsafeBytes({ record.isIntact($0) })
            {
                return Payload(body: body, isCompressed: record.isCompressed, items: record.items)
            }
            drop(max(1, record.items), "spool_corrupt")
            removeFirst()
        }
        return nil
    }

    /// The oldest record was taken.
    func removeFirst() {
        isFirstUnderWay = false
        guard !segments.isEmpty else { return }
        segments[0].removeFirst()
        if segments[0].isTaken {
            removeFirstSegment()
        } else {
            note(SpoolCursor(segment: segments[0].number, offset: UInt64(segments[0].first?.offset ?? 0)))
        }
    }

    private func removeFirstSegment() {
        if reading >= 0 { close(reading) }
        reading = -1
        if segments.count == 1, writing >= 0 {
            close(writing)
            writing = -1
            isDirty = false
        }
        let segment = segments.removeFirst()
        // The cursor first: a segment that is gone before it is said so would be no loss, one that is not gone must not come again.
        note(SpoolCursor(segment: segment.number + 1, offset: 0))
        folder.remove(segment.name)
    }

    private func note(_ place: SpoolCursor) {
        if cursor >= 0 { _ = SpoolFolder.write(place.bytes, to: cursor, at: 0) }
    }

    // MARK: Bounds

    /// Gives up the oldest segment.
    func dropFirstSegment(_ reason: String) {
        _ = readFirst()
        guard let segment = segments.first else { return }
        // What is being sent is not lost by this.
        let saved = isFirstUnderWay ? segment.first?.items ?? 0 : 0
        isFirstUnderWay = false
        drop(segment.isRead ? segment.items - saved : 1, reason)
        removeFirstSegment()
    }

    /// Gives up segments whose newest record is too old.
    func expire(at now: Int64) {
        while readFirst(), let segment = segments.first, now - segment.lastBorn > limits.age {
            dropFirstSegment("spool_expired")
        }
    }

    func closeFiles() {
        closeSegment()
        if reading >= 0 { close(reading) }
        if cursor >= 0 { close(cursor) }
        (reading, cursor) = (-1, -1)
    }
}
