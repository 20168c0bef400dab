import Glibc

/// Held by who changes rows of the past; the kernel drops it with the process.
struct HistoryLock {
    private let descriptor: Int32

    /// Throws `historyLocked` while another command has it.
    init(_ directory: DataDirectory) throws(LedgerError) {
        let path = directory.path + "/recompute.lock"
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .file(operation: "open", path: path, code: errno) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let code = errno
            close(descriptor)
            throw code == EWOULDBLOCK ? .historyLocked : .file(operation: "lock", path: path, code: code)
        }
    }

    func release() { close(descriptor) }
}
