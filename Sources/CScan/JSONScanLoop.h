// The scan over 64-byte blocks, included once per build by JSONScan.c, which defines BUILD(name) and TARGET.

/// Opens or closes one bracket at `*depth`; the answer says what is wrong with it.
TARGET static inline tg_json_status BUILD(bracket)(uint64_t *kinds, uint32_t limit, uint32_t *depth, uint8_t byte) {
    uint64_t is_object = (byte >> 5) & 1;  // '{' and '}' have bit 5, '[' and ']' do not
    if (byte & 2) {                        // '{' and '[' have bit 1
        if (*depth >= limit) return TG_JSON_TOO_DEEP;
        uint64_t *word = &kinds[*depth >> 6];
        unsigned bit = *depth & 63;
        *word = (*word & ~(1ULL << bit)) | is_object << bit;
        ++*depth;
        return TG_JSON_OK;
    }
    if (*depth == 0) return TG_JSON_MISMATCH;
    --*depth;
    uint64_t opened = kinds[*depth >> 6] >> (*depth & 63) & 1;
    return opened == is_object ? TG_JSON_OK : TG_JSON_MISMATCH;
}

TARGET static tg_json_result BUILD(scan)(
    tg_json_state *state, const uint8_t *bytes, size_t from, size_t to, size_t *out, size_t capacity) {
    // What changes lives in registers: through `state` every bracket would wait for the last one's store.
    uint64_t in_string = state->in_string, escaped = state->escaped;
    uint32_t depth = state->depth;
    const uint32_t limit = state->depth_limit, deepest = 1 + state->deeper;
    tg_json_result result = {from, 0, TG_JSON_OK};

    for (; to - result.position >= 64; result.position += 64) {
        const uint8_t *block = bytes + result.position;
        // Most of a prompt is the inside of long strings: nothing to do there.
        if (in_string && BUILD(is_plain)(block)) {
            escaped = 0;
            continue;
        }
        if (capacity - result.count < TG_JSON_BLOCK) {
            result.status = TG_JSON_FULL;
            break;
        }
        string_masks strings = BUILD(string_masks)(block);
        uint64_t quote = strings.quote & ~find_escaped(strings.backslash, &escaped);
        // The rest of it is code, whose escapes are in most blocks.
        if (in_string && !(quote | strings.control)) continue;
        uint64_t inside = BUILD(prefix_xor)(quote) ^ in_string;
        in_string = (uint64_t)((int64_t)inside >> 63);

        // The first fault of the block counts, and only what stands before it is read.
        uint64_t fault = (strings.control & inside) | (strings.backslash & ~inside);
        uint64_t before = fault ? (fault & -fault) - 1 : ~0ULL;

        operator_masks operators = BUILD(operator_masks)(block);
        uint64_t outside = ~inside & before;
        uint64_t brackets = (operators.open | operators.close) & outside;
        unsigned bit = 0;

        if (depth > deepest + (unsigned)__builtin_popcountll(operators.close & outside)) {
            // Cannot come back to what is told of in this block: only the brackets count.
            for (; brackets; brackets &= brackets - 1) {
                bit = (unsigned)__builtin_ctzll(brackets);
                result.status = BUILD(bracket)(state->kinds, limit, &depth, block[bit]);
                if (__builtin_expect(result.status != TG_JSON_OK, 0)) break;
            }
        } else {
            uint64_t marks = (quote & before) | brackets | (operators.separator & outside);
            for (; marks; marks &= marks - 1) {
                bit = (unsigned)__builtin_ctzll(marks);
                uint32_t least = depth;
                if (brackets >> bit & 1) {
                    result.status = BUILD(bracket)(state->kinds, limit, &depth, block[bit]);
                    if (result.status != TG_JSON_OK) break;
                    least = least < depth ? least : depth;
                }
                out[result.count] = result.position + bit;
                result.count += least <= deepest;
            }
        }
        if (__builtin_expect(result.status == TG_JSON_OK && fault != 0, 0)) {
            bit = (unsigned)__builtin_ctzll(fault);
            result.status = strings.control & inside & (fault & -fault) ? TG_JSON_CONTROL : TG_JSON_STRAY_BACKSLASH;
        }
        if (__builtin_expect(result.status != TG_JSON_OK, 0)) {
            result.position += bit;
            break;
        }
    }
    state->in_string = in_string;
    state->escaped = escaped;
    state->depth = depth;
    return result;
}
