import Wire

/// What a client says of being recorded: `x-tollgate-logging-config: {"enabled": true}`.
enum LoggingConfig {
    /// `nil`: nothing, or nothing that can be understood.
    static func isEnabled(_ header: UnsafeRawBufferPointer) -> Bool? {
        guard header.count <= 1_024 else { return nil }
        return (try? JSONValue(parsing: header))?["enabled"]?.bool
    }
}
