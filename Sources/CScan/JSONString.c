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
#include <immintrin.h>

typedef struct {
    /// `simple`: letters that are escapes with the backslash in front of them. Not all of them need to be found.
    uint64_t quote, backslash, control, simple;
} marks;

static inline marks find_marks_sse2(const uint8_t *bytes) {
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\'), limit = _mm_set1_epi8(0x1F);
    marks found = {0, 0, 0, 0};
    for (int part = 0; part < 4; part++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(bytes + 16 * part));
        found.quote |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, quote)) << (16 * part);
        found.backslash |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v, backslash)) << (16 * part);
        found.control |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(v, limit), v)) << (16 * part);
    }
    return found;
}

#define BUILD(name) name##_sse2
#define TARGET
#include "JSONStringLoop.h"
#undef BUILD
#undef TARGET

#define TARGET __attribute__((target("avx2,pclmul,popcnt,bmi")))

TARGET static inline uint64_t join(__m256i low, __m256i high) {
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

TARGET static inline __m256i are_simple(__m256i v) {
    // By the low half of a byte the only letter that may stand there; b has the same as r.
    const __m256i letters = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(-1, -1, 'r', -1, 't', -1, 'f', -1, -1, -1, -1, -1, -1, -1, 'n', '/'));
    __m256i known = _mm256_cmpeq_epi8(_mm256_shuffle_epi8(letters, v), v);
    return _mm256_or_si256(known, _mm256_or_si256(_mm256_cmpeq_epi8(v, _mm256_set1_epi8('b')), _mm256_cmpeq_epi8(v, _mm256_set1_epi8('"'))));
}

TARGET static inline marks find_marks_avx2(const uint8_t *bytes) {
    const __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\'), last = _mm256_set1_epi8(0x1F);
    __m256i a = _mm256_loadu_si256((const __m256i *)bytes), b = _mm256_loadu_si256((const __m256i *)(bytes + 32));
    marks found = {
        join(_mm256_cmpeq_epi8(a, quote), _mm256_cmpeq_epi8(b, quote)),
        join(_mm256_cmpeq_epi8(a, backslash), _mm256_cmpeq_epi8(b, backslash)),
        join(_mm256_cmpeq_epi8(_mm256_min_epu8(a, last), a), _mm256_cmpeq_epi8(_mm256_min_epu8(b, last), b)), 0};
    if (found.backslash) found.simple = join(are_simple(a), are_simple(b));
    return found;
}

#define BUILD(name) name##_avx2
#include "JSONStringLoop.h"
#undef BUILD
#undef TARGET

#endif

/// The rest, byte by byte where there are marks.
static inline tg_json_string read_rest(const uint8_t *bytes, size_t at, size_t count, tg_json_string result) {
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

tg_json_string tg_json_string_end_portable(const uint8_t *bytes, size_t start, size_t count) {
    tg_json_string result = {.status = TG_JSON_STRING_UNENDED, .has_escapes = 0};
#if defined(__x86_64__)
    if (read_blocks_sse2(bytes, &start, count, &result)) return result;
#endif
    return read_rest(bytes, start, count, result);
}

tg_json_string tg_json_string_end(const uint8_t *bytes, size_t start, size_t count) {
#if defined(__x86_64__)
    if (tg_json_uses_avx2()) {
        tg_json_string result = {.status = TG_JSON_STRING_UNENDED, .has_escapes = 0};
        return read_blocks_avx2(bytes, &start, count, &result) ? result : read_rest(bytes, start, count, result);
    }
#endif
    return tg_json_string_end_portable(bytes, start, count);
}

size_t tg_json_plain_length(const uint8_t *bytes, size_t count) { return next_mark(bytes, 0, count); }
