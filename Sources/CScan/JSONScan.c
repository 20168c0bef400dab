#include "CScan.h"
#include "JSONEscapes.h"

#include <string.h>

// Two builds of one loop (JSONScanLoop.h): what differs is how 64 bytes become bit masks.

typedef struct {
    uint64_t quote, backslash, control;
} string_masks;

typedef struct {
    uint64_t open, close, separator;
} operator_masks;

// ---------------------------------------------------------------- portable

static inline uint64_t prefix_xor_portable(uint64_t bits) {
    for (int shift = 1; shift < 64; shift <<= 1) bits ^= bits << shift;
    return bits;
}

/// One bit per byte of `word`, the first byte lowest, set where the byte is zero. Eight bytes at a time in a plain
/// register; the multiplication moves the eight flags side by side.
static inline uint64_t zero_bytes(uint64_t word) {
    const uint64_t low7 = 0x7f7f7f7f7f7f7f7fULL;
    uint64_t flags = ~(((word & low7) + low7) | word | low7) >> 7;
    return flags * 0x0102040810204080ULL >> 56;
}

static inline uint64_t eight(uint8_t byte) { return byte * 0x0101010101010101ULL; }

static inline uint64_t load_word(const uint8_t *bytes) {
    uint64_t word;
    memcpy(&word, bytes, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

static inline string_masks string_masks_portable(const uint8_t *bytes) {
    string_masks masks = {0, 0, 0};
    for (int i = 0; i < 64; i += 8) {
        uint64_t word = load_word(bytes + i);
        masks.quote |= zero_bytes(word ^ eight('"')) << i;
        masks.backslash |= zero_bytes(word ^ eight('\\')) << i;
        masks.control |= zero_bytes(word & eight(0xe0)) << i;
    }
    return masks;
}

static inline int is_plain_portable(const uint8_t *bytes) {
    uint64_t any = 0;
    for (int i = 0; i < 64; i += 8) {
        uint64_t word = load_word(bytes + i);
        any |= zero_bytes(word ^ eight('"')) | zero_bytes(word ^ eight('\\')) | zero_bytes(word & eight(0xe0));
    }
    return any == 0;
}

static inline operator_masks operator_masks_portable(const uint8_t *bytes) {
    operator_masks masks = {0, 0, 0};
    for (int i = 0; i < 64; i += 8) {
        uint64_t word = load_word(bytes + i), folded = word | eight(0x20);
        masks.open |= zero_bytes(folded ^ eight('{')) << i;
        masks.close |= zero_bytes(folded ^ eight('}')) << i;
        masks.separator |= (zero_bytes(word ^ eight(',')) | zero_bytes(word ^ eight(':'))) << i;
    }
    return masks;
}

#define BUILD(name) name##_portable
#define TARGET
#include "JSONScanLoop.h"
#undef BUILD
#undef TARGET

tg_json_result tg_json_scan_portable(
    tg_json_state *state, const uint8_t *bytes, size_t from, size_t to, size_t *out, size_t capacity) {
    return scan_portable(state, bytes, from, to, out, capacity);
}

// ---------------------------------------------------------------- AVX2

#if defined(__x86_64__)
#include <immintrin.h>
#include <stdatomic.h>

#define TARGET __attribute__((target("avx2,pclmul,popcnt,bmi")))

TARGET static inline uint64_t prefix_xor_avx2(uint64_t bits) {
    __m128i product = _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)bits), _mm_set1_epi8((char)0xff), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

TARGET static inline uint64_t join(__m256i low, __m256i high) {
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

TARGET static inline string_masks string_masks_avx2(const uint8_t *bytes) {
    const __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\'), last = _mm256_set1_epi8(0x1f);
    __m256i a = _mm256_loadu_si256((const __m256i *)bytes), b = _mm256_loadu_si256((const __m256i *)(bytes + 32));
    return (string_masks){
        join(_mm256_cmpeq_epi8(a, quote), _mm256_cmpeq_epi8(b, quote)),
        join(_mm256_cmpeq_epi8(a, backslash), _mm256_cmpeq_epi8(b, backslash)),
        join(_mm256_cmpeq_epi8(_mm256_min_epu8(a, last), a), _mm256_cmpeq_epi8(_mm256_min_epu8(b, last), b)),
    };
}

TARGET static inline int is_plain_avx2(const uint8_t *bytes) {
    const __m256i quote = _mm256_set1_epi8('"'), backslash = _mm256_set1_epi8('\\'), last = _mm256_set1_epi8(0x1f);
    __m256i a = _mm256_loadu_si256((const __m256i *)bytes), b = _mm256_loadu_si256((const __m256i *)(bytes + 32));
    __m256i quotes = _mm256_or_si256(_mm256_cmpeq_epi8(a, quote), _mm256_cmpeq_epi8(b, quote));
    __m256i escapes = _mm256_or_si256(_mm256_cmpeq_epi8(a, backslash), _mm256_cmpeq_epi8(b, backslash));
    __m256i least = _mm256_min_epu8(a, b);
    __m256i controls = _mm256_cmpeq_epi8(_mm256_min_epu8(least, last), least);
    __m256i any = _mm256_or_si256(_mm256_or_si256(quotes, escapes), controls);
    return _mm256_testz_si256(any, any);
}

TARGET static inline operator_masks operator_masks_avx2(const uint8_t *bytes) {
    const __m256i open = _mm256_set1_epi8('{'), close = _mm256_set1_epi8('}'), bit = _mm256_set1_epi8(0x20);
    const __m256i comma = _mm256_set1_epi8(','), colon = _mm256_set1_epi8(':');
    __m256i a = _mm256_loadu_si256((const __m256i *)bytes), b = _mm256_loadu_si256((const __m256i *)(bytes + 32));
    __m256i c = _mm256_or_si256(a, bit), d = _mm256_or_si256(b, bit);
    return (operator_masks){
        join(_mm256_cmpeq_epi8(c, open), _mm256_cmpeq_epi8(d, open)),
        join(_mm256_cmpeq_epi8(c, close), _mm256_cmpeq_epi8(d, close)),
        join(
            _mm256_or_si256(_mm256_cmpeq_epi8(a, comma), _mm256_cmpeq_epi8(a, colon)),
            _mm256_or_si256(_mm256_cmpeq_epi8(b, comma), _mm256_cmpeq_epi8(b, colon))),
    };
}

#define BUILD(name) name##_avx2
#include "JSONScanLoop.h"
#undef BUILD
#undef TARGET

int tg_json_uses_avx2(void) {
    // 0: not asked yet, 1: no, 2: yes. Racing first calls store the same answer.
    static _Atomic int answer = 0;
    int known = atomic_load_explicit(&answer, memory_order_relaxed);
    if (known == 0) {
        __builtin_cpu_init();
        int all = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("bmi")
            && __builtin_cpu_supports("popcnt");
        known = all ? 2 : 1;
        atomic_store_explicit(&answer, known, memory_order_relaxed);
    }
    return known == 2;
}

tg_json_result tg_json_scan(
    tg_json_state *state, const uint8_t *bytes, size_t from, size_t to, size_t *out, size_t capacity) {
    if (tg_json_uses_avx2()) return scan_avx2(state, bytes, from, to, out, capacity);
    return scan_portable(state, bytes, from, to, out, capacity);
}

#else

int tg_json_uses_avx2(void) { return 0; }

tg_json_result tg_json_scan(
    tg_json_state *state, const uint8_t *bytes, size_t from, size_t to, size_t *out, size_t capacity) {
    return scan_portable(state, bytes, from, to, out, capacity);
}

#endif
