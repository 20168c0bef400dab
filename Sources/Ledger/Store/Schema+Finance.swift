extension Schema {
    /// What reports for finance need beside the rows.
    ///
    /// `requests_retried` finds the few requests whose charge is spread over several attempts, and by that over several
    /// accounts. `cost_corrections` keeps what an attempt was charged with before `report recompute`: budget decisions were
    /// taken by it.
    static let finance = """
        CREATE INDEX requests_retried ON requests (id) WHERE attempts > 1;

        CREATE TABLE cost_corrections (
            request_id INTEGER NOT NULL,
            ordinal INTEGER NOT NULL,
            at INTEGER NOT NULL,
            old_cost_nano_usd INTEGER NOT NULL,
            new_cost_nano_usd INTEGER NOT NULL,
            old_price_version TEXT,
            new_price_version TEXT,
            PRIMARY KEY (request_id, ordinal, at)
        ) STRICT, WITHOUT ROWID;
        """
}
