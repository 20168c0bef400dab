import Configuration
import Glibc
import Transport

/// Asks the system what `MachineChecks` judges. Nothing is changed by it.
enum MachineFacts {
    static func folder(_ path: String) -> MachineChecks.Folder {
        var folder = MachineChecks.Folder(path: path)
        var status = stat(), existing = path
        while stat(existing, &status) != 0, existing != "/" {
            folder.exists = false
            if lstat(existing, &status) == 0 { folder.deadLink = existing }
            let above = existing.lastIndex(of: "/").map { String(existing[..<$0]) } ?? ""
            existing = above.isEmpty ? "/" : above
        }
        folder.isFolder = status.st_mode & S_IFMT == S_IFDIR
        folder.isWritable = access(existing, R_OK | W_OK | X_OK) == 0
        folder.isOpenToOthers = folder.exists && status.st_mode & 0o077 != 0
        var space = statvfs()
        guard statvfs(existing, &space) == 0 else { return folder }
        folder.freeBytes = Int64(clamping: space.f_bavail) * Int64(clamping: space.f_frsize)
        folder.totalBytes = Int64(clamping: space.f_blocks) * Int64(clamping: space.f_frsize)
        // Some file systems make room for files as they need it and say 0.
        folder.freeFiles = space.f_files > 0 ? Int64(clamping: space.f_favail) : nil
        return folder
    }

    static func isWritableByEverybody(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IWOTH != 0
    }

    /// Of a process, else of one that is started here: a gateway takes as many as the hard limit allows.
    static func openFiles(of process: Int32?) -> (limit: Int64, isOfProcess: Bool) {
        if let process, let limit = limit(of: process) { return (limit, true) }
        var limits = rlimit()
        guard getrlimit(__rlimit_resource_t(7), &limits) == 0 else { return (.max, false) }
        return (Int64(clamping: limits.rlim_max), false)
    }

    /// `Max open files   1024   1048576   files`: the first number counts.
    private static func limit(of process: Int32) -> Int64? {
        guard let file = fopen("/proc/\(process)/limits", "re") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let text = line.withUnsafeBufferPointer { String(cString: $0.baseAddress.unsafelyUnwrapped) }
            guard text.hasPrefix("Max open files") else { continue }
            let number = text.dropFirst(14).split(separator: " ").first
            return number == "unlimited" ? .max : number.flatMap { Int64($0) }
        }
        return nil
    }

    /// As the command line of a gateway says; `nil`: it does not.
    static func loops(of process: Int32) -> Int? {
        guard case .success(let line) = Snapshot.readFile("/proc/\(process)/cmdline") else { return nil }
        let words = line.split(separator: "\0")
        for (word, next) in zip(words, words.dropFirst() + [""]) {
            if word == "--loops" { return Int(next) }
            if word.hasPrefix("--loops=") { return Int(word.dropFirst(8)) }
        }
        return nil
    }

    static func clock(newestRequest: Int64?) -> MachineChecks.Clock {
        MachineChecks.Clock(
            now: wallClockNanoseconds(), isSynchronized: clockIsSynchronized(), newestRequest: newestRequest)
    }
}
