import Wire

/// What the machine offers, judged. Pure.
enum MachineChecks {
    /// Where the data folder is, or will be.
    struct Folder: Equatable {
        var path: String
        /// It is there; otherwise the rest tells of the nearest folder above it.
        var exists = true
        /// On the way to it: a link to what is not there.
        var deadLink: String?
        var isFolder = true
        var isWritable = true
        /// Others than its owner may look into it.
        var isOpenToOthers = false
        var freeBytes: Int64 = 0
        var totalBytes: Int64 = 0
        /// Nil: the file system has no such bound.
        var freeFiles: Int64?
    }

    static func data(_ folder: Folder) -> DoctorFinding {
        let check = "data"
        if let link = folder.deadLink {
            return .fail(
                check, "\(link) is a link to what is not there",
                cure: "mount or make what it leads to, or name another `data`")
        }
        guard folder.isFolder else {
            return .fail(check, "\(folder.path) is not a folder", cure: "name another `data`, or move what is there")
        }
        guard folder.isWritable else {
            return .fail(
                check, "\(folder.path) cannot be written by this user",
                cure: "chown it to the user of the gateway, and run the doctor as that user")
        }
        guard folder.exists else { return .ok(check, "\(folder.path) is not there yet; the gateway will make it") }
        guard !folder.isOpenToOthers else {
            return .warn(
                check, "others than its owner may look into \(folder.path)", cure: "chmod 700 \(folder.path)")
        }
        return .ok(check, "\(folder.path) can be written")
    }

    private static let gibibyte: Int64 = 1 << 30

    static func disk(_ folder: Folder) -> DoctorFinding {
        let check = "disk"
        let free = "\(DoctorText.bytes(folder.freeBytes)) free of \(DoctorText.bytes(folder.totalBytes))"
        let cure = "make room: rows that cannot be written are refused work, and a full spool drops telemetry"
        if folder.freeBytes < gibibyte / 8 { return .fail(check, free, cure: cure) }
        if let files = folder.freeFiles, files < 100 {
            return .fail(check, "\(files) files left on the file system", cure: "remove files, or use another one")
        }
        return folder.freeBytes < gibibyte ? .warn(check, free, cure: cure) : .ok(check, free)
    }

    /// How many files the gateway may open: of the running one, else of a process started here. `connections`: of each loop.
    static func descriptors(limit: Int64, connections: Int, loops: Int, isOfGateway: Bool) -> DoctorFinding {
        let check = "open files", wanted = Int64(connections) * Int64(loops) * 2 + 200
        let whose = isOfGateway ? "the gateway may open" : "a process started here may open"
        let detail = "\(whose) \(limit) files"
        guard limit < wanted else { return .ok(check, detail) }
        let cure = "LimitNOFILE=\(wanted) in the unit (ulimit -Hn \(wanted)), or a smaller limits.connections"
        let each = loops == 1 ? "" : " on each of \(loops) loops"
        return .warn(check, "\(detail); \(connections) connections\(each) need up to \(wanted)", cure: cure)
    }

    struct Clock: Equatable {
        /// Unix nanoseconds.
        var now: Int64
        /// Nil: the system does not say.
        var isSynchronized: Bool?
        /// The moment under which reports have the newest request of the ledger.
        var newestRequest: Int64?
    }

    static func clock(_ clock: Clock) -> DoctorFinding {
        let check = "clock"
        let cure = "set the clock and keep it by NTP (systemctl enable --now systemd-timesyncd)"
        // 2026-01-01T00:00:00Z: no build is older.
        guard clock.now > 1_767_225_600_000_000_000 else {
            return .fail(check, "the clock is before 2026: budgets, keys and certificates go wrong", cure: cure)
        }
        if let newest = clock.newestRequest, newest - clock.now > 120_000_000_000 {
            let ahead = DoctorText.age(newest - clock.now)
            return .fail(
                check, "the newest request of the ledger is \(ahead) in the future: the clock was ahead, or is behind",
                cure: "\(cure); until then reports have all requests on that day, and budgets by the clock")
        }
        if clock.isSynchronized == false {
            return .warn(check, "the clock is not synchronized", cure: cure)
        }
        return .ok(check, clock.isSynchronized == nil ? "plausible" : "synchronized")
    }

    /// Nanoseconds: as of the first alert.
    private static let shortCertificate: Int64 = 14 * 86_400_000_000_000

    /// Our own certificate, that of the listeners; Unix nanoseconds, `nil` where it does not say.
    static func certificate(from begin: Int64?, until end: Int64?, now: Int64) -> DoctorFinding {
        let check = "certificate"
        func time(_ moment: Int64) -> String { RFC3339.text(moment, fraction: .none) }
        if let begin, begin > now {
            return .fail(
                check, "is not valid before \(time(begin)): no client connects",
                cure: "is the clock right? otherwise put one that is valid where `tls.certificate` and `tls.key` point")
        }
        guard let end else { return .ok(check, "does not say until when it is valid") }
        let cure = "put a new one with its key where `tls.certificate` and `tls.key` point; it is taken within a second"
        if end <= now { return .fail(check, "ended at \(time(end)): no client connects", cure: cure) }
        if end - now < shortCertificate {
            return .warn(check, "ends in \(DoctorText.age(end - now)), at \(time(end))", cure: cure)
        }
        return .ok(check, "valid until \(time(end))")
    }
}
