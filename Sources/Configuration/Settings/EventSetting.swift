/// Which log lines go to the collector too: `telemetry.logs`.
package struct EventSetting: Sendable, Equatable {
    /// Of requests. Spans tell of all of them; here those that went wrong are enough.
    package var access = AccessLog.errors
    /// Of the process itself, from this level on; `nil`: none.
    package var processLevel: LogLevel? = .warning

    package init() {}
}
