import CLinux

/// What others on this machine may learn of this process.
package enum ProcessPrivacy {
    /// From here on the process leaves no core, no other process of the same user may look into it or trace it, and
    /// `/proc/PID/environ` shows nothing; `getenv` answers as before. Call it once, before other threads start.
    ///
    /// Returns false when the system refused a part of it; the rest holds all the same.
    @discardableResult
    package static func seal() -> Bool { tg_process_seal() == 0 }
}
