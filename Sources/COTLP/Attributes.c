// Attributes as they are on the wire: repeated KeyValue{1: key, 2: AnyValue}. Half of an export is attributes, each of them three messages
// one in the other, and there are five forms. So they are written as they come, and protobuf-c, which packs all else, takes them
// for a field that it does not know: it writes the first one's tag and copies what stands behind it.
#include <string.h>

#include "Builder.h"

enum { KEY = 1, VALUE = 2 };                                                       // of KeyValue
enum { STRING = 1, BOOLEAN = 2, INTEGER = 3, DOUBLE = 4, ARRAY = 5, VALUES = 1 };  // of AnyValue and ArrayValue
enum { VARINT = 0, FIXED64 = 1, LENGTH = 2 };                                      // wire types
enum { FIRST = 128 };

tg_otlp_attributes *tg_attributes(block **arena, ProtobufCMessage *owner, int field) {
    tg_otlp_attributes *made = tg_allocate(arena, sizeof *made);
    *made = (tg_otlp_attributes){.arena = arena, .owner = owner, .field = {.tag = (uint32_t)field, .wire_type = LENGTH}};
    return made;
}

static void grow(tg_otlp_attributes *to, size_t needed) {
    size_t larger = to->capacity ? 2 * to->capacity : FIRST;
    if (larger < needed) larger = needed;
    uint8_t *fresh = tg_allocate(to->arena, larger);
    if (to->count) memcpy(fresh, to->bytes, to->count);
    to->bytes = fresh;
    to->capacity = larger;
}

static uint8_t *put_tag(uint8_t *at, int field, int type) {
    *at = (uint8_t)(field << 3 | type);
    return at + 1;
}

// A key, and in front of it the sizes of all up to the value, of which `value` bytes are to follow. Gives where.
static uint8_t *begin(tg_otlp_attributes *to, const void *key, size_t key_length, size_t value) {
    size_t pair = tg_field_size(key_length) + tg_field_size(value), whole = tg_field_size(pair);
    if (to->capacity - to->count < whole) grow(to, to->count + whole);
    uint8_t *at = tg_put_prefix(to->bytes + to->count, (int)to->field.tag, pair);
    at = tg_put_prefix(at, KEY, key_length);
    if (key_length) memcpy(at, key, key_length);
    to->count += whole;
    // Without the tag, which protobuf-c writes.
    to->field.data = to->bytes + 1;
    to->field.len = to->count - 1;
    to->owner->unknown_fields = &to->field;
    to->owner->n_unknown_fields = 1;
    return tg_put_prefix(at + key_length, VALUE, value);
}

static void put_text(uint8_t *at, const void *text, size_t length) {
    at = tg_put_prefix(at, STRING, length);
    if (length) memcpy(at, text, length);
}

void tg_otlp_string(tg_otlp_attributes *to, const void *key, size_t key_length, const void *text, size_t length) {
    put_text(begin(to, key, key_length, tg_field_size(length)), text, length);
}

void tg_otlp_string_list(tg_otlp_attributes *to, const void *key, size_t key_length, const void *text, size_t length) {
    size_t value = tg_field_size(length), list = tg_field_size(value);
    uint8_t *at = begin(to, key, key_length, tg_field_size(list));
    put_text(tg_put_prefix(tg_put_prefix(at, ARRAY, list), VALUES, value), text, length);
}

void tg_otlp_int(tg_otlp_attributes *to, const void *key, size_t key_length, int64_t number) {
    uint8_t *at = put_tag(begin(to, key, key_length, 1 + tg_varint_size((uint64_t)number)), INTEGER, VARINT);
    tg_put_varint(at, (uint64_t)number);
}

void tg_otlp_double(tg_otlp_attributes *to, const void *key, size_t key_length, double number) {
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    uint8_t *at = put_tag(begin(to, key, key_length, 1 + sizeof bits), DOUBLE, FIXED64);
    for (size_t i = 0; i < sizeof bits; i++) at[i] = (uint8_t)(bits >> (8 * i));
}

void tg_otlp_bool(tg_otlp_attributes *to, const void *key, size_t key_length, bool truth) {
    *put_tag(begin(to, key, key_length, 2), BOOLEAN, VARINT) = truth;
}
