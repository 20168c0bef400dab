import CLinux

/// Nanoseconds since an arbitrary start, never going back: for durations and deadlines.
package func monotonicNanoseconds() -> Int64 { tg_monotonic_nanoseconds() }

/// The same, and it goes on while the machine sleeps.
package func bootNanoseconds() -> Int64 { tg_boot_nanoseconds() }

/// Nanoseconds since the Unix epoch, UTC: for timestamps in rows, spans and logs.
package func wallClockNanoseconds() -> Int64 { tg_realtime_nanoseconds() }

/// Whether the kernel holds its clock to be synchronized; nil when it does not say.
package func clockIsSynchronized() -> Bool? {
    let answer = tg_clock_is_synchronized()
    return answer < 0 ? nil : answer == 1
}
