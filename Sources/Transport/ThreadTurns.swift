import CLinux

/// Has the calling thread, which is no loop, take turns of the processor as short as those of loops: one that wakes up does not wait for it.
package func takeShortTurns() { tg_thread_short_turns() }
