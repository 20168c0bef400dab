#pragma once

#include <stdint.h>

/// Bits of the bytes that an odd run of backslashes escapes (backslashes themselves left out), and the carry to the
/// next block. A run escapes what follows it when it starts at an even bit and ends after an odd one or the reverse;
/// adding a run's first bit to the run lets the carry fall out right behind it.
static inline uint64_t find_escaped(uint64_t backslash, uint64_t *carry) {
    const uint64_t even = 0x5555555555555555ULL;
    uint64_t first = *carry;
    backslash &= ~first;
    if (!backslash) {
        *carry = 0;
        return first;
    }
    uint64_t starts = backslash & ~(backslash << 1), behind_odd_start;
    uint64_t behind_even_start = (backslash + (starts & even)) & ~backslash;
    *carry = __builtin_add_overflow(backslash, starts & ~even, &behind_odd_start);
    behind_odd_start &= ~backslash;
    return first | (behind_even_start & ~even) | (behind_odd_start & even);
}
