#pragma once

// Byte scanning for the room Wire: what SIMD does well and Swift cannot spell. No state of its own, no allocation.

#include <stddef.h>
#include <stdint.h>

// ---------------------------------------------------------------- bytes

/// Index of the first `byte` in `bytes[0..<count]`, or `count`.
size_t tg_find_byte(const void *_Nonnull bytes, size_t count, uint8_t byte);

/// Index of the first CR or LF in `bytes[0..<count]`, or `count`.
size_t tg_find_line_end(const void *_Nonnull bytes, size_t count);

/// Length of the whole events at the beginning that are written as `event: content_block_delta`, one line of data and an empty line, with
/// LF alone behind each; 0 if the first is not. Sets how many they are, and how many bytes their data have.
size_t tg_pass_deltas(const void *_Nonnull bytes, size_t count, size_t *_Nonnull events, size_t *_Nonnull data_bytes);

/// Index of the first occurrence of `needle` in `bytes[0..<count]`, or `count`. An empty needle is found at 0.
size_t tg_find_bytes(const void *_Nonnull bytes, size_t count, const void *_Nonnull needle, size_t needle_count);

/// Index of the first byte in `bytes[0..<count]` from which on a JSON text may name what the gateway must know of, or hide a letter of
/// it: `"image`, `"document`, `"container`, `"thinking`, `"redacted`, `"tollgate`, `\u00`; `count` if there is none. What it finds may be
/// something else, near the end too.
size_t tg_find_mark(const void *_Nonnull bytes, size_t count);

/// How many leading bytes are letters, digits, `_` or `-`: what every provider takes in names and ids.
size_t tg_plain_name_length(const void *_Nonnull bytes, size_t count);

/// Whether every byte is below 0x80.
int tg_is_ascii(const void *_Nonnull bytes, size_t count);

/// Decimal digits of a number: 1 to 20.
size_t tg_decimal_length(uint64_t number);

/// Whether both areas hold the same bytes; stops at the first difference (not for secrets).
int tg_equal(const void *_Nonnull a, const void *_Nonnull b, size_t count);

/// Whether `bytes` equal `lower` when ASCII capitals are taken as small letters; `lower` must hold none. Not for secrets.
int tg_equal_ignoring_case(const void *_Nonnull bytes, const void *_Nonnull lower, size_t count);

/// Whether both areas hold the same bytes, in a time that depends on `count` alone.
int tg_equal_constant_time(const void *_Nonnull a, const void *_Nonnull b, size_t count);

// ---------------------------------------------------------------- HTTP characters

/// How many leading bytes are `tchar` (RFC 9110 §5.6.2).
size_t tg_http_token_length(const void *_Nonnull bytes, size_t count);

/// How many leading bytes may stand in a field value: HTAB, SP, VCHAR, obs-text (RFC 9110 §5.5).
size_t tg_http_value_length(const void *_Nonnull bytes, size_t count);

/// How many leading bytes may stand in a request target: RFC 3986 characters without `#`.
size_t tg_http_target_length(const void *_Nonnull bytes, size_t count);

/// How many leading bytes may stand in a `reg-name` (RFC 3986 §3.2.2).
size_t tg_http_reg_name_length(const void *_Nonnull bytes, size_t count);

// ---------------------------------------------------------------- JSON

/// Brackets that may be open at once, at most.
#define TG_JSON_DEPTH 1024

/// What the structural scan carries from one 64-byte block to the next. Start with all zero and `depth_limit` set.
typedef struct {
    /// All ones inside a string, else zero.
    uint64_t in_string;
    /// 1 when the first byte of the next block is escaped.
    uint64_t escaped;
    /// Brackets open now.
    uint32_t depth;
    /// Brackets that may be open, 1...TG_JSON_DEPTH.
    uint32_t depth_limit;
    /// What stands at depths up to 1 + `deeper` is told of.
    uint32_t deeper;
    /// One bit per open bracket, set for `{`.
    uint64_t kinds[TG_JSON_DEPTH / 64];
} tg_json_state;

typedef enum : uint32_t {
    /// Every whole block was read.
    TG_JSON_OK = 0,
    /// The output has no room for another block's positions: take them and call again from `position`.
    TG_JSON_FULL = 1,
    /// A closing bracket that closes nothing or the other kind.
    TG_JSON_MISMATCH = 2,
    /// More brackets open than `depth_limit`.
    TG_JSON_TOO_DEEP = 3,
    /// A byte below 0x20 inside a string.
    TG_JSON_CONTROL = 4,
    /// A backslash outside strings.
    TG_JSON_STRAY_BACKSLASH = 5,
} tg_json_status;

typedef struct {
    /// Start of the first block not read, or the offset of the fault.
    size_t position;
    /// How many positions were written.
    size_t count;
    tg_json_status status;
} tg_json_result;

/// Positions that one block can yield; `capacity` must be at least this.
#define TG_JSON_BLOCK 64

/// Reads the whole 64-byte blocks of `bytes[from..<to]` and writes the offset of every quote, comma, colon and bracket
/// that stands outside strings and at depth 0 to 1 + `deeper` (brackets: before or after them). Uses AVX2 where the CPU has it.
tg_json_result tg_json_scan(
    tg_json_state *_Nonnull state, const uint8_t *_Nonnull bytes, size_t from, size_t to, size_t *_Nonnull out,
    size_t capacity);

/// The same without SIMD, for other CPUs and for the tests that compare both.
tg_json_result tg_json_scan_portable(
    tg_json_state *_Nonnull state, const uint8_t *_Nonnull bytes, size_t from, size_t to, size_t *_Nonnull out,
    size_t capacity);

/// Whether `tg_json_scan` takes the AVX2 path on this machine.
int tg_json_uses_avx2(void);

typedef enum : uint32_t {
    TG_JSON_STRING_OK = 0,
    /// The text ends inside the string.
    TG_JSON_STRING_UNENDED = 1,
    /// A byte below 0x20.
    TG_JSON_STRING_CONTROL = 2,
    /// A backslash that begins no escape.
    TG_JSON_STRING_ESCAPE = 3,
} tg_json_string_status;

typedef struct {
    /// Of the closing quote, or of the fault.
    size_t end;
    tg_json_string_status status;
    /// Whether there was an escape.
    uint32_t has_escapes;
} tg_json_string;

/// Reads a string whose first byte behind the opening quote is `bytes[start]`, with its escapes checked.
tg_json_string tg_json_string_end(const uint8_t *_Nonnull bytes, size_t start, size_t count);
/// The same where the CPU has no AVX2.
tg_json_string tg_json_string_end_portable(const uint8_t *_Nonnull bytes, size_t start, size_t count);

/// How much of the escaped form of a text needs no escape: index of the first quote, backslash or byte below 0x20 in
/// `bytes[0..<count]`, or `count`.
size_t tg_json_plain_length(const uint8_t *_Nonnull bytes, size_t count);

typedef enum : uint32_t {
    TG_JSON_NO_FAULT = 0,
    TG_JSON_UNEXPECTED_END,
    TG_JSON_UNEXPECTED_BYTE,
    TG_JSON_EXPECTED_KEY,
    TG_JSON_EXPECTED_COLON,
    TG_JSON_EXPECTED_COMMA_OR_END,
    TG_JSON_DEPTH_EXCEEDED,
    TG_JSON_CONTROL_CHARACTER,
    TG_JSON_INVALID_ESCAPE,
    TG_JSON_INVALID_NUMBER,
    TG_JSON_INVALID_LITERAL,
} tg_json_fault;

typedef struct {
    /// Behind what was read, or where the fault is.
    size_t end;
    tg_json_fault fault;
} tg_json_end;

/// Reads a number whose first byte is `bytes[start]`; `is_integer`: it has neither fraction nor exponent.
tg_json_end tg_json_number_end(
    const uint8_t *_Nonnull bytes, size_t start, size_t count, uint32_t *_Nonnull is_integer);

/// Containers that `tg_json_skip_value` can have open at once.
#define TG_JSON_WALK_DEPTH 128

/// Reads a value of any kind, with blanks before it, and checks all of it. `depth_limit`: containers it may have open.
tg_json_end tg_json_skip_value(const uint8_t *_Nonnull bytes, size_t start, size_t count, uint32_t depth_limit);

typedef enum : uint32_t {
    TG_JSON_KEY_FOUND = 0,
    /// The object ended.
    TG_JSON_KEY_END = 1,
    TG_JSON_KEY_FAULT = 2,
} tg_json_key_status;

typedef struct {
    /// Of the member's value, behind the object's end, or of the fault.
    size_t position;
    /// The name, between its quotes.
    size_t key_start;
    size_t key_end;
    tg_json_key_status status;
    tg_json_fault fault;
    uint32_t has_escapes;
} tg_json_key;

/// Inside an object: reads on to the next member's value, or to the object's end. `is_behind_value`: a member was read.
tg_json_key tg_json_next_key(const uint8_t *_Nonnull bytes, size_t start, size_t count, uint32_t is_behind_value);
