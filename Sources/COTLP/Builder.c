#include "Builder.h"

#include <stdlib.h>
#include <string.h>

#include "PackedSizes.h"

void *tg_allocate(block **arena, size_t size) {
    size = (size + 15) & ~(size_t)15;
    if (!*arena || (*arena)->capacity - (*arena)->used < size) {
        size_t capacity = size > 64 * 1024 ? size : 64 * 1024;
        block *fresh = malloc(sizeof(block) + capacity);
        if (!fresh) abort();
        *fresh = (block){.next = *arena, .capacity = capacity};
        *arena = fresh;
    }
    void *memory = (*arena)->bytes + (*arena)->used;
    (*arena)->used += size;
    return memory;
}

char *tg_copy_text(block **arena, const void *text, size_t length) {
    char *copy = tg_allocate(arena, length + 1);
    if (length) memcpy(copy, text, length);
    copy[length] = 0;
    return copy;
}

void tg_append(block **arena, void ***items, size_t *count, size_t *capacity, void *item) {
    if (*count == *capacity) {
        size_t larger = *capacity ? *capacity * 2 : 32;
        void **grown = tg_allocate(arena, larger * sizeof(void *));
        if (*count) memcpy(grown, *items, *count * sizeof(void *));
        *items = grown;
        *capacity = larger;
    }
    (*items)[(*count)++] = item;
}

// Leaves one block, empty: what is made next stands where the last stood, near the processor.
static void empty(block *arena) {
    if (!arena) return;
    for (block *next, *at = arena->next; at; at = next) {
        next = at->next;
        free(at);
    }
    arena->next = NULL;
    arena->used = 0;
}

static void drop(block *arena) {
    empty(arena);
    free(arena);
}

// ------------------------------------------------------------------ builder

tg_otlp_attributes *tg_attributes(block **arena, Otlp__KeyValue ***items, size_t *count) {
    tg_otlp_attributes *made = tg_allocate(arena, sizeof *made);
    *made = (tg_otlp_attributes){arena, items, count, 0};
    return made;
}

tg_otlp *tg_otlp_create(void) {
    tg_otlp *b = calloc(1, sizeof *b);
    if (!b) return NULL;
    otlp__resource__init(&b->resource);
    otlp__instrumentation_scope__init(&b->scope);
    b->schema_url = "";
    b->resource_attributes = tg_attributes(&b->around, &b->resource.attributes, &b->resource.n_attributes);
    return b;
}

void tg_otlp_free(tg_otlp *b) {
    drop(b->around);
    drop(b->arena);
    free(b->bytes);
    free(b);
}

tg_otlp_attributes *tg_otlp_resource(tg_otlp *b) { return b->resource_attributes; }

void tg_otlp_scope(tg_otlp *b, const void *name, size_t name_length, const void *version, size_t version_length,
                   const void *schema_url, size_t schema_url_length) {
    b->schema_url = tg_copy_text(&b->around, schema_url, schema_url_length);
    b->scope.name = tg_copy_text(&b->around, name, name_length);
    b->scope.version = tg_copy_text(&b->around, version, version_length);
}

// ------------------------------------------------------------------ bytes

enum { RESOURCE = 1, SCOPE = 1, INNER = 2, SCHEMA_URL = 3, REQUEST = 1 };
// A tag and the longest length.
enum { PREFIX = 11 };

static size_t varint_size(size_t number) {
    size_t size = 1;
    for (; number >= 0x80; number >>= 7) size++;
    return size;
}

static size_t field_size(size_t length) { return 1 + varint_size(length) + length; }

static uint8_t *put_prefix(uint8_t *at, int field, size_t length) {
    *at++ = (uint8_t)(field << 3 | 2);
    for (; length >= 0x80; length >>= 7) *at++ = (uint8_t)(length | 0x80);
    *at++ = (uint8_t)length;
    return at;
}

static void reserve(tg_otlp *b, size_t more) {
    if (b->capacity >= b->count + more) return;
    b->capacity = b->capacity * 2 > b->count + more ? b->capacity * 2 : b->count + more;
    b->bytes = realloc(b->bytes, b->capacity);
    if (!b->bytes) abort();
}

static void reserve_room(tg_otlp *b) {
    if (b->room) return;
    b->room = b->count = protobuf_c_message_get_packed_size(&b->resource.base)
                         + protobuf_c_message_get_packed_size(&b->scope.base) + 5 * PREFIX;
    reserve(b, 64 * 1024);
}

// To ask protobuf-c for the size costs as much as to pack. What the messages take in memory is always enough: PackedSizes.h.
static size_t memory(const block *arena) {
    size_t sum = 0;
    for (const block *at = arena; at; at = at->next) sum += at->used;
    return sum;
}

static void finish_item(tg_otlp *b) {
    if (!b->item) return;
    reserve(b, memory(b->arena) + PREFIX);
    // Most lengths take two bytes.
    uint8_t *start = b->bytes + b->count;
    size_t length = protobuf_c_message_pack(b->item, start + 3), prefix = 1 + varint_size(length);
    if (prefix != 3) memmove(start + prefix, start + 3, length);
    put_prefix(start, INNER, length);
    b->count += prefix + length;
    b->item = NULL;
    b->span = NULL;
    b->metric = NULL;
    b->buckets = NULL;
    b->record = NULL;
    empty(b->arena);
}

void *tg_begin_item(tg_otlp *b, size_t size) {
    finish_item(b);
    reserve_room(b);
    b->item = tg_allocate(&b->arena, size);
    return (void *)b->item;
}

const uint8_t *tg_otlp_pack(tg_otlp *b, size_t *length) {
    reserve_room(b);
    finish_item(b);
    size_t items = b->count - b->room, schema_url = strlen(b->schema_url);
    size_t resource = protobuf_c_message_get_packed_size(&b->resource.base);
    size_t scope = protobuf_c_message_get_packed_size(&b->scope.base);
    size_t inner = field_size(scope) + items + field_size(schema_url), outer = field_size(resource) + field_size(inner);
    *length = field_size(outer);
    if (*length - items - field_size(schema_url) > b->room) abort();  // The resource has grown behind the first item.
    reserve(b, field_size(schema_url));
    memcpy(put_prefix(b->bytes + b->count, SCHEMA_URL, schema_url), b->schema_url, schema_url);
    uint8_t *start = b->bytes + b->count + field_size(schema_url) - *length;
    uint8_t *at = put_prefix(put_prefix(start, REQUEST, outer), RESOURCE, resource);
    at = put_prefix(at + protobuf_c_message_pack(&b->resource.base, at), INNER, inner);
    protobuf_c_message_pack(&b->scope.base, put_prefix(at, SCOPE, scope));
    return start;
}
