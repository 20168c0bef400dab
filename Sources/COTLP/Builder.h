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
    Otlp__KeyValue ***items;
    size_t *count;
    size_t capacity;
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

tg_otlp_attributes *tg_attributes(block **arena, Otlp__KeyValue ***items, size_t *count);
// A new item in the arena, which the caller initializes; the one before is packed.
void *tg_begin_item(tg_otlp *builder, size_t size);
