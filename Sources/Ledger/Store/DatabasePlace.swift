import Glibc

/// Whether the database that is open still has its name: what is written to one that was moved, deleted or replaced is not where reports
/// and keys look, and may end with the process.
struct DatabasePlace {
    private let path: String
    private let device: dev_t
    private let file: ino_t

    /// Right after it was opened.
    init(path: String) throws(LedgerError) {
        var about = stat()
        guard stat(path, &about) == 0 else { throw .file(operation: "look at", path: path, code: errno) }
        self.path = path
        (device, file) = (about.st_dev, about.st_ino)
    }

    /// Throws `databaseMoved`, or `file` where that cannot be told.
    func check() throws(LedgerError) {
        var about = stat()
        guard stat(path, &about) == 0 else {
            let code = errno
            throw code == ENOENT || code == ENOTDIR
                ? .databaseMoved(path: path) : .file(operation: "look at", path: path, code: code)
        }
        guard about.st_dev == device, about.st_ino == file else { throw .databaseMoved(path: path) }
    }
}
