extension Schema {
    /// What clients say of the work that is done with them, summed up by day and credential as it arrives; amounts as in
    /// `ActivityMeasure`.
    static let activity = """
        CREATE TABLE activity (
            day TEXT NOT NULL,
            user TEXT NOT NULL,
            team TEXT NOT NULL,
            key_id TEXT NOT NULL,
            project TEXT NOT NULL,
            \(ActivityMeasure.allCases.map { "\($0.rawValue) INTEGER NOT NULL" }.joined(separator: ",\n    ")),
            PRIMARY KEY (day, user, team, key_id, project)
        ) STRICT, WITHOUT ROWID;
        """
}
