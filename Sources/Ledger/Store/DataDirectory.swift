import Glibc

/// The directory that holds the ledger, and the right to write into it.
///
/// Files are readable by their owner only. The gateway holds a lock for as long as it lives; the kernel drops it
/// with the process, so that a killed one leaves nothing to clean up.
package struct DataDirectory: Sendable {
    package let path: String

    /// Creates the directory if it is missing.
    package init(path: String) throws(LedgerError) {
        self.path = path
        try Self.create(path)
    }

    /// One that is only asked; throws `noLedger` where there is none.
    package init(ofLedgerIn path: String) throws(LedgerError) {
        self.path = path
        guard access(databasePath, F_OK) != 0 else { return }
        if errno == ENOENT { throw .noLedger(directory: path) }
        throw .file(operation: "open", path: databasePath, code: errno)
    }

    var databasePath: String { path + "/ledger.sqlite3" }
    private var lockPath: String { path + "/lock" }

    /// The database is there without a byte in it: what it held is gone, or a start before was cut off where it made it.
    var hasEmptyDatabase: Bool {
        var status = stat()
        return stat(databasePath, &status) == 0 && status.st_size == 0
    }

    func journalPath(loop: Int) -> String { path + "/journal-\(loop).slots" }

    private static func create(_ path: String) throws(LedgerError) {
        if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
        guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash > path.startIndex else {
            throw .file(operation: "create directory", path: path, code: errno)
        }
        try create(String(path[..<slash]))
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else {
            throw .file(operation: "create directory", path: path, code: errno)
        }
    }

    /// Takes the lock, waiting up to `patience` milliseconds: a `report` holds it for moments only.
    func lock(patience: Int = 2000) throws(LedgerError) -> DirectoryLock {
        let descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(operation: "open", path: lockPath, code: errno) }
        var waited = 0
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            let code = errno
            guard code == EWOULDBLOCK || code == EINTR, waited < patience else {
                let owner = Self.owner(descriptor)
                close(descriptor)
                if code != EWOULDBLOCK { throw .file(operation: "lock", path: lockPath, code: code) }
                throw .directoryInUse(path: path, owner: owner)
            }
            usleep(20_000)
            waited += 20
        }
        Self.sign(descriptor)
        return DirectoryLock(descriptor: descriptor)
    }

    private static func owner(_ descriptor: Int32) -> Int32? {
        var buffer: [UInt8] = Array(repeating: 0, count: 16)
        let count = pread(descriptor, &buffer, buffer.count, 0)
        guard count > 0 else { return nil }
        return Int32(String(decoding: buffer.prefix(count), as: UTF8.self))
    }

    /// Leaves the process id for the message of whoever comes second. Best effort: the lock does not depend on it.
    private static func sign(_ descriptor: Int32) {
        let text = Array(String(getpid()).utf8)
        if ftruncate(descriptor, 0) == 0 { _ = pwrite(descriptor, text, text.count, 0) }
    }
}

/// The lock on a data directory; given back when it is dropped.
struct DirectoryLock: ~Copyable, Sendable {
    fileprivate let descriptor: Int32

    fileprivate init(descriptor: Int32) { self.descriptor = descriptor }

    deinit { close(descriptor) }

    /// Gives the lock back here, and not before.
    consuming func release() {}
}
