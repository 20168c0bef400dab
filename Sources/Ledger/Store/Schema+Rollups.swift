extension Schema {
    /// What reports could only be told from the rows before: by client, entry point, groups and service account from days, and subagents
    /// and the pauses of conversations (`what-if`) from days and months.
    ///
    /// `requests.rewritten_tokens` is what `CachePauses` said of the row; null: it was written before there was such a column, and is told
    /// when roll-ups are made anew. That has to be done once, for the old rows: `meta.rollups_stale` stands until it is.
    static let rollups = """
        ALTER TABLE requests ADD COLUMN rewritten_tokens INTEGER;

        DROP TABLE daily_costs;
        CREATE TABLE daily_costs (
            \(DailyRollup.keyColumns.map { "\($0) TEXT NOT NULL DEFAULT ''" }.joined(separator: ",\n    ")),
            \(RollupSums.columns.map { "\($0) INTEGER NOT NULL DEFAULT 0" }.joined(separator: ",\n    ")),
            PRIMARY KEY (\(DailyRollup.keyColumns.joined(separator: ", ")))
        ) STRICT, WITHOUT ROWID;
        \(RollupSums.ownColumns.map { column in
            ["monthly_costs", "retried_costs"].map {
                "ALTER TABLE \($0) ADD COLUMN \(column) INTEGER NOT NULL DEFAULT 0;"
            }.joined(separator: "\n")
        }.joined(separator: "\n"))

        INSERT INTO meta (name, value) SELECT '\(RollupRebuild.stale)', 1 WHERE EXISTS (SELECT 1 FROM requests);
        """
}
