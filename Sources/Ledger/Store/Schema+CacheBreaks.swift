extension Schema {
    /// Calls that paid again for what a provider's cache had had. `segment` is empty where no part of the prompt changed; the cost is
    /// null where the model was unpriced. Ids are in the order of time, so there is no other index.
    static let cacheBreaks = """
        CREATE TABLE cache_breaks (
            request_id INTEGER PRIMARY KEY,
            previous_request_id INTEGER NOT NULL,
            at INTEGER NOT NULL,
            session_id TEXT NOT NULL,
            agent_id TEXT NOT NULL,
            user TEXT NOT NULL,
            team TEXT NOT NULL,
            project TEXT NOT NULL,
            model TEXT NOT NULL,
            provider TEXT NOT NULL,
            cause TEXT NOT NULL,
            segment TEXT NOT NULL,
            segment_index INTEGER NOT NULL,
            parameter TEXT NOT NULL,
            since_last_ns INTEGER NOT NULL,
            ttl_s INTEGER NOT NULL,
            expected_tokens INTEGER NOT NULL,
            read_tokens INTEGER NOT NULL,
            rebilled_tokens INTEGER NOT NULL,
            cost_nano_usd INTEGER
        ) STRICT;
        """
}
