/// Answers what callers have spent, on a connection and a thread of its own: the writer may be in the middle of a transaction, or
/// wait seconds for another process's.
package actor StandingReader {
    private let directory: DataDirectory
    private let thread = WriterThread(wake: WriterWake()) { false }
    private var query: StandingQuery?
    private var isClosed = false
    package nonisolated let unownedExecutor: UnownedSerialExecutor

    /// Starts the thread; the connection is opened by the first question.
    init(_ directory: DataDirectory) throws(LedgerError) {
        self.directory = directory
        unownedExecutor = thread.asUnownedSerialExecutor()
        try thread.start { .ended }
    }

    deinit { thread.end() }

    /// What a caller has spent so far; rows of the last few hundredths of a second may be missing, and all where the database does not
    /// answer.
    ///
    /// - Parameter day: of today's costs, `2026-11-21`.
    package func standing(session: String, user: String, day: String) -> Standing {
        do throws(LedgerError) {
            if query == nil, !isClosed, let database = try directory.openDatabaseReadOnly() {
                query = try StandingQuery(database)
            }
            return try query?.answer(session: session, user: user, day: day) ?? Standing()
        } catch {
            // The next question opens it anew.
            query = nil
            return Standing()
        }
    }

    /// Gives the connection back, so that the writer's is the last; later questions get empty answers.
    func close() {
        isClosed = true
        query = nil
    }
}
