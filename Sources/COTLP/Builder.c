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

enum { RESOURCE_ATTRIBUTES = 1, RESOURCE = 1, SCOPE = 1, INNER = 2, SCHEMA_URL = 3, REQUEST = 1 };

tg_otlp *tg_otlp_create(void) {
    tg_otlp *b = calloc(1, sizeof *b);
    if (!b) return NULL;
    otlp__resource__init(&b->resource);
    otlp__instrumentation_scope__init(&b->scope);
    b->schema_url = "";
    b->resource_attributes = tg_attributes(&b->around, &b->resource.base, RESOURCE_ATTRIBUTES);
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

// A tag and the longest length.
enum { PREFIX = 11 };

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
    size_t length = protobuf_c_message_pack(b->item, start + 3), prefix = 1 + tg_varint_size(length);
    if (prefix != 3) memmove(start + prefix, start + 3, length);
    tg_put_prefix(start, INNER, length);
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
    size_t inner = tg_field_size(scope) + items + tg_field_size(schema_url), outer = tg_field_size(resource) + tg_field_size(inner);
    *length = tg_field_size(outer);
    if (*length - items - tg_field_size(schema_url) > b->room) abort();  // The resource has grown behind the first item.
    reserve(b, tg_field_size(schema_url));
    memcpy(tg_put_prefix(b->bytes + b->count, SCHEMA_URL, schema_url), b->schema_url, schema_url);
    uint8_t *start = b->bytes + b->count + tg_field_size(schema_url) - *length;
    uint8_t *at = tg_put_prefix(tg_put_prefix(start, REQUEST, outer), RESOURCE, resource);
    at = tg_put_prefix(at + protobuf_c_message_pack(&b->resource.base, at), INNER, inner);
    protobuf_c_message_pack(&b->scope.base, tg_put_prefix(at, SCOPE, scope));
    return start;
}
