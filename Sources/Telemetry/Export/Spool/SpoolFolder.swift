import Glibc

/// The files of one spool; blocks, so it is used by the exporter's own thread only. What fails says so by its result.
final class SpoolFolder {
    let path: String

    init(path: String) { self.path = path }

    /// Creates the folder and those above it if they are missing.
    private static func create(_ path: String) {
        if mkdir(path, 0o700) == 0 || errno != ENOENT { return }
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return }
        create(String(path[..<slash]))
        // What is missing shows when a file is opened there.
        _ = mkdir(path, 0o700)
    }

    /// Names of the files, in no order.
    static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) { name in
                    name.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names.filter { $0 != "." && $0 != ".." }
    }

    /// The segments that are there by the order of their numbers, with the bytes of their files.
    static func segments(in path: String) -> [(number: UInt64, size: Int)] {
        names(in: path).compactMap(SpoolSegment.number(of:)).sorted().compactMap { number in
            var about = stat()
            guard stat("\(path)/\(SpoolSegment.name(number))", &about) == 0 else { return nil }
            return (number, Int(about.st_size))
        }
    }

    func read(_ name: String) -> [UInt8]? { Self.read("\(path)/\(name)") }

    /// Nil, with the reason in `errno`, for what cannot be read.
    static func read(_ file: String) -> [UInt8]? {
        errno = 0
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var about = stat()
        guard fstat(descriptor, &about) == 0 else { return nil }
        return read(descriptor, 0..<Int(about.st_size))
    }

    /// Nil when not all of it is there.
    static func read(_ descriptor: Int32, _ range: Range<Int>) -> [UInt8]? {
        var done = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
            while done < range.count, let base = buffer.baseAddress {
                let got = pread(descriptor, base + done, range.count - done, off_t(range.lowerBound + done))
                if got < 0, errno == EINTR { continue }
                if got <= 0 { break }
                done += got
            }
            count = done
        }
        return done == range.count ? bytes : nil
    }

    /// A file for writing behind its end; -1 if it cannot be had.
    func openForWriting(_ name: String) -> Int32 {
        open("\(path)/\(name)", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    }

    /// The file `cursor`, in a folder that is made if it is missing.
    func openCursor() -> Int32 {
        Self.create(path)
        return openForWriting("cursor")
    }

    /// Whether it is a folder in which this user can make files.
    static func isUsable(_ path: String) -> Bool {
        var about = stat()
        return stat(path, &about) == 0 && about.st_mode & S_IFMT == S_IFDIR && access(path, R_OK | W_OK | X_OK) == 0
    }

    /// Whether an open file still has a name.
    static func isThere(_ descriptor: Int32) -> Bool {
        var about = stat()
        return fstat(descriptor, &about) == 0 && about.st_nlink > 0
    }

    func openForReading(_ name: String) -> Int32 { open("\(path)/\(name)", O_RDONLY | O_CLOEXEC) }

    /// Writes all of it; 0, or what was wrong.
    static func write(_ bytes: [UInt8], to descriptor: Int32, at offset: Int) -> Int32 {
        bytes.withUnsafeBytes { buffer in
            var done = 0
            while done < buffer.count, let base = buffer.baseAddress {
                let put = pwrite(descriptor, base + done, buffer.count - done, off_t(offset + done))
                if put < 0, errno == EINTR { continue }
                if put <= 0 { return put == 0 ? ENOSPC : errno }
                done += put
            }
            return 0
        }
    }

    func remove(_ name: String) { unlink("\(path)/\(name)") }

    /// Makes the names of new files last.
    func sync() {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = fsync(descriptor)
        close(descriptor)
    }
}
