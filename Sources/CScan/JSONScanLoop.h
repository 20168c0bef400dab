// The scan over 64-byte blocks, included once per build by JSONScan.c, which defines BUILD(name) and TARGET.

/// Opens or closes one bracket; the answer says what is wrong with it.
TARGET static inline tg_json_status BUILD(bracket)(tg_json_state *state, uint8_t byte) {
    uint64_t is_object = (byte >> 5) & 1;  // '{' and '}' have bit 5, '[' and ']' do not
    if (byte & 2) {                        // '{' and '[' have bit 1
        if (state->depth >= state->depth_limit) return TG_JSON_TOO_DEEP;
        uint64_t *word = &state->kinds[state->depth >> 6];
        unsigned bit = state->depth & 63;
        *word = (*word & ~(1ULL << bit)) | is_object << bit;
        state->depth++;
        return TG_JSON_OK;
    }
    if (state->depth == 0) return TG_JSON_MISMATCH;
    state->depth--;
    uint64_t opened = state->kinds[state->depth >> 6] >> (state->depth & 63) & 1;
    return opened == is_object ? TG_JSON_OK : TG_JSON_MISMATCH;
}

TARGET static tg_json_result BUILD(scan)(
    tg_json_state *state, const uint8_t *bytes, size_t from, size_t to, size_t *out, size_t capacity) {
    size_t count = 0, position = from;
    for (; to - position >= 64; position += 64) {
        const uint8_t *block = bytes + position;
        // Most of a prompt is the inside of long strings: nothing to do there.
        if (state->in_string && BUILD(is_plain)(block)) {
            state->escaped = 0;
            continue;
        }
        if (capacity - count < TG_JSON_BLOCK) return (tg_json_result){position, count, TG_JSON_FULL};

        string_masks strings = BUILD(string_masks)(block);
        uint64_t quote = strings.quote & ~find_escaped(strings.backslash, &state->escaped);
        uint64_t inside = BUILD(prefix_xor)(quote) ^ state->in_string;
        state->in_string = (uint64_t)((int64_t)inside >> 63);

        // The first fault of the block counts, and only what stands before it is read.
        uint64_t fault = (strings.control & inside) | (strings.backslash & ~inside);
        uint64_t before = fault ? (fault & -fault) - 1 : ~0ULL;

        operator_masks operators = BUILD(operator_masks)(block);
        uint64_t outside = ~inside & before;
        uint64_t brackets = (operators.open | operators.close) & outside;
        unsigned closing = (unsigned)__builtin_popcountll(operators.close & outside);

        if (state->depth > 1 + closing) {
            for (; brackets; brackets &= brackets - 1) {
                unsigned bit = (unsigned)__builtin_ctzll(brackets);
                tg_json_status status = BUILD(bracket)(state, block[bit]);
                if (__builtin_expect(status != TG_JSON_OK, 0)) return (tg_json_result){position + bit, count, status};
            }
        } else {
            uint64_t marks = (quote & before) | brackets | (operators.separator & outside);
            for (; marks; marks &= marks - 1) {
                unsigned bit = (unsigned)__builtin_ctzll(marks);
                uint32_t depth = state->depth;
                if (brackets >> bit & 1) {
                    tg_json_status status = BUILD(bracket)(state, block[bit]);
                    if (status != TG_JSON_OK) return (tg_json_result){position + bit, count, status};
                    depth = depth < state->depth ? depth : state->depth;
                }
                out[count] = position + bit;
                count += depth <= 1;
            }
        }
        if (__builtin_expect(fault != 0, 0)) {
            uint64_t first = fault & -fault;
            tg_json_status status = strings.control & inside & first ? TG_JSON_CONTROL : TG_JSON_STRAY_BACKSLASH;
            return (tg_json_result){position + (size_t)__builtin_ctzll(fault), count, status};
        }
    }
    return (tg_json_result){position, count, TG_JSON_OK};
}
