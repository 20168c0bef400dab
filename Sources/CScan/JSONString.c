#include "CScan.h"
#include "JSONEscapes.h"

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

static int is_hex(uint8_t byte) {
    uint8_t letter = (uint8_t)((byte | 0x20) - 'a');
    return (uint8_t)(byte - '0') < 10 || letter < 6;
}

/// Bytes of the escape at `at`, 0 if it is none (RFC 8259 §7).
static inline size_t escape_length(const uint8_t *bytes, size_t at, size_t count) {
    if (at + 1 >= count) return 0;
    uint8_t letter = bytes[at + 1];
    // One bit for each of bfnrt; the others stand elsewhere.
    const uint32_t small = 1u << ('b' - 'a') | 1u << ('f' - 'a') | 1u << ('n' - 'a') | 1u << ('r' - 'a') | 1u << ('t' - 'a');
    if ((uint8_t)(letter - 'a') < 26 && small >> (letter - 'a') & 1) return 2;
    if (letter == '"' || letter == '\\' || letter == '/') return 2;
    if (letter != 'u' || at + 6 > count) return 0;
    for (size_t i = at + 2; i < at + 6; i++)
        if (!is_hex(bytes[i])) return 0;
    return 6;
}

/// Index of the first quote, backslash or control character from `at` on, or `count`.
static inline size_t next_mark(const uint8_t *bytes, size_t at, size_t count) {
#if defined(__x86_64__)
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), limit = _mm_set1_epi8(0x1F);
    for (; at + 16 <= count; at += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(bytes + at));
        __m128i hit = _mm_or_si128(
            _mm_or_si128(_mm_cmpeq_epi8(v, quote), _mm_cmpeq_epi8(v, backslash)),
            _mm_cmpeq_epi8(_mm_min_epu8(v, limit), v));
        unsigned mask = (unsigned)_mm_movemask_epi8(hit);
        if (mask) return at + (size_t)__builtin_ctz(mask);
    }
#endif
    while (at < count && bytes[at] != '"' && bytes[at] != '\\' && bytes[at] >= 0x20) at++;
    return at;
}

#if defined(__x86_64__)
typedef struct {
    uint64_t quote, backslash, control;
} marks;

static inline marks find_marks(const uint8_t *bytes) {
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), limit = _mm_set1_epi8(0x1F);
    marks found = {0, 0, 0};
    for (int part = 0; part < 4; part++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(bytes + 16 * part));
        found.quote |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, quote)) << (16 * part);
        found.backslash |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, backslash)) << (16 * part);
        found.control |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(v, limit), v)) << (16 * part);
    }
    return found;
}
#endif

/// Reads whole blocks of 64 bytes while nothing ends the string; code has an escape in most of them. True: `result` is complete.
static int read_blocks(const uint8_t *bytes, size_t *at, size_t count, tg_json_string *result) {
#if defined(__x86_64__)
    while (*at + 64 <= count) {
        marks found = find_marks(bytes + *at);
        uint64_t escaped = 0, carry = 0;
        if (found.backslash) escaped = find_escaped(found.backslash, &carry);
        uint64_t ends = (found.quote & ~escaped) | found.control;
        uint64_t inside = ends ? (ends & -ends) - 1 : ~0ULL;
        // What stands behind the end is not the string's.
        if (found.backslash & inside) result->has_escapes = 1;
        for (uint64_t left = escaped & inside; left; left &= left - 1) {
            size_t backslash = *at + (size_t)__builtin_ctzll(left) - 1;
            if (escape_length(bytes, backslash, count)) continue;
            result->status = TG_JSON_STRING_ESCAPE;
            result->end = backslash;
            return 1;
        }
        if (ends) {
            unsigned bit = (unsigned)__builtin_ctzll(ends);
            // A control character behind a backslash is no escape.
            if (escaped >> bit & 1) {
                result->status = TG_JSON_STRING_ESCAPE;
                result->end = *at + bit - 1;
                return 1;
            }
            result->status = found.quote >> bit & 1 ? TG_JSON_STRING_OK : TG_JSON_STRING_CONTROL;
            result->end = *at + bit;
            return 1;
        }
        // A backslash at the end escapes the first byte of the next block.
        *at += carry ? 63 : 64;
    }
#endif
    return 0;
}

tg_json_string tg_json_string_end(const uint8_t *bytes, size_t start, size_t count) {
    tg_json_string result = {.status = TG_JSON_STRING_UNENDED, .has_escapes = 0};
    size_t at = start;
    if (read_blocks(bytes, &at, count, &result)) return result;
    while ((at = next_mark(bytes, at, count)) < count) {
        if (bytes[at] == '\\') {
            size_t length = escape_length(bytes, at, count);
            result.has_escapes = 1;
            if (!length) {
                result.status = TG_JSON_STRING_ESCAPE;
                break;
            }
            at += length;
            continue;
        }
        result.status = bytes[at] == '"' ? TG_JSON_STRING_OK : TG_JSON_STRING_CONTROL;
        break;
    }
    result.end = at;
    return result;
}

size_t tg_json_plain_length(const uint8_t *bytes, size_t count) { return next_mark(bytes, 0, count); }
