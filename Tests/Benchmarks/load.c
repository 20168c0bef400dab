// A closed-loop HTTP client: N kept-alive connections, each with one request at a time, for a fixed time. Prints one
// line of JSON. In a stream it counts the text deltas ("@" and 20 digits) and, where told to, takes the time each was
// under way from those digits. Every answer must be 200, whole, and as long as told.
//   load PORT TARGET KEY BODY-FILE CONNECTIONS WARM-UP-SECONDS SECONDS STAGGER-US ANSWER-BYTES DELTAS paced|plain
//        [rate=N] [once] [tls]
// STAGGER-US is the time between the first requests of two neighbouring connections. With a rate the loop is open: so many
// requests a second, each on a connection that is free, and a request's time begins when it was due. `once`: one request
// on each connection, which then stays open until the time is up.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "link.h"

enum { HEAD_CAPACITY = 8192, READ_CAPACITY = 1 << 18, SHORT_BODY = 8192 };
enum { STEPS = 256, POWERS = 40, EVENTS_PER_WAIT = 256 };
enum { PATIENCE_S = 15 }; // for what is under way when the time is up

// Counts by value: 256 steps in each power of two, of which a value uses the upper half: a percentile is within 0.4 %.
struct histogram {
    long long total, steps[POWERS * STEPS];
};

enum part { HEAD, PLAIN_BODY, CHUNK_SIZE, CHUNK_BYTES, CHUNK_END, LAST_LINE, WHOLE };

struct client {
    struct link link;
    bool busy, gone;
    long long begun;
    size_t sent;
    enum part part;
    size_t head_length;
    long long left, body, size, stamp;
    int digits, deltas; // digits: still to come of a stamp
    bool size_begun, closes;
    char last;
    char head[HEAD_CAPACITY];
};

static struct histogram whole, under_way;
static char request[SHORT_BODY + 2048], bytes_read[READ_CAPACITY], *body_bytes; // in memory for TLS only
static size_t request_length, body_length;
static int body_file, poller, port, count;
static long long window_begin, window_end, requests, requests_in_window, deltas, deltas_in_window, errors, reconnects;
static long long answer_bytes, answer_deltas, read_at, longest;
static bool paced, once;
static double rate; // requests a second; 0: each connection sends the next when it has the answer
static char first_error[256];

static long long now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void fail(const char *what) {
    perror(what);
    exit(2);
}

static void note(struct histogram *histogram, long long value) {
    if (value < 0) value = 0;
    int power = value < STEPS ? 0 : 63 - __builtin_clzll(value) - 7;
    if (power >= POWERS) power = POWERS - 1;
    histogram->steps[power * STEPS + ((value >> power) & (STEPS - 1))]++;
    histogram->total++;
}

static double percentile_us(const struct histogram *histogram, double share) {
    long long wanted = (long long)(share * histogram->total), seen = 0;
    for (int index = 0; index < POWERS * STEPS; index++)
        if ((seen += histogram->steps[index]) > wanted)
            return (double)(((long long)(index % STEPS) << (index / STEPS)) + ((1LL << (index / STEPS)) >> 1)) / 1000;
    return 0;
}

static void connect_client(struct client *client) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address)) fail("connect");
    client->link = link_open(fd, false);
    if (client->link.tls && SSL_connect(client->link.tls) != 1) refuse("handshake");
    fcntl(fd, F_SETFL, O_NONBLOCK);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = client};
    epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
}

static void give_up(struct client *client, const char *why) {
    if (!errors++) {
        int shown = client->head_length < 100 ? (int)client->head_length : 100;
        snprintf(first_error, sizeof first_error, "%s after %lld body bytes; head: %.*s", why, client->body, shown,
                 client->head);
        for (char *at = first_error; *at; at++)
            if (*at == '"' || *at == '\\' || (unsigned char)*at < ' ') *at = ' ';
    }
    link_close(&client->link);
    client->busy = false;
    client->gone = true;
}

// The head goes first, with a short body behind it; a long body comes out of the file, which costs this side no copy.
static void send_more(struct client *client) {
    while (client->sent < request_length) {
        ssize_t sent = link_send(&client->link, request + client->sent, request_length - client->sent);
        if (sent < 0) return;
        client->sent += sent;
    }
    while (client->sent < request_length + body_length) {
        off_t offset = client->sent - request_length;
        ssize_t sent = client->link.tls ? link_send(&client->link, body_bytes + offset, body_length - offset)
                                        : sendfile(client->link.fd, body_file, &offset, body_length - offset);
        if (sent <= 0) return;
        client->sent += sent;
    }
}

// `due`: when it should have begun.
static void begin(struct client *client, long long due) {
    client->busy = true;
    client->sent = client->head_length = 0;
    client->part = HEAD;
    client->body = client->deltas = client->digits = 0;
    client->last = 0;
    client->begun = due;
    send_more(client);
}

static void delta_arrived(struct client *client) {
    client->deltas++;
    deltas++;
    if (read_at < window_begin || read_at >= window_end) return;
    deltas_in_window++;
    if (paced) note(&under_way, read_at - client->stamp);
}

static void take_body(struct client *client, const char *bytes, size_t length) {
    if (!length) return;
    client->body += length;
    client->last = bytes[length - 1];
    const char *end = bytes + length;
    while (answer_deltas && bytes < end) {
        if (!client->digits) {
            if (!(bytes = memchr(bytes, '@', end - bytes))) return;
            bytes++;
            client->digits = 20;
            client->stamp = 0;
        }
        for (; client->digits && bytes < end; client->digits--) client->stamp = client->stamp * 10 + *bytes++ - '0';
        if (!client->digits) delta_arrived(client);
    }
}

static bool starts_body(struct client *client) {
    client->head[client->head_length] = 0;
    if (strncmp(client->head, "HTTP/1.1 200 ", 13)) return false;
    client->closes = strcasestr(client->head, "\r\nconnection: close");
    const char *length = strcasestr(client->head, "\r\ncontent-length:");
    if (length) {
        client->left = atoll(length + 17);
        client->part = client->left ? PLAIN_BODY : WHOLE;
        return true;
    }
    client->part = CHUNK_SIZE;
    client->size = 0;
    client->size_begun = false;
    return strcasestr(client->head, "\r\ntransfer-encoding: chunked");
}

// How many bytes were taken; -1: this is no answer.
static ssize_t take_head(struct client *client, const char *bytes, size_t length) {
    size_t before = client->head_length, room = HEAD_CAPACITY - 1 - before;
    if (length > room) length = room;
    memcpy(client->head + before, bytes, length);
    size_t from = before < 3 ? 0 : before - 3;
    char *end = memmem(client->head + from, before + length - from, "\r\n\r\n", 4);
    client->head_length = end ? (size_t)(end + 4 - client->head) : before + length;
    if (!end) return length == room ? -1 : (ssize_t)length;
    return starts_body(client) ? (ssize_t)(client->head_length - before) : -1;
}

static int hexadecimal(char digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    digit |= 32;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

// One byte of a chunk's size line, or of the lines after the last chunk.
static bool take_line_byte(struct client *client, char byte) {
    if (client->part == LAST_LINE) {
        if (byte == '\n') client->part = WHOLE;
        return byte == '\r' || byte == '\n'; // the upstream sends no trailers
    }
    if (client->part == CHUNK_END) {
        if (byte == '\n') client->part = CHUNK_SIZE, client->size = 0, client->size_begun = false;
        return byte == '\r' || byte == '\n';
    }
    int digit = hexadecimal(byte);
    if (digit >= 0) {
        client->size = client->size * 16 + digit;
        client->size_begun = true;
        return client->size < 1 << 30;
    }
    if (byte == '\n') {
        client->left = client->size;
        client->part = client->size ? CHUNK_BYTES : LAST_LINE;
    }
    return client->size_begun && (byte == '\r' || byte == '\n');
}

static bool parse(struct client *client, const char *bytes, size_t length) {
    while (length) {
        ssize_t taken = 1;
        if (client->part == HEAD) {
            if ((taken = take_head(client, bytes, length)) < 0) return false;
        } else if (client->part == PLAIN_BODY || client->part == CHUNK_BYTES) {
            taken = (long long)length < client->left ? (ssize_t)length : client->left;
            take_body(client, bytes, taken);
            if (!(client->left -= taken)) client->part = client->part == PLAIN_BODY ? WHOLE : CHUNK_END;
        } else if (client->part == WHOLE || !take_line_byte(client, *bytes)) return false;
        bytes += taken;
        length -= taken;
    }
    return true;
}

static bool as_told(const struct client *client) {
    return client->body == answer_bytes && client->deltas == answer_deltas && client->digits == 0
        && client->sent == request_length + body_length && (client->last == '}' || client->last == '\n');
}

static void finish(struct client *client) {
    if (!as_told(client)) {
        give_up(client, "not the answer that the upstream sends");
        return;
    }
    requests++;
    if (read_at - client->begun > longest) longest = read_at - client->begun;
    if (client->begun >= window_begin && read_at < window_end) note(&whole, read_at - client->begun);
    if (read_at >= window_begin && read_at < window_end) requests_in_window++;
    if (client->closes) {
        reconnects++;
        link_close(&client->link);
        connect_client(client);
    }
    client->busy = false;
    if (read_at < window_end && !rate && !once) begin(client, now_ns());
}

// Read until the socket is empty: a read that came back short has emptied it.
static void receive(struct client *client, bool ending) {
    for (;;) {
        ssize_t got = link_receive(&client->link, bytes_read, sizeof bytes_read);
        if (got < 0 && errno == EAGAIN) return;
        read_at = now_ns();
        if (got <= 0 || !client->busy) {
            give_up(client, got > 0 ? "bytes that nobody asked for" : "connection closed");
            return;
        }
        if (!parse(client, bytes_read, got)) {
            give_up(client, "no 200, or broken framing");
            return;
        }
        if (client->part == WHOLE) {
            finish(client);
            if (client->gone) return;
        }
        if (link_is_empty(&client->link, got, sizeof bytes_read) && !ending) return;
    }
}

static void turn(long long patience) {
    struct epoll_event events[EVENTS_PER_WAIT];
    struct timespec limit = {patience / 1000000000, patience % 1000000000};
    int ready = epoll_pwait2(poller, events, EVENTS_PER_WAIT, &limit, NULL);
    for (int index = 0; index < ready; index++) {
        struct client *client = events[index].data.ptr;
        if (client->gone) continue;
        if (client->busy && events[index].events & EPOLLOUT) send_more(client);
        if (events[index].events & ~EPOLLOUT)
            receive(client, events[index].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR));
    }
}

static int busy_clients(const struct client *clients) {
    int busy = 0;
    for (int index = 0; index < count; index++) busy += clients[index].busy;
    return busy;
}

static struct client *free_client(struct client *clients) {
    for (int index = 0; index < count; index++)
        if (!clients[index].busy && !clients[index].gone) return &clients[index];
    return NULL;
}

// One after the other in the order of time; when the next is due.
static long long begin_due(struct client *clients, long long begin_at, long long stagger, long long now) {
    static long long begun;
    struct client *client;
    if (rate) {
        long long step = (long long)(1e9 / rate);
        while (now >= begin_at + begun * step && (client = free_client(clients))) begin(client, begin_at + begun++ * step);
        return begin_at + begun * step > now ? begin_at + begun * step : window_end; // else an answer makes room
    }
    while (begun < count && now >= begin_at + begun * stagger) begin(&clients[begun++], now_ns());
    return begun < count ? begin_at + begun * stagger : window_end;
}

static void run(struct client *clients, long long stagger) {
    long long begin_at = now_ns();
    for (long long now = begin_at; now < window_end && errors < count; now = now_ns()) {
        long long next = begin_due(clients, begin_at, stagger, now);
        turn(next > now ? next - now : 0);
    }
    long long limit = window_end + PATIENCE_S * 1000000000LL;
    while (busy_clients(clients) && now_ns() < limit) turn(100000000);
    for (int index = 0; index < count; index++)
        if (clients[index].busy) give_up(&clients[index], "no whole answer in time");
}

static void prepare_request(char **arguments) {
    struct stat status;
    body_file = open(arguments[4], O_RDONLY | O_CLOEXEC);
    if (body_file < 0 || fstat(body_file, &status)) fail(arguments[4]);
    body_length = status.st_size;
    request_length = snprintf(
        request, sizeof request - SHORT_BODY,
        "POST %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: application/json\r\nContent-Type: application/json\r\n"
        "User-Agent: claude-cli/2.0.14 (external, cli)\r\nAuthorization: Bearer %s\r\n"
        "anthropic-version: 2023-06-01\r\nanthropic-beta: claude-code-20250219,fine-grained-tool-streaming-2025-05-14\r\n"
        "X-Claude-Code-Session-Id: 33bd2ff1-61af-4d6b-8aaf-4b4a161cb228\r\n"
        "x-app: cli\r\nX-Stainless-Lang: js\r\nX-Stainless-Package-Version: 0.60.0\r\nX-Stainless-OS: Linux\r\n"
        "X-Stainless-Arch: x64\r\nX-Stainless-Runtime: node\r\nX-Stainless-Runtime-Version: v22.12.0\r\n"
        "X-Stainless-Retry-Count: 0\r\nX-Stainless-Timeout: 600\r\nAccept-Encoding: identity\r\n"
        "Content-Length: %zu\r\n\r\n", arguments[2], port, arguments[3], body_length);
    if (body_length > SHORT_BODY) {
        if (!tls_context) return;
        body_bytes = malloc(body_length);
        if (!body_bytes || read(body_file, body_bytes, body_length) != (ssize_t)body_length) fail(arguments[4]);
        return;
    }
    if (read(body_file, request + request_length, body_length) != (ssize_t)body_length) fail(arguments[4]);
    request_length += body_length;
    body_length = 0;
}

int main(int argument_count, char **arguments) {
    if (argument_count < 12) return fprintf(stderr, "usage: see the top of load.c\n"), 2;
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_TIMERSLACK, 1UL);
    port = atoi(arguments[1]);
    count = atoi(arguments[5]);
    answer_bytes = atoll(arguments[9]);
    answer_deltas = atoll(arguments[10]);
    paced = !strcmp(arguments[11], "paced");
    for (int index = 12; index < argument_count; index++) {
        if (!strncmp(arguments[index], "rate=", 5)) rate = atof(arguments[index] + 5);
        else if (!strcmp(arguments[index], "once")) once = true;
        else if (!strcmp(arguments[index], "tls")) tls_call();
        else return fprintf(stderr, "no such word: %s\n", arguments[index]), 2;
    }
    prepare_request(arguments);
    poller = epoll_create1(EPOLL_CLOEXEC);
    struct client *clients = calloc(count, sizeof *clients);
    if (!clients) fail("calloc");
    for (int index = 0; index < count; index++) connect_client(&clients[index]);
    double seconds = atof(arguments[7]);
    window_begin = now_ns() + (long long)(atof(arguments[6]) * 1e9);
    window_end = window_begin + (long long)(seconds * 1e9);
    run(clients, atoll(arguments[8]) * 1000);
    struct timespec cpu;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    const struct histogram *shown = paced ? &under_way : &whole;
    printf("{\"requests\":%lld,\"deltas\":%lld,\"requests_per_s\":%.2f,\"deltas_per_s\":%.1f,\"p50_us\":%.2f,"
           "\"p99_us\":%.2f,\"samples\":%lld,\"errors\":%lld,\"reconnects\":%lld,\"cpu_ns\":%lld,\"longest_ms\":%.1f,"
           "\"error\":\"%s\"}\n",
           requests, deltas, requests_in_window / seconds, deltas_in_window / seconds, percentile_us(shown, 0.5),
           percentile_us(shown, 0.99), shown->total, errors, reconnects, cpu.tv_sec * 1000000000LL + cpu.tv_nsec,
           longest / 1e6, first_error);
    return errors != 0;
}
