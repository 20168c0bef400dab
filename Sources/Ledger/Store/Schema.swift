/// The database's shape: numbered migrations, each run once, never changed after a release, never undone.
///
/// The number of the last one lies in `PRAGMA user_version`. A migration only adds (expand), or removes what the
/// release before no longer used (contract).
enum Schema {
    static let migrations = [
        requestsAndKeys, governance, activity, finance, sessions, cacheBreaks, rollups, openings, retention,
    ]

    /// Brings the database to the newest version. Safe beside other processes that do the same.
    static func migrate(_ database: Database) throws(LedgerError) {
        if try isCurrent(database) { return }
        try database.transaction { () throws(LedgerError) in
            for number in try version(of: database)..<migrations.count {
                try database.execute(migrations[number])
                try database.execute("PRAGMA user_version = \(number + 1)")
            }
        }
    }

    /// Whether there is nothing to migrate.
    static func isCurrent(_ database: Database) throws(LedgerError) -> Bool {
        try version(of: database) == migrations.count
    }

    /// The version found, refused if it is newer than this build.
    static func version(of database: Database) throws(LedgerError) -> Int {
        let found = Int(try database.integer("PRAGMA user_version"))
        guard found <= migrations.count else { throw .schemaTooNew(found: found, known: migrations.count) }
        return found
    }

    /// `requests` has no index besides its row id: ids are in the order of time, and everything a report asks for
    /// often is in `daily_costs`. Empty text stands for "none" where reports group.
    private static let requestsAndKeys = """
        CREATE TABLE requests (
            id INTEGER PRIMARY KEY,
            started_at INTEGER NOT NULL,
            duration_ns INTEGER,
            ttfb_ns INTEGER,
            user TEXT NOT NULL,
            team TEXT NOT NULL,
            key_id TEXT NOT NULL,
            session_id TEXT NOT NULL,
            agent_id TEXT NOT NULL,
            parent_agent_id TEXT NOT NULL,
            agent_type TEXT NOT NULL,
            request_class TEXT NOT NULL,
            prompt_id TEXT NOT NULL,
            tool_durations TEXT,
            project TEXT NOT NULL,
            metadata TEXT,
            model_requested TEXT NOT NULL,
            model_served TEXT NOT NULL,
            provider TEXT NOT NULL,
            provider_kind TEXT NOT NULL,
            client_version TEXT NOT NULL,
            entrypoint TEXT NOT NULL,
            operation TEXT NOT NULL,
            streamed INTEGER NOT NULL,
            status INTEGER,
            outcome TEXT NOT NULL,
            error_type TEXT,
            input_tokens INTEGER NOT NULL,
            cache_write_5m_tokens INTEGER NOT NULL,
            cache_write_1h_tokens INTEGER NOT NULL,
            cache_read_tokens INTEGER NOT NULL,
            output_tokens INTEGER NOT NULL,
            web_search_requests INTEGER NOT NULL,
            web_fetch_requests INTEGER NOT NULL,
            usage TEXT,
            cost_nano_usd INTEGER NOT NULL,
            price_version TEXT,
            unpriced INTEGER NOT NULL,
            estimated INTEGER NOT NULL,
            truncated INTEGER NOT NULL,
            stop_reason TEXT,
            upstream_request_id TEXT,
            trace_id BLOB,
            span_id BLOB,
            bytes_in INTEGER NOT NULL,
            bytes_out INTEGER NOT NULL,
            attempts INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE attempts (
            request_id INTEGER NOT NULL,
            ordinal INTEGER NOT NULL,
            span_id BLOB,
            provider TEXT NOT NULL,
            model TEXT NOT NULL,
            status INTEGER,
            outcome TEXT NOT NULL,
            error_type TEXT,
            started_at INTEGER NOT NULL,
            duration_ns INTEGER,
            ttfb_ns INTEGER,
            upstream_request_id TEXT,
            input_tokens INTEGER NOT NULL,
            cache_write_5m_tokens INTEGER NOT NULL,
            cache_write_1h_tokens INTEGER NOT NULL,
            cache_read_tokens INTEGER NOT NULL,
            output_tokens INTEGER NOT NULL,
            web_search_requests INTEGER NOT NULL,
            web_fetch_requests INTEGER NOT NULL,
            cost_nano_usd INTEGER NOT NULL,
            estimated INTEGER NOT NULL,
            reused_connection INTEGER NOT NULL,
            PRIMARY KEY (request_id, ordinal)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE daily_costs (
            day TEXT NOT NULL,
            user TEXT NOT NULL,
            team TEXT NOT NULL,
            key_id TEXT NOT NULL,
            project TEXT NOT NULL,
            model_requested TEXT NOT NULL,
            model_served TEXT NOT NULL,
            provider TEXT NOT NULL,
            operation TEXT NOT NULL,
            outcome TEXT NOT NULL,
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
            cost_nano_usd INTEGER NOT NULL,
            PRIMARY KEY (day, user, team, key_id, project, model_requested, model_served, provider, operation, outcome)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE keys (
            id TEXT PRIMARY KEY,
            hash BLOB NOT NULL UNIQUE,
            prefix TEXT NOT NULL,
            user TEXT NOT NULL,
            team TEXT NOT NULL,
            metadata TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER,
            revoked_at INTEGER,
            rotated_to TEXT REFERENCES keys (id)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE audit (
            id INTEGER PRIMARY KEY,
            at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            subject TEXT NOT NULL,
            details TEXT NOT NULL
        ) STRICT;

        CREATE TABLE meta (
            name TEXT PRIMARY KEY,
            value INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        INSERT INTO meta (name, value) VALUES ('keys_version', 0);
        """
}
