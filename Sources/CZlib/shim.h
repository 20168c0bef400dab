// zlib's initialisers are macros, which Swift cannot see.
#pragma once
#include <zlib.h>

// Window bits 31: gzip; 47: gzip or zlib, told apart by the header.
static inline int tg_deflate_init(z_stream *stream, int level) {
    return deflateInit2(stream, level, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY);
}
static inline int tg_inflate_init(z_stream *stream) { return inflateInit2(stream, 47); }
