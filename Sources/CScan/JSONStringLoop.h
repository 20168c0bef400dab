// The scan of a string over 64-byte blocks, included once per build by JSONString.c, which defines BUILD(name) and TARGET.

/// Reads whole blocks while nothing ends the string; code has an escape in most of them. True: `result` is complete.
TARGET static int BUILD(read_blocks)(const uint8_t *bytes, size_t *at, size_t count, tg_json_string *result) {
    while (*at + 64 <= count) {
        marks found = BUILD(find_marks)(bytes + *at);
        uint64_t escaped = 0, carry = 0;
        if (found.backslash) escaped = find_escaped(found.backslash, &carry);
        uint64_t ends = (found.quote & ~escaped) | found.control;
        uint64_t inside = ends ? (ends & -ends) - 1 : ~0ULL;
        // What stands behind the end is not the string's.
        if (found.backslash & inside) result->has_escapes = 1;
        for (uint64_t left = escaped & inside & ~found.simple; left; left &= left - 1) {
            size_t backslash = *at + (size_t)__builtin_ctzll(left) - 1;
            if (escape_length(bytes, backslash, count)) continue;
            result->status = TG_JSON_STRING_ESCAPE;
            result->end = backslash;
            return 1;
        }
        if (ends) {
            unsigned bit = (unsigned)__builtin_ctzll(ends);
            // A control character behind a backslash is no escape.
            if (escaped >> bit & 1) {
                result->status = TG_JSON_STRING_ESCAPE;
                result->end = *at + bit - 1;
                return 1;
            }
            result->status = found.quote >> bit & 1 ? TG_JSON_STRING_OK : TG_JSON_STRING_CONTROL;
            result->end = *at + bit;
            return 1;
        }
        // A backslash at the end escapes the first byte of the next block.
        *at += carry ? 63 : 64;
    }
    return 0;
}
