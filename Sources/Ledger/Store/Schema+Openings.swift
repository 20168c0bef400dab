extension Schema {
    /// Sums of attempts that a start begins its budgets and limits with, and of which requests they are: those with ids below
    /// `before_id`. One row of `openings_kept`, or none. They hold as long as no attempt of these changes:
    /// `meta.attempt_changes` counts all changes but new rows, and `changes` is what it was.
    static let openings = """
        CREATE TABLE openings_kept (
            before_id INTEGER NOT NULL,
            at INTEGER NOT NULL,
            rules TEXT NOT NULL,
            changes INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE openings (
            kind TEXT NOT NULL,
            rule TEXT NOT NULL,
            scope TEXT NOT NULL,
            start INTEGER NOT NULL,
            amount INTEGER NOT NULL,
            PRIMARY KEY (kind, rule, scope, start)
        ) STRICT, WITHOUT ROWID;

        INSERT INTO meta (name, value) VALUES ('attempt_changes', 0);
        CREATE TRIGGER attempts_changed AFTER UPDATE ON attempts
        BEGIN UPDATE meta SET value = value + 1 WHERE name = 'attempt_changes'; END;
        CREATE TRIGGER attempts_deleted AFTER DELETE ON attempts
        BEGIN UPDATE meta SET value = value + 1 WHERE name = 'attempt_changes'; END;
        """
}
