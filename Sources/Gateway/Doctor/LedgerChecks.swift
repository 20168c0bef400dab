import Ledger

/// What the ledger looks like, judged. Pure.
enum LedgerChecks {
    /// `now`: Unix nanoseconds.
    static func findings(_ examination: LedgerExamination, at now: Int64) -> [DoctorFinding] {
        [store(examination)] + (examination.database?.rollups.map { [sums($0)] } ?? [])
            + [journal(examination.journals, isHeld: examination.owner != nil, at: now)]
    }

    private static func sums(_ rollups: RollupExamination) -> DoctorFinding {
        let check = "sums"
        guard let apart = rollups.apart else {
            return .ok(check, "those of the newest \(rollups.compared) of \(rollups.days) days agree with the rows")
        }
        return .fail(
            check, "reports read others than the rows have: \(apart)",
            cure: "find who changed the ledger by hand, then `tollgate report rebuild`")
    }

    /// For a ledger that cannot be opened.
    static func finding(_ error: LedgerError) -> DoctorFinding {
        let cure =
            switch error {
            case .schemaTooNew: "run the newer Tollgate, or restore a backup from before it"
            case .file: "run the doctor as the user of the gateway; chown the data folder to that user"
            // SQLITE_READONLY, SQLITE_CANTOPEN
            case .database(let code, _) where [8, 14].contains(code & 0xFF):
                "run the doctor as the user of the gateway, on a file system that can be written; chown the data folder to that user"
            // SQLITE_BUSY, SQLITE_LOCKED, SQLITE_FULL
            case .database(let code, _) where [5, 6, 13].contains(code & 0xFF):
                "make room on the disk, or end what holds the database (`fuser ledger.sqlite3`)"
            // SQLITE_CORRUPT, SQLITE_NOTADB
            case .database(let code, _) where [11, 26].contains(code & 0xFF):
                "stop the gateway, keep a copy of the data folder; if this ledger was put in the place of another, move ledger.sqlite3-wal and ledger.sqlite3-shm away, which are of that; else restore it from a backup"
            default: "stop the gateway, keep a copy of the data folder, restore the ledger from a backup"
            }
        return .fail("ledger", "\(error)", cure: cure)
    }

    private static func store(_ examination: LedgerExamination) -> DoctorFinding {
        let check = "ledger"
        if examination.isEmptied {
            return .warn(
                check, "ledger.sqlite3 is empty (0 bytes): no keys, nothing spent",
                cure: "if it held rows once, stop the gateway and restore it from a backup")
        }
        guard let store = examination.database else { return .ok(check, "nothing was written yet") }
        let size = DoctorText.bytes(store.bytes)
        guard store.faults.isEmpty else {
            return .fail(
                check, "\(size), damaged: \(store.faults[0])",
                cure: "stop the gateway, keep a copy, then `sqlite3 ledger.sqlite3 .recover`, or restore a backup")
        }
        guard store.version == store.newestVersion else {
            return .warn(
                check, "\(size), of schema \(store.version); this build has \(store.newestVersion)",
                cure: "the gateway migrates it when it starts; keep a backup from before")
        }
        return .ok(check, store.isWhole ? "\(size), sound" : "\(size), sound as far as the check came in its time")
    }

    static func journal(
        _ journals: [LedgerExamination.JournalState], isHeld: Bool, at now: Int64
    ) -> DoctorFinding {
        let check = "journal"
        if let other = journals.first(where: \.isUnreadable) {
            return .fail(
                check, "\(other.path) is of another version",
                cure: "start the version that wrote it once, so that it drains it")
        }
        let open = journals.reduce(0) { $0 + $1.open }, finished = journals.reduce(0) { $0 + $1.finished }
        if isHeld, let backlog = LedgerExamination.Backlog(journals, at: now) {
            let detail = "\(backlog.rows) rows wait for the ledger, the oldest for \(DoctorText.age(backlog.age))"
            return .warn(
                check, "\(detail): reports lack them",
                cure: "the gateway cannot write, and its log says why (\"the ledger could not write\"): make room "
                    + "on the disk, or end what holds the database (`fuser ledger.sqlite3`); nothing is lost yet")
        }
        if isHeld { return .ok(check, "\(open) requests under way, \(finished) rows on their way into the ledger") }
        guard open + finished > 0 else { return .ok(check, "nothing left behind") }
        return .warn(
            check, "a gateway that died left \(open) open and \(finished) finished rows",
            cure: "start the gateway, or run `tollgate report`: both bring them into the ledger")
    }
}
