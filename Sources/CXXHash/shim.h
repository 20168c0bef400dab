#include <xxhash.h>

#if defined(__x86_64__)
#include <xxh_x86dispatch.h>
#undef XXH3_64bits
#undef XXH3_64bits_withSeed
#undef XXH3_64bits_withSecret
#undef XXH3_64bits_update
#undef XXH3_128bits
#undef XXH3_128bits_withSeed
#undef XXH3_128bits_withSecret
#undef XXH3_128bits_update
#undef XXH128
#endif

/// XXH3_64bits, by the widest vectors that this processor has; the library's own function is built for the least of its kind.
static inline XXH64_hash_t tg_xxh3_64bits(const void *bytes, size_t count) {
#if defined(__x86_64__)
    return XXH3_64bits_dispatch(bytes, count);
#else
    return XXH3_64bits(bytes, count);
#endif
}

/// XXH3_128bits_withSecret, in the same way. The secret has at least XXH3_SECRET_SIZE_MIN bytes.
static inline XXH128_hash_t tg_xxh3_128bits(const void *bytes, size_t count, const void *secret, size_t secret_count) {
#if defined(__x86_64__)
    return XXH3_128bits_withSecret_dispatch(bytes, count, secret, secret_count);
#else
    return XXH3_128bits_withSecret(bytes, count, secret, secret_count);
#endif
}
