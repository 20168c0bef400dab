import Glibc

/// Brings what a former process left in its journals into the database: finished rows as they are, open ones as
/// `interrupted`.
///
/// A journal is deleted after the transaction with its last row. Whatever interrupts a recovery, the next one finds
/// the same journals, and rows that are there already are passed over.
enum JournalRecovery {
    /// What was found.
    struct Result: Sendable, Equatable {
        /// Finished rows that had not reached the database.
        var finished = 0
        /// Rows whose requests died with their process.
        var interrupted = 0
    }

    /// - Parameter limit: stops after so many transactions, as a death would; tests count through them.
    static func run(in directory: DataDirectory, into database: Database, limit: Int = .max)
        throws(LedgerError) -> Result
    {
        var writer = try RowWriter(database)
        var result = Result()
        var remaining = limit
        for path in try directory.leftoverJournals() {
            guard let file = try JournalFile.openLeftover(path: path) else {
                unlink(path)
                continue
            }
            defer { file.close() }
            guard try recover(file, into: database, &writer, &result, &remaining) else { return result }
            guard unlink(path) == 0 else { throw .file(operation: "delete", path: path, code: errno) }
        }
        return result
    }

    private static func recover(
        _ file: JournalFile, into database: Database, _ writer: inout RowWriter, _ result: inout Result,
        _ remaining: inout Int
    ) throws(LedgerError) -> Bool {
        var next = 0
        while next < file.capacity {
            var group: [SlotMemory] = []
            var interrupted = Set<Int64>()
            while next < file.capacity, group.count < RowWriter.groupSize {
                let slot = file.slot(next)
                next += 1
                guard slot.state == SlotState.closed || slot.state == SlotState.open else { continue }
                if slot.state == SlotState.open {
                    slot.interrupt()
                    interrupted.insert(slot.numbers.pointee.id)
                }
                group.append(slot)
            }
            if group.isEmpty { continue }
            guard remaining > 0 else { return false }
            remaining -= 1
            _ = try writer.write(group)
            try KeptOpenings.forget(ifBehind: group.map { $0.numbers.pointee.id }.min() ?? 0, in: database)
            result.interrupted += interrupted.count
            result.finished += group.count - interrupted.count
        }
        return true
    }
}

extension DataDirectory {
    /// The journals that lie in the directory.
    func leftoverJournals() throws(LedgerError) -> [String] {
        guard let directory = opendir(path) else { throw .file(operation: "list", path: path, code: errno) }
        defer { closedir(directory) }
        var found: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix("journal-"), name.hasSuffix(".slots") { found.append(path + "/" + name) }
        }
        return found.sorted()
    }
}
