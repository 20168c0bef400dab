extension Schema {
    /// What one session used, and the tools it called.
    ///
    /// `sessions` is a roll-up of `requests`, kept in the same transactions, and can be made anew from them. Its first and last ids
    /// are where its rows lie in that table, which has no index; `context_*` is about the newest answer in the main conversation.
    static let sessions = """
        CREATE TABLE sessions (
            session_id TEXT PRIMARY KEY,
            user TEXT NOT NULL,
            team TEXT NOT NULL,
            project TEXT NOT NULL,
            client_version TEXT NOT NULL,
            entrypoint TEXT NOT NULL,
            first_id INTEGER NOT NULL,
            last_id INTEGER NOT NULL,
            last_at INTEGER NOT NULL,
            models TEXT NOT NULL,
            context_id INTEGER NOT NULL,
            context_model TEXT NOT NULL,
            context_tokens INTEGER NOT NULL,
            requests INTEGER NOT NULL,
            errors INTEGER NOT NULL,
            estimated_requests INTEGER NOT NULL,
            unpriced_requests INTEGER NOT NULL,
            input_tokens INTEGER NOT NULL,
            cache_write_5m_tokens INTEGER NOT NULL,
            cache_write_1h_tokens INTEGER NOT NULL,
            cache_read_tokens INTEGER NOT NULL,
            output_tokens INTEGER NOT NULL,
            web_search_requests INTEGER NOT NULL,
            web_fetch_requests INTEGER NOT NULL,
            cost_nano_usd INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX sessions_by_last ON sessions (last_id);

        CREATE TABLE tool_calls (
            request_id INTEGER NOT NULL,
            call_id TEXT NOT NULL,
            session_id TEXT NOT NULL,
            agent_id TEXT NOT NULL,
            name TEXT NOT NULL,
            started_at INTEGER NOT NULL,
            duration_ns INTEGER,
            reported_ns INTEGER,
            error INTEGER NOT NULL,
            result_bytes INTEGER NOT NULL,
            spawned_agent TEXT NOT NULL,
            PRIMARY KEY (request_id, call_id)
        ) STRICT, WITHOUT ROWID;

        \(SessionRollup.rebuilding)
        """
}
