// Answers like the Anthropic Messages API. The query chooses what and for whom it is counted:
//   ?case=json   one JSON message of about 2 KB
//   ?case=burst  a stream of 300 text deltas, about 60 KB, at once
//   ?case=paced  the same 5 ms apart; each delta tells when it was sent: "@" and 20 digits of CLOCK_MONOTONIC ns
//   ?case=slow   20 of them, 500 ms apart
//   ?case=long   300 of them, 100 ms apart
//   ?case=flood  300 times 300 of them, about 17 MB, as fast as they are taken; `GET /count` tells how many bytes went
//   &from=NAME   whom it is counted for; at most 32 names
// `POST /v1/chat/completions` and `/v1/responses` stream the same 300 text deltas at once in those dialects, for tollgate.
// `GET /count` gives the requests by name, and the body size of each case.
//   upstream PORT [CERTIFICATE-AND-KEY]     with a file it speaks TLS
#include "server.h"

enum { DELTAS = 300, PACE_NS = 5000000, SLOW_DELTAS = 20, SLOW_NS = 500000000, LONG_NS = 100000000, FLOOD_ROUNDS = 300, STREAM_CAPACITY = 1 << 17 };
enum { NAMES = 32, NAME_CAPACITY = 32 };

#define FIELDS \
    "anthropic-ratelimit-requests-limit: 4000\r\nanthropic-ratelimit-requests-remaining: 3999\r\n" \
    "anthropic-ratelimit-requests-reset: 2026-01-01T00:00:00Z\r\nanthropic-ratelimit-tokens-limit: 400000\r\n" \
    "anthropic-ratelimit-tokens-remaining: 399000\r\nanthropic-ratelimit-tokens-reset: 2026-01-01T00:00:00Z\r\n" \
    "request-id: req_011CSHoEeqs5C35K2UUqR7Fy\r\nanthropic-organization-id: 3a1f8f2e-7f0e-4c0f-9f6d-0d9f6b7c5e11\r\n" \
    "via: 1.1 google\r\ncf-cache-status: DYNAMIC\r\nserver: cloudflare\r\ncf-ray: 97a1b2c3d4e5f607-FRA\r\n"
#define MESSAGE \
    "\"model\":\"claude-sonnet-4-5-20250929\",\"id\":\"msg_01XFDUDYJgAACzvnptVvoYEL\"," \
    "\"type\":\"message\",\"role\":\"assistant\""
#define USAGE \
    "\"input_tokens\":412,\"cache_creation_input_tokens\":0,\"cache_read_input_tokens\":50084," \
    "\"cache_creation\":{\"ephemeral_5m_input_tokens\":0,\"ephemeral_1h_input_tokens\":0}," \
    "\"service_tier\":\"standard\""

struct text {
    char *bytes;
    size_t length;
    size_t body; // without head and chunk framing
};

static struct text json, burst, chat, responses, opening, closing, not_found;
static struct text deltas[DELTAS];
static size_t stamp_at[DELTAS];
static struct {
    char name[NAME_CAPACITY];
    long long requests;
} counts[NAMES];
static long long unnamed, flooded;
static size_t slow_body;
static size_t middle; // the length of a burst's deltas
static struct connection *first, *last; // paced streams, the next one due in front

static void add(struct text *text, const char *bytes, size_t length) {
    if (!text->bytes) text->bytes = malloc(STREAM_CAPACITY);
    if (!text->bytes || text->length + length > STREAM_CAPACITY) fail("a prepared answer is too long");
    memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
}

// An event, as the chunk of its own that a server makes that flushes after each.
static void add_event(struct text *text, const char *name, const char *data) {
    char event[1024], size[16];
    int length = snprintf(event, sizeof event, "event: %s\ndata: %s\n\n", name, data);
    add(text, size, snprintf(size, sizeof size, "%x\r\n", length));
    add(text, event, length);
    add(text, "\r\n", 2);
    text->body += length;
}

static void prepare_deltas(void) {
    static const char *const words[] = {
        "    let total = try await ledger.sum(of: \\\"tokens\\\", since: start)\\n    return total",
        "The test fails because `decode` reads one byte past the end of the last line; I will",
        "\\n```swift\\nguard let key = keys[\\\"primary\\\"] else { throw KeyError.missing }\\n```\\nNow",
        " run the whole suite again, look at what is left over, and write down what changed \\u2014"};
    for (int index = 0; index < DELTAS; index++) {
        char data[512];
        snprintf(data, sizeof data,
                 "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":"
                 "\"@%020lld %.60s\"}}", 0LL, words[index % 4]);
        add_event(&deltas[index], "content_block_delta", data);
        char *mark = memchr(deltas[index].bytes, '@', deltas[index].length);
        stamp_at[index] = mark + 1 - deltas[index].bytes;
        deltas[index].bytes = realloc(deltas[index].bytes, deltas[index].length);
    }
}

static void prepare_streams(void) {
    static const char head[] =
        "HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
        "cache-control: no-cache\r\n" FIELDS "transfer-encoding: chunked\r\n\r\n";
    add(&opening, head, sizeof head - 1);
    add_event(&opening, "message_start",
              "{\"type\":\"message_start\",\"message\":{" MESSAGE ",\"content\":[],\"stop_reason\":null,"
              "\"stop_sequence\":null,\"usage\":{" USAGE ",\"output_tokens\":4}}}");
    add_event(&opening, "content_block_start",
              "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}}");
    add_event(&opening, "ping", "{\"type\": \"ping\"}");
    add_event(&closing, "content_block_stop", "{\"type\":\"content_block_stop\",\"index\":0}");
    add_event(&closing, "message_delta",
              "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},"
              "\"usage\":{\"input_tokens\":412,\"cache_creation_input_tokens\":0,"
              "\"cache_read_input_tokens\":50084,\"output_tokens\":5021}}");
    add_event(&closing, "message_stop", "{\"type\":\"message_stop\"}");
    add(&closing, "0\r\n\r\n", 5);
    add(&burst, opening.bytes, opening.length);
    for (int index = 0; index < DELTAS; index++) {
        add(&burst, deltas[index].bytes, deltas[index].length);
        burst.body += deltas[index].body;
    }
    middle = burst.length - opening.length;
    add(&burst, closing.bytes, closing.length);
    burst.body += opening.body + closing.body;
    slow_body = opening.body + closing.body;
    for (int index = 0; index < SLOW_DELTAS; index++) slow_body += deltas[index].body;
}

static void add_data(struct text *text, const char *name, const char *data) {
    char event[2048], size[16];
    int length = name ? snprintf(event, sizeof event, "event: %s\ndata: %s\n\n", name, data)
                      : snprintf(event, sizeof event, "data: %s\n\n", data);
    add(text, size, snprintf(size, sizeof size, "%x\r\n", length));
    add(text, event, length);
    add(text, "\r\n", 2);
}

static const char translated_head[] =
    "HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\ncontent-type: text/event-stream; charset=utf-8\r\n"
    "x-request-id: req_5d41402abc4b2a76b9719d911017c592\r\nopenai-processing-ms: 120\r\n"
    "x-ratelimit-remaining-requests: 4999\r\ntransfer-encoding: chunked\r\n\r\n";

// The text of a delta of the other streams, between its quotes.
static const char *delta_text(int index, char *text, size_t capacity) {
    const char *start = strstr(deltas[index].bytes, "\"text\":\"@") + 8, *end = strstr(start, "\"}}");
    snprintf(text, capacity, "%.*s", (int)(end - start), start);
    return text;
}

static void prepare_chat(void) {
    char data[1024], text[512];
    add(&chat, translated_head, sizeof translated_head - 1);
#define CHUNK \
    "{\"id\":\"chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT\",\"object\":\"chat.completion.chunk\",\"created\":1767225600," \
    "\"model\":\"gpt-4.1-2025-04-14\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_fc9f1d7035\","
    add_data(&chat, NULL, CHUNK "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null},"
                          "\"logprobs\":null,\"finish_reason\":null}],\"usage\":null}");
    for (int index = 0; index < DELTAS; index++) {
        snprintf(data, sizeof data, CHUNK "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"},\"logprobs\":null,"
                                          "\"finish_reason\":null}],\"usage\":null}", delta_text(index, text, sizeof text));
        add_data(&chat, NULL, data);
    }
    add_data(&chat, NULL, CHUNK "\"choices\":[{\"index\":0,\"delta\":{},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":null}");
    add_data(&chat, NULL, CHUNK "\"choices\":[],\"usage\":{\"prompt_tokens\":50496,\"completion_tokens\":5021,\"total_tokens\":55517,"
                          "\"prompt_tokens_details\":{\"cached_tokens\":48211},\"completion_tokens_details\":{\"reasoning_tokens\":0}}}");
    add_data(&chat, NULL, "[DONE]");
    add(&chat, "0\r\n\r\n", 5);
}

static void prepare_responses(void) {
    char data[1024], text[512];
    add(&responses, translated_head, sizeof translated_head - 1);
#define RESPONSE "\"response\":{\"id\":\"resp_67ccd2bed1ec8190b14f964abc054267\",\"object\":\"response\",\"model\":\"gpt-5.5\","
    add_data(&responses, "response.created", "{\"type\":\"response.created\",\"sequence_number\":0," RESPONSE "\"status\":\"in_progress\"}}");
    add_data(&responses, "response.output_item.added",
             "{\"type\":\"response.output_item.added\",\"sequence_number\":1,\"output_index\":0,\"item\":{\"id\":\"msg_1\","
             "\"type\":\"message\",\"status\":\"in_progress\",\"role\":\"assistant\",\"content\":[]}}");
    for (int index = 0; index < DELTAS; index++) {
        snprintf(data, sizeof data,
                 "{\"type\":\"response.output_text.delta\",\"sequence_number\":%d,\"item_id\":\"msg_1\",\"output_index\":0,"
                 "\"content_index\":0,\"delta\":\"%s\",\"logprobs\":[]}", index + 2, delta_text(index, text, sizeof text));
        add_data(&responses, "response.output_text.delta", data);
    }
    add_data(&responses, "response.output_item.done",
             "{\"type\":\"response.output_item.done\",\"sequence_number\":400,\"output_index\":0,\"item\":{\"id\":\"msg_1\","
             "\"type\":\"message\",\"status\":\"completed\",\"role\":\"assistant\",\"content\":[]}}");
    add_data(&responses, "response.completed",
             "{\"type\":\"response.completed\",\"sequence_number\":401," RESPONSE "\"status\":\"completed\",\"usage\":{"
             "\"input_tokens\":50496,\"input_tokens_details\":{\"cached_tokens\":48211},\"output_tokens\":5021,"
             "\"output_tokens_details\":{\"reasoning_tokens\":0},\"total_tokens\":55517}}}");
    add(&responses, "0\r\n\r\n", 5);
}

static void prepare_json(void) {
    char text[1600], body[2400], head[1600];
    static const char line[] = "    if let value = try cache.read(\\\"key\\\") { return value }\\n";
    size_t length = 0;
    while (length + sizeof line < 1500) length += snprintf(text + length, sizeof text - length, "%s", line);
    json.body = snprintf(body, sizeof body,
                         "{" MESSAGE ",\"content\":[{\"type\":\"text\",\"text\":\"%s\"}],\"stop_reason\":\"end_turn\","
                         "\"stop_sequence\":null,\"usage\":{" USAGE ",\"output_tokens\":503}}", text);
    add(&json, head, snprintf(head, sizeof head,
                              "HTTP/1.1 200 OK\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\n"
                              "content-type: application/json\r\n" FIELDS "content-length: %zu\r\n\r\n", json.body));
    add(&json, body, json.body);
}

static void queue(struct connection *stream) {
    stream->next = NULL;
    if (last) last->next = stream;
    else first = stream;
    last = stream;
}

// All that run at the same time have the same pace: the queue is in the order of what is due.
static void start_paced(struct connection *connection, int events, long long pace) {
    give(connection, opening.bytes, opening.length);
    connection->paced = true;
    connection->event = 0;
    connection->events = events;
    connection->pace = pace;
    connection->due = now_ns() + pace;
    queue(connection);
}

static void flood_on(struct connection *connection) {
    while (connection->out_start == connection->out_end && connection->rounds > 0) {
        connection->rounds--;
        flooded += middle;
        give(connection, burst.bytes + opening.length, middle);
        if (connection->rounds == 0) give(connection, closing.bytes, closing.length);
    }
}

static void start_flood(struct connection *connection) {
    // What waits here is not what the peer holds, and filling large buffers would keep the others waiting.
    int room = 64 * 1024;
    setsockopt(connection->link.fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    connection->rounds = FLOOD_ROUNDS;
    connection->drained = flood_on;
    give(connection, opening.bytes, opening.length);
    flood_on(connection);
}

static void send_next_delta(struct connection *stream) {
    struct text *delta = &deltas[stream->event];
    char *digit = delta->bytes + stamp_at[stream->event] + 20;
    long long stamp = now_ns();
    for (int index = 0; index < 20; index++, stamp /= 10) *--digit = '0' + stamp % 10;
    give(stream, delta->bytes, delta->length);
    if (++stream->event < stream->events) {
        stream->due += stream->pace;
        queue(stream);
        return;
    }
    stream->paced = false;
    give(stream, closing.bytes, closing.length);
}

// Send what is due; how long until the next, -1 if there is none.
static long long pace(void) {
    while (first) {
        struct connection *stream = first;
        long long left = stream->due - now_ns();
        if (left > 0 && !stream->closed) return left;
        first = stream->next;
        if (!first) last = NULL;
        if (stream->closed) {
            stream->paced = false;
            shut(stream);
        } else send_next_delta(stream);
    }
    return -1;
}

static void tell_counts(struct connection *connection) {
    char body[4096], whole[4608];
    size_t length = 0;
    body[length++] = '{';
    for (int index = 0; index < NAMES && counts[index].name[0]; index++)
        length += snprintf(body + length, sizeof body - length, "\"%s\":%lld,", counts[index].name, counts[index].requests);
    snprintf(body + length, sizeof body - length,
             "\"unnamed\":%lld,\"flooded\":%lld,\"bytes\":{\"json\":%zu,\"burst\":%zu,\"paced\":%zu,\"slow\":%zu}}", unnamed, flooded, json.body,
             burst.body, burst.body, slow_body);
    length = snprintf(whole, sizeof whole, "HTTP/1.1 200 OK\r\ncontent-length: %zu\r\n\r\n%s", strlen(body), body);
    give(connection, whole, length);
}

static void count_for(const char *name) {
    size_t length = name ? strcspn(name, "& ") : 0;
    for (int index = 0; length && length < NAME_CAPACITY && index < NAMES; index++) {
        if (!counts[index].name[0]) memcpy(counts[index].name, name, length);
        if (strncmp(counts[index].name, name, length) || counts[index].name[length]) continue;
        counts[index].requests++;
        return;
    }
    unnamed++;
}

static void answer(struct connection *connection) {
    const char *target = connection->target, *from = strstr(target, "from=");
    if (!strcmp(target, "/count")) {
        tell_counts(connection);
        return;
    }
    if (!strcmp(target, "/v1/chat/completions") || !strcmp(target, "/v1/responses")) {
        struct text *stream = strstr(target, "chat") ? &chat : &responses;
        count_for("tollgate"); // the query does not get through a translation
        give(connection, stream->bytes, stream->length);
        return;
    }
    count_for(from ? from + 5 : NULL);
    if (strstr(target, "case=json")) give(connection, json.bytes, json.length);
    else if (strstr(target, "case=burst")) give(connection, burst.bytes, burst.length);
    else if (strstr(target, "case=paced")) start_paced(connection, DELTAS, PACE_NS);
    else if (strstr(target, "case=slow")) start_paced(connection, SLOW_DELTAS, SLOW_NS);
    else if (strstr(target, "case=long")) start_paced(connection, DELTAS, LONG_NS);
    else if (strstr(target, "case=flood")) start_flood(connection);
    else give(connection, not_found.bytes, not_found.length);
}

int main(int count, char **arguments) {
    if (count != 2 && count != 3) return fprintf(stderr, "usage: upstream PORT [CERTIFICATE-AND-KEY]\n"), 2;
    if (count == 3) tls_serve(arguments[2]);
    static const char missing[] = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
    add(&not_found, missing, sizeof missing - 1);
    prepare_deltas();
    prepare_streams();
    prepare_json();
    prepare_chat();
    prepare_responses();
    server_open(atoi(arguments[1]));
    for (;;) server_turn(pace());
}
