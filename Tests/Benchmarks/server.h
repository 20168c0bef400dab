// A small HTTP/1.1 server: one thread, epoll, keep-alive. Bodies are counted off and thrown away unread.
// The program that includes it defines `answer`, called once for each complete request.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "link.h"

enum { HEAD_CAPACITY = 16384, EVENTS_PER_WAIT = 256 };

struct connection {
    struct link link;
    bool closed;
    size_t in_length;
    long long body_left; // -1: reading a head
    char target[512];    // of the request being read
    char *out;           // what the socket did not take yet
    size_t out_start, out_end, out_capacity;
    // The paced stream that it carries, if any.
    struct connection *next;
    long long due;
    long long pace; // nanoseconds between two events
    int event, events;
    bool paced;
    int rounds; // how often a flood goes on
    void (*drained)(struct connection *); // called when the socket has taken everything, if there is one
    char in[HEAD_CAPACITY];
};

static void answer(struct connection *connection);

static inline long long now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static inline void fail(const char *what) {
    perror(what);
    exit(1);
}

static inline struct sockaddr_in loopback(int port) {
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

// Frees nothing while a paced stream still points here.
static void shut(struct connection *connection) {
    if (!connection->closed) link_close(&connection->link);
    connection->closed = true;
    if (connection->paced) return;
    free(connection->out);
    free(connection);
}

// Send, and keep what the socket does not take. A broken socket is noticed when it is read.
static void give(struct connection *connection, const char *bytes, size_t length) {
    if (connection->out_start == connection->out_end) {
        while (length) { // TLS takes a record at a time
            ssize_t sent = link_send(&connection->link, bytes, length);
            if (sent <= 0 && errno != EAGAIN) return;
            if (sent <= 0) break;
            bytes += sent, length -= sent;
        }
        if (!length) return;
        connection->out_start = connection->out_end = 0;
    }
    if (connection->out_end + length > connection->out_capacity) {
        connection->out_capacity = 2 * (connection->out_end + length);
        connection->out = realloc(connection->out, connection->out_capacity);
        if (!connection->out) fail("realloc");
    }
    memcpy(connection->out + connection->out_end, bytes, length);
    connection->out_end += length;
}

static void flush(struct connection *connection) {
    while (connection->out_start < connection->out_end) {
        ssize_t sent = link_send(&connection->link, connection->out + connection->out_start,
                                 connection->out_end - connection->out_start);
        if (sent <= 0) return;
        connection->out_start += sent;
        if (connection->out_start == connection->out_end && connection->drained) connection->drained(connection);
    }
}

// The value of a field in a head that ends in an empty line; NULL if it is not there.
static const char *field(const char *head, const char *name) {
    size_t length = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line && line[2] != '\r'; line = strstr(line + 2, "\r\n"))
        if (!strncasecmp(line + 2, name, length) && line[2 + length] == ':') return line + 3 + length;
    return NULL;
}

// Take a head from the front of `in`, if it is whole. False: the peer sends what this server does not read.
static bool take_head(struct connection *connection) {
    connection->in[connection->in_length] = 0;
    char *end = memmem(connection->in, connection->in_length, "\r\n\r\n", 4);
    if (!end) return connection->in_length < HEAD_CAPACITY - 1;
    char saved = end[4];
    end[4] = 0;
    const char *length = field(connection->in, "content-length");
    bool readable = sscanf(connection->in, "%*s %511s", connection->target) == 1
        && !field(connection->in, "transfer-encoding");
    connection->body_left = length ? atoll(length) : 0;
    end[4] = saved;
    size_t head = end + 4 - connection->in, body = connection->in_length - head;
    if ((long long)body > connection->body_left) body = connection->body_left;
    connection->body_left -= body;
    connection->in_length -= head + body;
    memmove(connection->in, connection->in + head + body, connection->in_length);
    return readable;
}

// Read until the socket is empty: a read that came back short has emptied it. False: close it.
static bool receive(struct connection *connection, bool ending) {
    for (;;) {
        bool in_body = connection->body_left > 0;
        size_t wanted = in_body ? (size_t)connection->body_left : HEAD_CAPACITY - 1 - connection->in_length;
        ssize_t got = in_body ? link_drop(&connection->link, wanted)
                              : link_receive(&connection->link, connection->in + connection->in_length, wanted);
        if (got == 0) return false;
        if (got < 0) return errno == EAGAIN;
        if (in_body) connection->body_left -= got;
        else connection->in_length += got;
        for (;;) {
            if (connection->body_left < 0 && connection->in_length > 0 && !take_head(connection)) return false;
            if (connection->body_left != 0) break;
            connection->body_left = -1;
            answer(connection);
            if (connection->in_length == 0) break;
        }
        if (link_is_empty(&connection->link, got, wanted) && !ending) return true;
    }
}

static int server_poll, server_listener;

static void server_open(int port) {
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_TIMERSLACK, 1UL);
    server_listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    setsockopt(server_listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in address = loopback(port);
    if (bind(server_listener, (struct sockaddr *)&address, sizeof address)) fail("bind");
    if (listen(server_listener, 4096)) fail("listen");
    server_poll = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    epoll_ctl(server_poll, EPOLL_CTL_ADD, server_listener, &event);
}

static void accept_all(void) {
    int fd, on = 1;
    while ((fd = accept4(server_listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct connection *connection = calloc(1, sizeof *connection);
        if (!connection) fail("calloc");
        connection->link = link_open(fd, true);
        connection->body_left = -1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = connection};
        epoll_ctl(server_poll, EPOLL_CTL_ADD, fd, &event);
    }
}

// Wait at most `patience` nanoseconds (below 0: for ever) and serve what is ready.
static void server_turn(long long patience) {
    struct epoll_event events[EVENTS_PER_WAIT];
    struct timespec limit = {patience / 1000000000, patience % 1000000000};
    int count = epoll_pwait2(server_poll, events, EVENTS_PER_WAIT, patience < 0 ? NULL : &limit, NULL);
    for (int index = 0; index < count; index++) {
        struct connection *connection = events[index].data.ptr;
        if (!connection) {
            accept_all();
            continue;
        }
        if (events[index].events & EPOLLOUT) flush(connection);
        if (events[index].events & ~EPOLLOUT)
            if (!receive(connection, events[index].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))) shut(connection);
    }
}
