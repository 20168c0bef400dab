// What Swift's Glibc overlay lacks or spells awkwardly: epoll unions, eventfd, vectored sends
// without SIGPIPE, a thread-local pointer, and OpenSSL-free socket helpers.
#pragma once
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/uio.h>

// Event bits as tg_poll_wait reports them.
#define TG_READABLE 1u
#define TG_WRITABLE 2u
#define TG_HANGUP 4u

typedef struct {
    uint64_t token;
    uint32_t bits;
} tg_event;

int tg_poll_create(void);
// Edge-triggered for reading, writing and the peer's half-close. Returns 0 or an errno.
int tg_poll_add(int poll_fd, int fd, uint64_t token);
// Level-triggered, reading only.
int tg_poll_add_level(int poll_fd, int fd, uint64_t token);
int tg_poll_remove(int poll_fd, int fd);
// Returns the number of events, or a negative errno.
int tg_poll_wait(int poll_fd, tg_event *events, int capacity, int timeout_milliseconds);

int tg_wake_create(void);
void tg_wake_signal(int fd);
void tg_wake_drain(int fd);

void *tg_thread_loop(void);
void tg_set_thread_loop(void *loop);

// A thread with a name; detached. Returns 0 or an errno.
int tg_thread_start(const char *name, void (*body)(void *), void *context);

// The calling thread gives way to the others of its process: ten steps nicer than it is.
void tg_thread_background(void);
// The calling thread's turns are of 0.1 ms, the shortest: its share of the processor stays what it is, but when it wakes up, a thread
// with the usual turns of some milliseconds gives way to it at once (EEVDF, since Linux 6.12; before, this changes nothing). Threads that it
// starts inherit this.
void tg_thread_short_turns(void);

int64_t tg_monotonic_nanoseconds(void);
// As the monotonic one, and goes on while the machine sleeps.
int64_t tg_boot_nanoseconds(void);
int64_t tg_realtime_nanoseconds(void);
// 1 when the kernel holds its clock to be synchronized, 0 when not, -1 when it does not say.
int tg_clock_is_synchronized(void);

// Each returns a value >= 0, or a negative errno.
ssize_t tg_send_vector(int fd, const struct iovec *vector, int count);
ssize_t tg_send(int fd, const void *bytes, size_t count);
ssize_t tg_receive(int fd, void *bytes, size_t capacity);
int tg_accept(int fd, struct sockaddr_storage *address, socklen_t *length);
int tg_socket(int family);
int tg_connect(int fd, const struct sockaddr *address, socklen_t length);
int tg_listen(const struct sockaddr *address, socklen_t length, int backlog, bool reuse_port);
int tg_socket_error(int fd);
int tg_local_address(int fd, struct sockaddr_storage *address, socklen_t *length);
void tg_no_delay(int fd);
// Whether bytes, an end or an error wait to be read.
bool tg_has_news(int fd);
// Whether all that came was read and the peer ended its side, or the connection broke.
bool tg_has_ended(int fd);

// Blocks the signals in this thread and all that it starts afterwards. Returns 0 or an errno.
int tg_signals_block(const int *signals, int count);
// Waits for one of the signals: its number, 0 when the time is over, or a negative errno.
int tg_signals_wait(const int *signals, int count, int timeout_milliseconds);
// The sentence for an errno, not terminated; returns its length.
size_t tg_error_text(int error, void *text, size_t capacity);
// How many files the process may have open.
int tg_descriptor_limit(void);
// Makes it as many as the system allows: the limit that processes begin with is small (1,024) for the sake of select(2), which
// nothing here calls.
void tg_raise_descriptor_limit(void);
// Lets the kernel make its table of descriptors for so many at once, as far as the limit allows.
void tg_grow_descriptor_table(int count);
// Keeps freed memory of up to 16 MiB at the end of a heap for the next request instead of giving it back page by page. Once, before threads start.
void tg_keep_freed_memory(void);
// Bytes that are resident and not in use: freed memory, the rest of pages that are in use in part, and what the heap does not know of,
// such as large bodies.
size_t tg_freed_memory(void);
// Gives whole pages of freed memory back to the system. Takes milliseconds for much, and loops wait for it where they allocate.
void tg_trim_freed_memory(void);
// Zeroed pages of their own, NULL when there are none; the size is rounded up to whole pages.
void *tg_map(size_t bytes);
void *tg_remap(void *start, size_t bytes, size_t larger);
// `start` at a page.
void tg_unmap(void *start, size_t bytes);
// Processors that this process may run on.
int tg_processors(void);
int tg_random(void *bytes, size_t count);

// Makes this process private: it leaves no core, other processes of the same user may neither look into it nor trace it
// (PR_SET_DUMPABLE 0), and the block that /proc/PID/environ shows is overwritten; `getenv` answers from a copy. Once, before
// threads start. Returns 0 or the first errno; what can be done is done.
int tg_process_seal(void);
