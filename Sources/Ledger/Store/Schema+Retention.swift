extension Schema {
    /// Rows may be taken out from here on (`Retention`). Builds that do not know of that would make the sums by day anew from rows that
    /// are gone: they refuse this version.
    static let retention = """
        INSERT INTO meta (name, value) VALUES ('\(Retention.mark)', 0);
        """
}
