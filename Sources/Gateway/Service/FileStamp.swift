import Glibc

/// The state of the configuration's files, to notice that one was changed.
struct FileStamp: Equatable {
    private let states: [String: [Int]]

    /// - Parameter before: as they were when reading began: what was changed since then may have been read or not.
    init(_ paths: [String], before: FileStamp? = nil) {
        var states: [String: [Int]] = [:]
        for path in paths {
            if let known = before?.states[path] {
                states[path] = known
                continue
            }
            var status = stat()
            guard stat(path, &status) == 0 else { continue }
            states[path] = [
                Int(status.st_ino), Int(status.st_size), status.st_mtim.tv_sec, status.st_mtim.tv_nsec,
            ]
        }
        self.states = states
    }
}
