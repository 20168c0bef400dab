// zlib's initialisers are macros, which Swift cannot see.
#pragma once
#include <zlib.h>

// Window bits 47: gzip or zlib, told apart by the header.
static inline int tg_inflate_init(z_stream *stream) { return inflateInit2(stream, 47); }
