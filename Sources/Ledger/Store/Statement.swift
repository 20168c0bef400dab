import CSQLite

/// A prepared statement. Parameters count from 1, columns from 0, as SQLite does.
final class Statement {
    private let handle: OpaquePointer
    private let database: Database

    init(_ handle: OpaquePointer, of database: Database) {
        self.handle = handle
        self.database = database
    }

    deinit { sqlite3_finalize(handle) }

    // Binding can only fail for a wrong index or a lack of memory: faults of this program, not of its input.

    func bind(_ index: Int32, _ value: Int64) {
        check(sqlite3_bind_int64(handle, index, value))
    }

    func bind(_ index: Int32, _ value: Bool) {
        check(sqlite3_bind_int64(handle, index, value ? 1 : 0))
    }

    func bindNull(_ index: Int32) {
        check(sqlite3_bind_null(handle, index))
    }

    /// Binds text without copying: the bytes must stay until the statement is reset.
    func bindBorrowed(_ index: Int32, _ text: UnsafeRawBufferPointer) {
        guard let start = text.baseAddress else { return bind(index, "") }
        check(sqlite3_bind_text(handle, index, start.assumingMemoryBound(to: CChar.self), Int32(text.count), nil))
    }

    /// Binds a literal without copying.
    func bind(_ index: Int32, _ text: StaticString) {
        bindBorrowed(index, UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    func bind(_ index: Int32, _ text: String) {
        var text = text
        let code = text.withUTF8 {
            // A null address would mean NULL to SQLite, not the empty text.
            tollgate_sqlite_bind_text_copy(
                handle, index, $0.baseAddress ?? ("" as StaticString).utf8Start, Int32($0.count))
        }
        check(code)
    }

    func bindBlob(_ index: Int32, _ bytes: UnsafeRawBufferPointer) {
        check(tollgate_sqlite_bind_blob_copy(handle, index, bytes.baseAddress, Int32(bytes.count)))
    }

    /// Goes to the next row.
    ///
    /// - Returns: `false` at the end; the statement is then ready to be run again.
    func step() throws(LedgerError) -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW:
            return true
        case SQLITE_DONE:
            sqlite3_reset(handle)
            return false
        case let code:
            let error = database.failure(code)
            sqlite3_reset(handle)
            throw error
        }
    }

    /// Runs a statement that returns no rows.
    func run() throws(LedgerError) {
        while try step() {}
    }

    func reset() { sqlite3_reset(handle) }

    var columnCount: Int32 { sqlite3_column_count(handle) }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func optionalInteger(_ column: Int32) -> Int64? {
        sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : integer(column)
    }

    /// The column as text, ill-formed UTF-8 repaired; empty if it is null.
    func text(_ column: Int32) -> String { String(decoding: bytes(column), as: UTF8.self) }

    func optionalText(_ column: Int32) -> String? {
        sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : text(column)
    }

    /// The column's bytes, valid until the next step.
    func bytes(_ column: Int32) -> UnsafeRawBufferPointer {
        let start = sqlite3_column_blob(handle, column)
        return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(handle, column)))
    }

    private func check(_ code: Int32) {
        precondition(code == SQLITE_OK, "SQLite refused a parameter")
    }
}
