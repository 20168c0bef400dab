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
