import Glibc

/// The mapped file of a journal: a header page, then slots. Grows in place up to the size it was mapped with.
///
/// The mapping is shared with the file cache: what is stored there outlives the process, whatever kills it, without
/// a system call. It does not outlive the machine: the kernel writes pages back in its own time.
struct JournalFile {
    let base: UnsafeMutableRawPointer
    let mappedSize: Int
    private let descriptor: Int32
    let path: String

    /// Creates the file, empty, and maps room for `capacity` slots. The file's own size is the header's.
    static func create(path: String, capacity: Int) throws(LedgerError) -> JournalFile {
        let descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(operation: "create", path: path, code: errno) }
        let size = (capacity + 1) * SlotLayout.slotSize
        let failure = posix_fallocate(descriptor, 0, off_t(SlotLayout.slotSize))
        guard failure == 0 else {
            Glibc.close(descriptor)
            throw .file(operation: "allocate", path: path, code: failure)
        }
        // Pages past the end of the file become accessible as the file grows (Linux, mmap(2)).
        guard let base = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), base != MAP_FAILED else {
            let code = errno
            Glibc.close(descriptor)
            throw .file(operation: "map", path: path, code: code)
        }
        // A page is used without its neighbours; `prepare` says what they would weigh.
        madvise(base, size, MADV_RANDOM)
        base.storeBytes(of: SlotLayout.magic, as: UInt64.self)
        base.storeBytes(of: SlotLayout.version, toByteOffset: 8, as: UInt32.self)
        base.storeBytes(of: UInt32(SlotLayout.slotSize), toByteOffset: 12, as: UInt32.self)
        return JournalFile(base: base, mappedSize: size, descriptor: descriptor, path: path)
    }

    /// Opens what a former process left, as a private copy: changes stay in memory.
    ///
    /// - Returns: `nil` if the file is too short to hold a slot. Throws `journalUnreadable` if its slots are of another
    ///   layout, however many it has.
    static func openLeftover(path: String) throws(LedgerError) -> JournalFile? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .file(operation: "open", path: path, code: errno) }
        guard isOfThisLayout(descriptor) else {
            Glibc.close(descriptor)
            throw .journalUnreadable(path: path)
        }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else {
            let code = errno
            Glibc.close(descriptor)
            throw .file(operation: "examine", path: path, code: code)
        }
        let size = Int(status.st_size) / SlotLayout.slotSize * SlotLayout.slotSize
        guard size > SlotLayout.slotSize else {
            Glibc.close(descriptor)
            return nil
        }
        guard let base = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
            let code = errno
            Glibc.close(descriptor)
            throw .file(operation: "map", path: path, code: code)
        }
        return JournalFile(base: base, mappedSize: size, descriptor: descriptor, path: path)
    }

    /// A file whose making was interrupted before it had a header holds nothing and passes.
    private static func isOfThisLayout(_ descriptor: Int32) -> Bool {
        var header: (magic: UInt64, version: UInt32, slotSize: UInt32) = (0, 0, 0)
        let count = withUnsafeMutableBytes(of: &header) { pread(descriptor, $0.baseAddress, $0.count, 0) }
        if count < 16 || (header.magic == 0 && header.version == 0) { return true }
        return header.magic == SlotLayout.magic && header.version == SlotLayout.version
            && header.slotSize == UInt32(SlotLayout.slotSize)
    }

    private static let page = 4_096

    /// Slots that fit the mapping.
    var capacity: Int { mappedSize / SlotLayout.slotSize - 1 }

    /// The slot with this index, which must be within the file's size.
    func slot(_ index: Int) -> SlotMemory {
        SlotMemory(base: base + (index + 1) * SlotLayout.slotSize)
    }

    /// Gives the file blocks on the disk for slots up to `count`, so that storing into them cannot fail later
    /// (a store that the disk has no room for would kill the process).
    func grow(to count: Int) -> Bool {
        posix_fallocate(descriptor, 0, off_t((count + 1) * SlotLayout.slotSize)) == 0
    }

    /// The same, with blocks that were written once: for the slots there are from the start.
    ///
    /// Blocks that are only reserved get their first write with the file system's own journal; every commit of it then
    /// writes all stored slots back and makes the next store into each wait. Measured with 500 KB requests: three times
    /// the processor time and twice the latency. Page by page: what is written at once the kernel keeps as one, and (since Linux 6.18)
    /// maps as one, so that the second page of a slot would be resident with the first.
    func prepare(_ count: Int) -> Bool {
        guard grow(to: count) else { return false }
        let zeros = [UInt8](repeating: 0, count: Self.page)
        for offset in stride(from: SlotLayout.slotSize, to: (count + 1) * SlotLayout.slotSize, by: Self.page) {
            guard pwrite(descriptor, zeros, zeros.count, off_t(offset)) == zeros.count else { return false }
        }
        return fdatasync(descriptor) == 0
    }

    /// Deletes the file unless a slot holds a row. Slots are only looked at within the file's present size.
    func deleteIfDrained() {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return }
        let slots = min(capacity, Int(status.st_size) / SlotLayout.slotSize - 1)
        let busy = (0..<max(0, slots)).contains { index in
            let state = slot(index).state
            return state == SlotState.open || state == SlotState.closed
        }
        // A file that stays is no harm: the next start finds it empty.
        if !busy { unlink(path) }
    }

    func close() {
        munmap(base, mappedSize)
        Glibc.close(descriptor)
    }
}
