// What the files of this folder share; nobody else's.
#pragma once
#include "COTLP.h"
#include "otlp.pb-c.h"

typedef struct block {
    struct block *next;
    size_t used, capacity;
    _Alignas(16) uint8_t bytes[];
} block;

void *tg_allocate(block **arena, size_t size);
char *tg_copy_text(block **arena, const void *text, size_t length);
// A growing array of pointers as protobuf-c wants them: the old one is left in the arena.
void tg_append(block **arena, void ***items, size_t *count, size_t *capacity, void *item);

struct tg_otlp_attributes {
    block **arena;
    ProtobufCMessage *owner;
    ProtobufCMessageUnknownField field;
    // All of them, each behind its tag.
    uint8_t *bytes;
    size_t count, capacity;
};

// The requests of the three signals have the same form: ExportTraceServiceRequest{1: ResourceSpans{1: Resource, 2: ScopeSpans{1: scope,
// 2: Span..., 3: schema_url}}}. So each span, metric or record is packed as soon as the next begins, and what is around them at the end.
struct tg_otlp {
    block *around, *arena;
    Otlp__Resource resource;
    Otlp__InstrumentationScope scope;
    const char *schema_url;
    // The items that are packed, behind room for what stands in front of them.
    uint8_t *bytes;
    size_t count, capacity, room;
    // The one that is being made, in the arena.
    const ProtobufCMessage *item;
    size_t event_capacity, link_capacity, point_capacity, exemplar_capacity;
    Otlp__Span *span;
    Otlp__Metric *metric;
    Otlp__HistogramDataPoint *buckets;
    Otlp__LogRecord *record;
    tg_otlp_attributes *resource_attributes;
};

// Those of a message; `field`: where it has them, below 16. They stand in the arena, and are packed with the message.
tg_otlp_attributes *tg_attributes(block **arena, ProtobufCMessage *owner, int field);
// A new item in the arena, which the caller initializes; the one before is packed.
void *tg_begin_item(tg_otlp *builder, size_t size);

// ------------------------------------------------------------------ the wire

static inline size_t tg_varint_size(uint64_t number) {
    size_t size = 1;
    for (; number >= 0x80; number >>= 7) size++;
    return size;
}

static inline uint8_t *tg_put_varint(uint8_t *at, uint64_t number) {
    for (; number >= 0x80; number >>= 7) *at++ = (uint8_t)(number | 0x80);
    *at++ = (uint8_t)number;
    return at;
}

// A field of `length` bytes with its tag, of one byte, and its length.
static inline size_t tg_field_size(size_t length) { return 1 + tg_varint_size(length) + length; }

// What stands in front of them.
static inline uint8_t *tg_put_prefix(uint8_t *at, int field, size_t length) {
    *at++ = (uint8_t)(field << 3 | 2);
    return tg_put_varint(at, length);
}
