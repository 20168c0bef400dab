#define _GNU_SOURCE
#include "CScan.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

size_t tg_find_byte(const void *bytes, size_t count, uint8_t byte) {
    const uint8_t *found = memchr(bytes, byte, count);
    return found ? (size_t)(found - (const uint8_t *)bytes) : count;
}

#if defined(__x86_64__)
// Where 16 places have two bytes of a needle, so far apart.
static inline __m128i has_both(const uint8_t *bytes, size_t apart, __m128i one, __m128i other) {
    return _mm_and_si128(
        _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)bytes), one),
        _mm_cmpeq_epi8(_mm_loadu_si128((const __m128i *)(bytes + apart)), other));
}

// Its middle and its last byte at once: on JSON several times as fast as memmem. Gives where it stopped: at the needle, or where fewer
// bytes are left.
static size_t to_needle(const uint8_t *bytes, size_t count, const uint8_t *needle, size_t needle_count) {
    size_t i = 0, middle = needle_count / 2 - 1, last = needle_count - 1, apart = last - middle;
    const __m128i one = _mm_set1_epi8((char)needle[middle]), other = _mm_set1_epi8((char)needle[last]);
    for (; i + last + 64 <= count; i += 64) {
        const uint8_t *at = bytes + i + middle;
        __m128i a = has_both(at, apart, one, other), b = has_both(at + 16, apart, one, other);
        __m128i c = has_both(at + 32, apart, one, other), d = has_both(at + 48, apart, one, other);
        if (!_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d)))) continue;
        uint64_t mask = (uint64_t)_mm_movemask_epi8(a) | (uint64_t)_mm_movemask_epi8(b) << 16 | (uint64_t)_mm_movemask_epi8(c) << 32
                        | (uint64_t)_mm_movemask_epi8(d) << 48;
        for (; mask; mask &= mask - 1) {
            size_t place = i + (size_t)__builtin_ctzll(mask);
            if (memcmp(bytes + place, needle, needle_count) == 0) return place;
        }
    }
    return i;
}
#endif

size_t tg_find_bytes(const void *start, size_t count, const void *needle, size_t needle_count) {
    size_t i = 0;
#if defined(__x86_64__)
    if (needle_count >= 4) i = to_needle(start, count, needle, needle_count);
#endif
    const uint8_t *found = memmem((const uint8_t *)start + i, count - i, needle, needle_count);
    return found ? (size_t)(found - (const uint8_t *)start) : count;
}

size_t tg_find_line_end(const void *start, size_t count) {
    const uint8_t *bytes = start;
    size_t i = 0;
#if defined(__x86_64__)
    const __m128i lf = _mm_set1_epi8('\n'), cr = _mm_set1_epi8('\r');
    for (; i + 64 <= count; i += 64) {
        uint64_t mask = 0;
        for (int part = 0; part < 4; part++) {
            __m128i v = _mm_loadu_si128((const __m128i *)(bytes + i + 16 * part));
            __m128i hit = _mm_or_si128(_mm_cmpeq_epi8(v, lf), _mm_cmpeq_epi8(v, cr));
            mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(hit) << (16 * part);
        }
        if (mask) return i + (size_t)__builtin_ctzll(mask);
    }
    for (; i + 16 <= count; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(bytes + i));
        int mask = _mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, lf), _mm_cmpeq_epi8(v, cr)));
        if (mask) return i + (size_t)__builtin_ctz((unsigned)mask);
    }
#endif
    for (; i < count; i++)
        if (bytes[i] == '\n' || bytes[i] == '\r') return i;
    return count;
}

// ---------------------------------------------------------------- event streams

size_t tg_pass_deltas(const void *start, size_t count, size_t *events, size_t *data_bytes) {
    static const char head[] = "event: content_block_delta\ndata: ";
    const size_t head_size = sizeof head - 1;
    const uint8_t *bytes = start;
    size_t at = 0;
    *events = *data_bytes = 0;
    while (count - at > head_size && memcmp(bytes + at, head, head_size) == 0) {
        size_t data = at + head_size;
        size_t end = data + tg_find_line_end(bytes + data, count - data);
        if (count - end < 2 || bytes[end] != '\n' || bytes[end + 1] != '\n') break;
        *events += 1;
        *data_bytes += end - data;
        at = end + 2;
    }
    return at;
}

// ---------------------------------------------------------------- marks

// What follows a quote: `im`, `do`, `th`, `to` with a `g` behind it (`tollg`, not `tool_`), `c` with an `a` (`conta`, not `conte`), `re`
// with a `c` (`redac`, not `resul`).
static inline int may_be_mark(const uint8_t *bytes, size_t left) {
    if (left < 6) return bytes[0] == '"' || bytes[0] == '\\';
    if (bytes[0] == '\\') return bytes[1] == 'u' && ((bytes[2] == '0' && bytes[3] == '0') || (bytes[2] | 0x20) == 'd');
    if (bytes[0] != '"') return 0;
    switch (bytes[1]) {
    case 'i': return bytes[2] == 'm';
    case 'd': return bytes[2] == 'o';
    case 't': return bytes[2] == 'h' || (bytes[2] == 'o' && bytes[5] == 'g');
    case 'c': return bytes[5] == 'a';
    case 'r': return bytes[2] == 'e' && bytes[5] == 'c';
    default: return 0;
    }
}

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2")))

// Where a mark may begin: a quote in front of a letter that names begin with, or the backslash of an escape by number.
AVX2 static inline __m256i mark_begins(const uint8_t *bytes) {
    // What the next byte may be, by its two halves: 1 for `c`, `d`, `i`, 2 for `r`, `t`, 4 for `u`. Bytes from 0x80 on are none of them.
    const __m256i low = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 0, 2, 1, 3, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0));
    const __m256i high = _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 0, 0, 0, 0, 0, 1, 6, 0, 0, 0, 0, 0, 0, 0, 0));
    __m256i here = _mm256_loadu_si256((const __m256i *)bytes), next = _mm256_loadu_si256((const __m256i *)(bytes + 1));
    __m256i wanted = _mm256_or_si256(
        _mm256_and_si256(_mm256_cmpeq_epi8(here, _mm256_set1_epi8('"')), _mm256_set1_epi8(3)),
        _mm256_and_si256(_mm256_cmpeq_epi8(here, _mm256_set1_epi8('\\')), _mm256_set1_epi8(4)));
    __m256i upper = _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(next, 4), _mm256_set1_epi8(0x0f)));
    return _mm256_and_si256(wanted, _mm256_and_si256(_mm256_shuffle_epi8(low, next), upper));
}

AVX2 static inline uint64_t mark_mask(__m256i found) {
    return (uint32_t)~_mm256_movemask_epi8(_mm256_cmpeq_epi8(found, _mm256_setzero_si256()));
}

// 64 bytes at a time; gives where it stopped: at a mark, or where fewer are left.
AVX2 static size_t to_mark_avx2(const uint8_t *bytes, size_t count) {
    size_t i = 0;
    for (; i + 64 + 5 <= count; i += 64) {
        __m256i first = mark_begins(bytes + i), second = mark_begins(bytes + i + 32), any = _mm256_or_si256(first, second);
        if (_mm256_testz_si256(any, any)) continue;
        for (uint64_t mask = mark_mask(first) | mark_mask(second) << 32; mask; mask &= mask - 1) {
            size_t place = i + (size_t)__builtin_ctzll(mask);
            if (may_be_mark(bytes + place, count - place)) return place;
        }
    }
    return i;
}
#undef AVX2
#endif

size_t tg_find_mark(const void *start, size_t count) {
    const uint8_t *bytes = start;
    size_t i = 0;
#if defined(__x86_64__)
    if (tg_json_uses_avx2()) i = to_mark_avx2(bytes, count);
#endif
    for (; i < count; i++)
        if (may_be_mark(bytes + i, count - i)) return i;
    return count;
}

size_t tg_plain_name_length(const void *start, size_t count) {
    const uint8_t *bytes = start;
    size_t i = 0;
    for (; i < count; i++) {
        uint8_t byte = bytes[i];
        int is_plain = (uint8_t)((byte | 0x20) - 'a') < 26 || (uint8_t)(byte - '0') < 10 || byte == '_' || byte == '-';
        if (!is_plain) break;
    }
    return i;
}

int tg_is_ascii(const void *start, size_t count) {
    const uint8_t *bytes = start;
    size_t i = 0;
    uint64_t all = 0;
    for (; i + 8 <= count; i += 8) {
        uint64_t word;
        memcpy(&word, bytes + i, 8);
        all |= word;
    }
    for (; i < count; i++) all |= bytes[i];
    return (all & 0x8080808080808080ULL) == 0;
}

int tg_equal(const void *a, const void *b, size_t count) { return memcmp(a, b, count) == 0; }

static inline uint8_t small(uint8_t byte) {
    uint8_t is_capital = (uint8_t)((uint8_t)(byte - 'A') < 26);
    return byte | (uint8_t)(is_capital << 5);
}

size_t tg_decimal_length(uint64_t number) {
    static const uint64_t powers[] = {
        0, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
        10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
        10000000000000000000U,
    };
    // 1233 / 4096 is the logarithm of 2 to the base 10, near enough for 64 bits.
    size_t digits = ((64 - (size_t)__builtin_clzll(number | 1)) * 1233) >> 12;
    return digits + (number >= powers[digits]);
}

int tg_equal_ignoring_case(const void *bytes, const void *lower, size_t count) {
    const uint8_t *a = bytes, *b = lower;
    // Most names that are compared differ in their first letter.
    if (count > 0 && small(a[0]) != b[0]) return 0;
    uint8_t difference = 0;
    for (size_t i = 0; i < count; i++) difference |= (uint8_t)(small(a[i]) ^ b[i]);
    return difference == 0;
}

int tg_equal_constant_time(const void *a, const void *b, size_t count) {
    // volatile keeps the compiler from leaving the loop at the first difference.
    const volatile uint8_t *x = a, *y = b;
    uint8_t difference = 0;
    for (size_t i = 0; i < count; i++) difference |= (uint8_t)(x[i] ^ y[i]);
    return difference == 0;
}

// ---------------------------------------------------------------- HTTP characters

enum { TOKEN = 1, TARGET = 2, REG_NAME = 4 };

#define ALPHA_DIGIT(c) (((c) >= '0' && (c) <= '9') || ((c) >= 'A' && (c) <= 'Z') || ((c) >= 'a' && (c) <= 'z'))
#define ONE_OF4(c, w, x, y, z) ((c) == (w) || (c) == (x) || (c) == (y) || (c) == (z))
#define SHARED(c) (ONE_OF4(c, '-', '.', '_', '~') || ONE_OF4(c, '!', '$', '&', '\'') || ONE_OF4(c, '*', '+', '%', '%'))
#define IS_TOKEN(c) (ALPHA_DIGIT(c) || SHARED(c) || ONE_OF4(c, '#', '^', '`', '|'))
#define IS_REG_NAME(c) (ALPHA_DIGIT(c) || SHARED(c) || ONE_OF4(c, '(', ')', ',', ';') || (c) == '=')
#define IS_TARGET(c) (IS_REG_NAME(c) || ONE_OF4(c, ':', '/', '?', '@') || (c) == '[' || (c) == ']')
#define CLASS(c) ((IS_TOKEN(c) ? TOKEN : 0) | (IS_TARGET(c) ? TARGET : 0) | (IS_REG_NAME(c) ? REG_NAME : 0))
#define ROW(c) CLASS(c), CLASS(c + 1), CLASS(c + 2), CLASS(c + 3), CLASS(c + 4), CLASS(c + 5), CLASS(c + 6), CLASS(c + 7)

// Bytes from 0x80 are in no class: the rest of the table is zero.
static const uint8_t classes[256] = {
    ROW(0x00), ROW(0x08), ROW(0x10), ROW(0x18), ROW(0x20), ROW(0x28), ROW(0x30), ROW(0x38),
    ROW(0x40), ROW(0x48), ROW(0x50), ROW(0x58), ROW(0x60), ROW(0x68), ROW(0x70), ROW(0x78),
};

static inline size_t leading(const uint8_t *bytes, size_t count, uint8_t class) {
    size_t i = 0;
    while (i < count && (classes[bytes[i]] & class)) i++;
    return i;
}

size_t tg_http_token_length(const void *bytes, size_t count) { return leading(bytes, count, TOKEN); }
size_t tg_http_target_length(const void *bytes, size_t count) { return leading(bytes, count, TARGET); }
size_t tg_http_reg_name_length(const void *bytes, size_t count) { return leading(bytes, count, REG_NAME); }

size_t tg_http_value_length(const void *start, size_t count) {
    const uint8_t *bytes = start;
    size_t i = 0;
#if defined(__x86_64__)
    const __m128i last_control = _mm_set1_epi8(0x1f), tab = _mm_set1_epi8('\t'), delete = _mm_set1_epi8(0x7f);
    for (; i + 16 <= count; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(bytes + i));
        __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(v, last_control), v);
        __m128i bad = _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(v, tab), control), _mm_cmpeq_epi8(v, delete));
        int mask = _mm_movemask_epi8(bad);
        if (mask) return i + (size_t)__builtin_ctz((unsigned)mask);
    }
#endif
    for (; i < count; i++)
        if ((bytes[i] < 0x20 && bytes[i] != '\t') || bytes[i] == 0x7f) return i;
    return count;
}
