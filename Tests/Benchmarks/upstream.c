// A provider that answers like the Anthropic Messages API, as fast as one thread can. The query picks the answer:
//   ?case=json    2 KB of JSON
//   ?case=burst   an event stream of 300 events at once
//   ?case=paced   the same, 5 ms between two events; each carries the time it was sent (CLOCK_MONOTONIC, ns, 19 digits)
// GET /count answers with the number of model requests so far. Any other POST (telemetry) is taken and answered with 200.
#include "net.h"

enum { DELTAS = 300, PACE_NS = 5000000, BUFFER = 1 << 20 };

typedef struct connection {
    int fd;
    size_t have;
    char *in;
    char *out;          // what waits to be sent
    size_t out_used, out_sent, out_capacity;
    int64_t next_delta; // of a paced stream: when; 0: none under way
    int deltas_left;
    struct connection *next_paced;
} connection;

static int poll_fd;
static long served;
static connection *paced;
static char json_answer[4096], burst[1 << 17];
static size_t json_length, burst_length;
static const char *usage =
    "{\"input_tokens\":12,\"cache_creation_input_tokens\":200,\"cache_read_input_tokens\":3000,\"output_tokens\":";

static void queue(connection *c, const char *bytes, size_t count) {
    if (c->out_sent == c->out_used) c->out_sent = c->out_used = 0;
    if (c->out_used + count > c->out_capacity) {
        c->out_capacity = (c->out_used + count) * 2;
        c->out = realloc(c->out, c->out_capacity);
        if (!c->out) fail("realloc");
    }
    memcpy(c->out + c->out_used, bytes, count);
    c->out_used += count;
}

static bool flush_out(connection *c) {
    while (c->out_sent < c->out_used) {
        ssize_t sent = send(c->fd, c->out + c->out_sent, c->out_used - c->out_sent, MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN;
        c->out_sent += (size_t)sent;
    }
    return true;
}

static size_t delta(char *to, size_t room, int64_t at) {
    return (size_t)snprintf(
        to, room,
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\","
        "\"text\":\"@%019lld@ and a few more words to make it as long as they are, on the whole, in practice\"}}\n\n",
        (long long)at);
}

static size_t begin_stream(char *to, size_t room) {
    return (size_t)snprintf(
        to, room,
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_bench\",\"type\":\"message\",\"role\":"
        "\"assistant\",\"model\":\"claude-sonnet-4-5-20250929\",\"content\":[],\"stop_reason\":null,\"usage\":%s1}}}\n\n"
        "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\","
        "\"text\":\"\"}}\n\n",
        usage);
}

static size_t end_stream(char *to, size_t room) {
    return (size_t)snprintf(
        to, room,
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},"
        "\"usage\":%s300}}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
        usage);
}

static const char *stream_head =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\nrequest-id: req_bench\r\n"
    "transfer-encoding: chunked\r\n\r\n";

static void queue_chunk(connection *c, const char *bytes, size_t count) {
    char size[24];
    queue(c, size, (size_t)snprintf(size, sizeof size, "%zx\r\n", count));
    queue(c, bytes, count);
    queue(c, "\r\n", 2);
}

static void prepare(void) {
    char text[1600];
    memset(text, 'w', sizeof text);
    text[sizeof text - 1] = 0;
    char body[3000];
    int length = snprintf(
        body, sizeof body,
        "{\"id\":\"msg_bench\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-sonnet-4-5-20250929\",\"content\":"
        "[{\"type\":\"text\",\"text\":\"%s\"}],\"stop_reason\":\"end_turn\",\"stop_sequence\":null,\"usage\":%s300}}",
        text, usage);
    json_length = (size_t)snprintf(
        json_answer, sizeof json_answer,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_bench\r\ncontent-length: %d\r\n\r\n%s", length,
        body);
    burst_length = begin_stream(burst, sizeof burst);
    for (int i = 0; i < DELTAS; i++) burst_length += delta(burst + burst_length, sizeof burst - burst_length, 0);
    burst_length += end_stream(burst + burst_length, sizeof burst - burst_length);
}

static void answer(connection *c, const char *head) {
    char line[256];
    if (strncmp(head, "GET /count", 10) == 0) {
        int digits = snprintf(line, sizeof line, "%ld", served);
        char out[256];
        queue(c, out, (size_t)snprintf(out, sizeof out, "HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s", digits, line));
        return;
    }
    const char *end = strstr(head, "\r\n");
    size_t length = (size_t)(end - head) < sizeof line ? (size_t)(end - head) : sizeof line - 1;
    memcpy(line, head, length);
    line[length] = 0;
    if (!strstr(line, "/v1/messages")) {
        queue(c, "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", 38);
        return;
    }
    served++;
    if (strstr(line, "case=burst")) {
        queue(c, stream_head, strlen(stream_head));
        queue_chunk(c, burst, burst_length);
        queue(c, "0\r\n\r\n", 5);
    } else if (strstr(line, "case=paced")) {
        char start[1024];
        queue(c, stream_head, strlen(stream_head));
        queue_chunk(c, start, begin_stream(start, sizeof start));
        c->deltas_left = DELTAS;
        // Spread, so that the streams do not move in step.
        c->next_delta = now_ns() + PACE_NS + (served % 50) * (PACE_NS / 50);
        c->next_paced = paced;
        paced = c;
    } else {
        queue(c, json_answer, json_length);
    }
}

static void drop(connection *c) {
    for (connection **at = &paced; *at; at = &(*at)->next_paced)
        if (*at == c) {
            *at = c->next_paced;
            break;
        }
    close(c->fd);
    free(c->in);
    free(c->out);
    free(c);
}

// Answers every whole request that has come. False when the connection must end.
static bool take_requests(connection *c) {
    while (true) {
        c->in[c->have] = 0;
        char *end = strstr(c->in, "\r\n\r\n");
        if (!end) return c->have < BUFFER - 1;
        size_t body = 0;
        char *length = strcasestr(c->in, "\r\ncontent-length:");
        if (length && length < end) body = strtoul(length + 17, NULL, 10);
        size_t whole = (size_t)(end + 4 - c->in) + body;
        if (whole > BUFFER - 1) return false;
        if (c->have < whole) return true;
        answer(c, c->in);
        memmove(c->in, c->in + whole, c->have - whole);
        c->have -= whole;
    }
}

static bool ready(connection *c) {
    while (true) {
        ssize_t got = recv(c->fd, c->in + c->have, BUFFER - 1 - c->have, 0);
        if (got == 0) return false;
        if (got < 0) {
            if (errno != EAGAIN) return false;
            break;
        }
        c->have += (size_t)got;
        if (!take_requests(c)) return false;
    }
    return flush_out(c);
}

static int64_t pace(void) {
    int64_t now = now_ns(), earliest = 0;
    for (connection **at = &paced; *at;) {
        connection *c = *at;
        if (c->next_delta <= now) {
            char event[512];
            queue_chunk(c, event, delta(event, sizeof event, now));
            c->next_delta += PACE_NS;
            if (--c->deltas_left == 0) {
                char end[1024];
                queue_chunk(c, end, end_stream(end, sizeof end));
                queue(c, "0\r\n\r\n", 5);
                c->next_delta = 0;
            }
            flush_out(c);
        }
        if (c->next_delta == 0) {
            *at = c->next_paced;
            continue;
        }
        if (!earliest || c->next_delta < earliest) earliest = c->next_delta;
        at = &c->next_paced;
    }
    return earliest;
}

int main(int count, char **arguments) {
    int port = count > 1 ? atoi(arguments[1]) : 0, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = loopback(port);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0 || listen(listener, 4096) != 0) fail("listen");
    prepare();
    poll_fd = epoll_create1(0);
    watch(poll_fd, listener, NULL);
    while (true) {
        struct epoll_event events[256];
        int64_t earliest = pace(), left = earliest ? earliest - now_ns() : -1;
        // Below a millisecond it spins: epoll counts in milliseconds.
        int wait = earliest ? (left < 1000000 ? 0 : (int)(left / 1000000)) : -1;
        int got = epoll_wait(poll_fd, events, 256, wait);
        for (int i = 0; i < got; i++) {
            connection *c = events[i].data.ptr;
            if (c) {
                if (!ready(c)) drop(c);
                continue;
            }
            int fd;
            while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                no_delay(fd);
                c = calloc(1, sizeof *c);
                c->fd = fd;
                c->in = malloc(BUFFER);
                watch(poll_fd, fd, c);
            }
        }
    }
}
