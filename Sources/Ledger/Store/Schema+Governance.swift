extension Schema {
    /// What budgets are rebuilt from and proved with: who a request counted for, in which order its attempts were admitted
    /// and settled, the accounts as they stood, raises and alerts.
    ///
    /// `window_end` is null where a window has no end, `limit_to` and the sums are in the account's `unit`: nano-dollars,
    /// or tokens. `meta.newest_order` is the highest order number given so far, to an attempt or to a line of
    /// the audit.
    static let governance = """
        ALTER TABLE requests ADD COLUMN groups TEXT NOT NULL DEFAULT '';
        ALTER TABLE requests ADD COLUMN virtual_account TEXT NOT NULL DEFAULT '';

        ALTER TABLE attempts ADD COLUMN provider_kind TEXT NOT NULL DEFAULT '';
        ALTER TABLE attempts ADD COLUMN price_version TEXT;
        ALTER TABLE attempts ADD COLUMN admission INTEGER;
        ALTER TABLE attempts ADD COLUMN settlement INTEGER;
        ALTER TABLE attempts ADD COLUMN holds TEXT;

        ALTER TABLE keys ADD COLUMN groups TEXT NOT NULL DEFAULT '';
        ALTER TABLE keys ADD COLUMN virtual_account TEXT NOT NULL DEFAULT '';

        CREATE TABLE budget_accounts (
            rule TEXT NOT NULL,
            scope TEXT NOT NULL,
            window_start INTEGER NOT NULL,
            window_end INTEGER,
            unit TEXT NOT NULL,
            limit_to INTEGER NOT NULL,
            settled INTEGER NOT NULL,
            reserved INTEGER NOT NULL,
            exposure INTEGER NOT NULL,
            updated_at INTEGER NOT NULL,
            PRIMARY KEY (rule, scope, window_start)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE budget_raises (
            id INTEGER PRIMARY KEY,
            rule TEXT NOT NULL,
            scope TEXT NOT NULL,
            amount INTEGER NOT NULL,
            from_at INTEGER NOT NULL,
            until_at INTEGER NOT NULL,
            actor TEXT NOT NULL,
            reason TEXT NOT NULL,
            revoked_at INTEGER
        ) STRICT;

        CREATE TABLE budget_alerts (
            rule TEXT NOT NULL,
            scope TEXT NOT NULL,
            window_start INTEGER NOT NULL,
            threshold INTEGER NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (rule, scope, window_start, threshold)
        ) STRICT, WITHOUT ROWID;

        ALTER TABLE audit ADD COLUMN place INTEGER;
        CREATE INDEX audit_by_action ON audit (action, at);

        INSERT INTO meta (name, value) VALUES ('raises_version', 0), ('newest_order', 0);
        """
}
