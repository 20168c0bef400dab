#include "CScan.h"

#include <stdbool.h>
#include <string.h>

// The grammar of RFC 8259, one value or one member name at a time, checked byte by byte.

static inline bool is_blank(uint8_t byte) { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; }

static inline size_t skip_blanks(const uint8_t *bytes, size_t at, size_t count) {
    while (at < count && is_blank(bytes[at])) at++;
    return at;
}

static inline bool is_digit(uint8_t byte) { return (uint8_t)(byte - '0') < 10; }

static tg_json_end fault(tg_json_fault what, size_t at) { return (tg_json_end){.end = at, .fault = what}; }

static tg_json_fault string_fault(tg_json_string_status status) {
    switch (status) {
    case TG_JSON_STRING_CONTROL: return TG_JSON_CONTROL_CHARACTER;
    case TG_JSON_STRING_ESCAPE: return TG_JSON_INVALID_ESCAPE;
    default: return TG_JSON_UNEXPECTED_END;
    }
}

tg_json_end tg_json_number_end(const uint8_t *bytes, size_t start, size_t count, uint32_t *is_integer) {
    size_t at = start;
    *is_integer = 1;
    if (at < count && bytes[at] == '-') at++;
    size_t first = at;
    while (at < count && is_digit(bytes[at])) at++;
    if (at == first || (bytes[first] == '0' && at > first + 1)) return fault(TG_JSON_INVALID_NUMBER, start);
    if (at < count && bytes[at] == '.') {
        *is_integer = 0;
        first = ++at;
        while (at < count && is_digit(bytes[at])) at++;
        if (at == first) return fault(TG_JSON_INVALID_NUMBER, start);
    }
    if (at < count && (bytes[at] | 0x20) == 'e') {
        *is_integer = 0;
        at++;
        if (at < count && (bytes[at] == '+' || bytes[at] == '-')) at++;
        first = at;
        while (at < count && is_digit(bytes[at])) at++;
        if (at == first) return fault(TG_JSON_INVALID_NUMBER, start);
    }
    return fault(TG_JSON_NO_FAULT, at);
}

static tg_json_end literal(const uint8_t *bytes, size_t at, size_t count, const char *text) {
    size_t length = strlen(text);
    if (count - at < length || memcmp(bytes + at, text, length) != 0) return fault(TG_JSON_INVALID_LITERAL, at);
    return fault(TG_JSON_NO_FAULT, at + length);
}

/// A value that is no container; `at` is its first byte.
static tg_json_end scalar(const uint8_t *bytes, size_t at, size_t count) {
    uint32_t is_integer;
    switch (bytes[at]) {
    case '"': {
        tg_json_string string = tg_json_string_end(bytes, at + 1, count);
        if (string.status == TG_JSON_STRING_OK) return fault(TG_JSON_NO_FAULT, string.end + 1);
        return fault(string_fault(string.status), string.end);
    }
    case 't': return literal(bytes, at, count, "true");
    case 'f': return literal(bytes, at, count, "false");
    case 'n': return literal(bytes, at, count, "null");
    case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
        return tg_json_number_end(bytes, at, count, &is_integer);
    default: return fault(TG_JSON_UNEXPECTED_BYTE, at);
    }
}

tg_json_end tg_json_skip_value(const uint8_t *bytes, size_t start, size_t count, uint32_t depth_limit) {
    uint64_t objects[TG_JSON_WALK_DEPTH / 64] = {0}; // one bit per open container, set for objects
    uint32_t depth = 0;
    size_t at = skip_blanks(bytes, start, count);
    if (depth_limit > TG_JSON_WALK_DEPTH) depth_limit = TG_JSON_WALK_DEPTH;
    bool expects_key = false;
    for (;;) {
        if (at == count) return fault(TG_JSON_UNEXPECTED_END, at);
        if (expects_key) {
            if (bytes[at] != '"') return fault(TG_JSON_EXPECTED_KEY, at);
            tg_json_string key = tg_json_string_end(bytes, at + 1, count);
            if (key.status != TG_JSON_STRING_OK) return fault(string_fault(key.status), key.end);
            at = skip_blanks(bytes, key.end + 1, count);
            if (at == count) return fault(TG_JSON_UNEXPECTED_END, at);
            if (bytes[at] != ':') return fault(TG_JSON_EXPECTED_COLON, at);
            at = skip_blanks(bytes, at + 1, count);
            if (at == count) return fault(TG_JSON_UNEXPECTED_END, at);
        }
        bool is_object = bytes[at] == '{';
        if (is_object || bytes[at] == '[') {
            if (depth == depth_limit) return fault(TG_JSON_DEPTH_EXCEEDED, at);
            uint64_t bit = 1ULL << (depth % 64);
            if (is_object) objects[depth / 64] |= bit;
            else objects[depth / 64] &= ~bit;
            depth++;
            at = skip_blanks(bytes, at + 1, count);
            if (at == count) return fault(TG_JSON_UNEXPECTED_END, at);
            expects_key = is_object;
            if (bytes[at] != (is_object ? '}' : ']')) continue;
            at++;
            depth--;
        } else {
            tg_json_end value = scalar(bytes, at, count);
            if (value.fault != TG_JSON_NO_FAULT) return value;
            at = value.end;
        }
        // Behind a value: its containers may end, or another one follows.
        for (;;) {
            if (depth == 0) return fault(TG_JSON_NO_FAULT, at);
            at = skip_blanks(bytes, at, count);
            if (at == count) return fault(TG_JSON_UNEXPECTED_END, at);
            bool inside_object = objects[(depth - 1) / 64] >> ((depth - 1) % 64) & 1;
            uint8_t closing = inside_object ? '}' : ']';
            if (bytes[at] == closing) {
                at++;
                depth--;
                continue;
            }
            if (bytes[at] != ',') return fault(TG_JSON_EXPECTED_COMMA_OR_END, at);
            at = skip_blanks(bytes, at + 1, count);
            if (at < count && bytes[at] == closing) return fault(TG_JSON_UNEXPECTED_BYTE, at);
            expects_key = inside_object;
            break;
        }
    }
}

tg_json_key tg_json_next_key(const uint8_t *bytes, size_t start, size_t count, uint32_t is_behind_value) {
    tg_json_key result = {.status = TG_JSON_KEY_FAULT};
    size_t at = skip_blanks(bytes, start, count);
    result.fault = TG_JSON_UNEXPECTED_END;
    result.position = at;
    if (at == count) return result;
    if (bytes[at] == '}') {
        result.status = TG_JSON_KEY_END;
        result.position = at + 1;
        return result;
    }
    if (is_behind_value) {
        result.fault = TG_JSON_EXPECTED_COMMA_OR_END;
        if (bytes[at] != ',') return result;
        result.position = at = skip_blanks(bytes, at + 1, count);
        result.fault = TG_JSON_UNEXPECTED_END;
        if (at == count) return result;
        result.fault = TG_JSON_UNEXPECTED_BYTE;
        if (bytes[at] == '}') return result;
    }
    result.fault = TG_JSON_EXPECTED_KEY;
    if (bytes[at] != '"') return result;
    tg_json_string key = tg_json_string_end(bytes, at + 1, count);
    result.position = key.end;
    result.fault = string_fault(key.status);
    if (key.status != TG_JSON_STRING_OK) return result;
    result.key_start = at + 1;
    result.key_end = key.end;
    result.has_escapes = key.has_escapes;
    result.position = at = skip_blanks(bytes, key.end + 1, count);
    result.fault = TG_JSON_UNEXPECTED_END;
    if (at == count) return result;
    result.fault = TG_JSON_EXPECTED_COLON;
    if (bytes[at] != ':') return result;
    result.position = skip_blanks(bytes, at + 1, count);
    result.status = TG_JSON_KEY_FOUND;
    result.fault = TG_JSON_NO_FAULT;
    return result;
}
