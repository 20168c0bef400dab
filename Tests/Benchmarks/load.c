// A load generator: N connections to 127.0.0.1, each sends its next request when the last answer is whole. Prints one JSON object:
// requests, errors, seconds, latency percentiles (ms), and for paced streams the delay of each event (ms), from the upstream's
// sending to here.
//
//   load PORT TARGET BODY_FILE KEY CONNECTIONS SECONDS
#include "net.h"

#include <sys/ioctl.h>

typedef struct {
    int fd;
    int64_t began;
    size_t sent;
    char tail[64];      // the last bytes of the answer so far
    size_t tail_length;
    bool in_body, is_chunked;
    int64_t left;       // bytes of the body to come, if its length is known
    char head[4096];
    size_t head_length;
    int status;
} connection;

typedef struct {
    double *values;
    size_t count, capacity;
} samples;

static char *request;
static size_t request_length;
static int port;
static samples latencies, delays;
static long errors, done;
static bool draining;

static void record(samples *s, double value) {
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? s->capacity * 2 : 65536;
        s->values = realloc(s->values, s->capacity * sizeof(double));
    }
    s->values[s->count++] = value;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double percentile(samples *s, double share) {
    return s->count ? s->values[(size_t)((double)(s->count - 1) * share)] : 0;
}

static void push(connection *c) {
    while (c->sent < request_length) {
        ssize_t sent = send(c->fd, request + c->sent, request_length - c->sent, MSG_NOSIGNAL);
        if (sent <= 0) return;
        c->sent += (size_t)sent;
    }
}

static void begin(connection *c) {
    c->began = now_ns();
    c->sent = c->head_length = c->tail_length = 0;
    c->in_body = false;
    push(c);
}

static void finish(connection *c, bool good) {
    if (good && c->status == 200) {
        done++;
        record(&latencies, (double)(now_ns() - c->began) / 1e6);
    } else {
        errors++;
    }
    c->began = 0;
    if (!draining) begin(c);
}

// The times inside of the events: "@" and 19 digits.
static void look_for_times(const char *bytes, size_t count) {
    int64_t now = now_ns();
    for (const char *at = bytes; (at = memchr(at, '@', count - (size_t)(at - bytes))); at++) {
        if (count - (size_t)(at - bytes) < 21 || at[20] != '@') continue;
        int64_t sent = strtoll(at + 1, NULL, 10);
        if (sent > 0) record(&delays, (double)(now - sent) / 1e6);
        at += 20;
    }
}

static size_t take_head(connection *c, const char *bytes, size_t count) {
    size_t before = c->head_length, room = sizeof c->head - 1 - before, take = count < room ? count : room;
    memcpy(c->head + before, bytes, take);
    c->head[before + take] = 0;
    char *end = strstr(c->head, "\r\n\r\n");
    if (!end) {
        c->head_length += take;
        return take;
    }
    c->status = atoi(c->head + 9);
    c->is_chunked = strcasestr(c->head, "\r\ntransfer-encoding: chunked") != NULL;
    char *length = strcasestr(c->head, "\r\ncontent-length:");
    c->left = length ? strtoll(length + 17, NULL, 10) : 0;
    c->in_body = true;
    return (size_t)(end + 4 - c->head) - before;
}

static void take_body(connection *c, const char *bytes, size_t count) {
    if (!c->is_chunked) {
        c->left -= (int64_t)count;
        if (c->left <= 0) finish(c, c->left == 0);
        return;
    }
    look_for_times(bytes, count);
    // A stream is whole when it ends in message_stop and the last chunk.
    size_t keep = count < sizeof c->tail ? count : sizeof c->tail;
    if (c->tail_length + keep > sizeof c->tail) {
        size_t drop = c->tail_length + keep - sizeof c->tail;
        memmove(c->tail, c->tail + drop, c->tail_length - drop);
        c->tail_length -= drop;
    }
    memcpy(c->tail + c->tail_length, bytes + count - keep, keep);
    c->tail_length += keep;
    if (c->tail_length >= 7 && memcmp(c->tail + c->tail_length - 7, "\r\n0\r\n\r\n", 7) == 0)
        finish(c, memmem(c->tail, c->tail_length, "message_stop", 12) != NULL);
}

static void ready(connection *c) {
    static char buffer[1 << 18];
    if (c->began) push(c);
    while (true) {
        ssize_t got = recv(c->fd, buffer, sizeof buffer, 0);
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) {
            if (c->began) errors++;
            c->began = 0;
            close(c->fd);
            c->fd = -1;
            return;
        }
        size_t used = c->in_body ? 0 : take_head(c, buffer, (size_t)got);
        if (c->in_body && (size_t)got > used) take_body(c, buffer + used, (size_t)got - used);
        else if (c->in_body && !c->is_chunked && c->left == 0) finish(c, true);
    }
}

static void build(const char *target, const char *file, const char *key) {
    FILE *body = fopen(file, "r");
    if (!body) fail(file);
    fseek(body, 0, SEEK_END);
    size_t length = (size_t)ftell(body);
    rewind(body);
    request = malloc(length + 1024);
    int head = snprintf(
        request, 1024,
        "POST %s HTTP/1.1\r\nhost: 127.0.0.1:%d\r\nx-api-key: %s\r\nanthropic-version: 2023-06-01\r\n"
        "content-type: application/json\r\nuser-agent: claude-cli/2.1.329 (external, cli)\r\n"
        "x-claude-code-session-id: 11111111-2222-4333-8444-555555555555\r\ncontent-length: %zu\r\n\r\n",
        target, port, key, length);
    if (fread(request + head, 1, length, body) != length) fail(file);
    request_length = (size_t)head + length;
    fclose(body);
}

int main(int count, char **arguments) {
    if (count != 7) return fprintf(stderr, "load PORT TARGET BODY_FILE KEY CONNECTIONS SECONDS\n"), 2;
    port = atoi(arguments[1]);
    build(arguments[2], arguments[3], arguments[4]);
    int connections = atoi(arguments[5]), poll = epoll_create1(0);
    double seconds = atof(arguments[6]);
    connection *all = calloc((size_t)connections, sizeof *all);
    for (int i = 0; i < connections; i++) {
        struct sockaddr_in address = loopback(port);
        all[i].fd = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(all[i].fd, (struct sockaddr *)&address, sizeof address) != 0) fail("connect");
        no_delay(all[i].fd);
        int on = 1;
        if (ioctl(all[i].fd, FIONBIO, &on) != 0) fail("ioctl");
        watch(poll, all[i].fd, &all[i]);
    }
    int64_t start = now_ns(), end = start + (int64_t)(seconds * 1e9), last = end + 10000000000;
    for (int i = 0; i < connections; i++) begin(&all[i]);
    long busy = connections;
    while (busy > 0 && now_ns() < last) {
        struct epoll_event events[256];
        int got = epoll_wait(poll, events, 256, 10);
        for (int i = 0; i < got; i++) {
            connection *c = events[i].data.ptr;
            if (c->fd >= 0) ready(c);
        }
        draining = now_ns() >= end;
        busy = 0;
        for (int i = 0; i < connections && (draining || i < 1); i++) busy += all[i].began != 0;
        if (!draining) busy = 1;
    }
    errors += busy;
    double took = (double)(now_ns() - start) / 1e9;
    qsort(latencies.values, latencies.count, sizeof(double), by_value);
    qsort(delays.values, delays.count, sizeof(double), by_value);
    printf("{\"requests\": %ld, \"errors\": %ld, \"seconds\": %.3f, \"p50\": %.4f, \"p99\": %.4f, \"events\": %zu, "
           "\"event_p50\": %.4f, \"event_p99\": %.4f}\n",
           done, errors, took, percentile(&latencies, .5), percentile(&latencies, .99), delays.count, percentile(&delays, .5),
           percentile(&delays, .99));
    return 0;
}
