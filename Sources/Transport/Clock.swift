import CLinux

/// Nanoseconds since an arbitrary start, never going back: for durations and deadlines.
package func monotonicNanoseconds() -> Int64 { tg_monotonic_nanoseconds() }

/// Nanoseconds since the Unix epoch, UTC: for timestamps in rows, spans and logs.
package func wallClockNanoseconds() -> Int64 { tg_realtime_nanoseconds() }
