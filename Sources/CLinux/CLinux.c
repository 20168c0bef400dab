#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

int tg_poll_create(void) {
    int fd = epoll_create1(EPOLL_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

static int poll_control(int poll_fd, int operation, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    return epoll_ctl(poll_fd, operation, fd, &event) == 0 ? 0 : errno;
}

int tg_poll_add(int poll_fd, int fd, uint64_t token) {
    return poll_control(poll_fd, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, token);
}

int tg_poll_add_level(int poll_fd, int fd, uint64_t token) {
    return poll_control(poll_fd, EPOLL_CTL_ADD, fd, EPOLLIN, token);
}

int tg_poll_remove(int poll_fd, int fd) {
    return poll_control(poll_fd, EPOLL_CTL_DEL, fd, 0, 0);
}

int tg_poll_wait(int poll_fd, tg_event *events, int capacity, int timeout_milliseconds) {
    struct epoll_event raw[256];
    if (capacity > 256) capacity = 256;
    int count = epoll_wait(poll_fd, raw, capacity, timeout_milliseconds);
    if (count < 0) return errno == EINTR ? 0 : -errno;
    for (int i = 0; i < count; i++) {
        uint32_t bits = 0;
        if (raw[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) bits |= TG_READABLE;
        if (raw[i].events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) bits |= TG_WRITABLE;
        if (raw[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) bits |= TG_HANGUP;
        events[i].token = raw[i].data.u64;
        events[i].bits = bits;
    }
    return count;
}

int tg_wake_create(void) {
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

void tg_wake_signal(int fd) {
    uint64_t one = 1;
    ssize_t written = write(fd, &one, sizeof one);
    (void)written;  // The counter can only be full if a wake-up is pending anyway.
}

void tg_wake_drain(int fd) {
    uint64_t value;
    ssize_t got = read(fd, &value, sizeof value);
    (void)got;
}

static _Thread_local void *thread_loop;
void *tg_thread_loop(void) { return thread_loop; }
void tg_set_thread_loop(void *loop) { thread_loop = loop; }

struct start {
    void (*body)(void *);
    void *context;
};

static void *run_thread(void *argument) {
    struct start start = *(struct start *)argument;
    free(argument);
    start.body(start.context);
    return NULL;
}

int tg_thread_start(const char *name, void (*body)(void *), void *context) {
    struct start *start = malloc(sizeof *start);
    if (!start) return ENOMEM;
    *start = (struct start){body, context};
    pthread_t thread;
    int result = pthread_create(&thread, NULL, run_thread, start);
    if (result != 0) {
        free(start);
        return result;
    }
    pthread_setname_np(thread, name);
    pthread_detach(thread);
    return 0;
}

void tg_thread_background(void) {
    // Linux keeps the nice value per thread. Lowering one's own is always allowed. Ten steps are a tenth of the time beside a thread
    // that never rests: at 19 it would get a hundredth, and fall behind.
    id_t own = (id_t)gettid();
    setpriority(PRIO_PROCESS, own, getpriority(PRIO_PROCESS, own) + 10);
}

void tg_thread_short_turns(void) {
    // glibc has neither the calls nor the type (sched_setattr(2)).
    struct {
        uint32_t size, policy;
        uint64_t flags;
        int32_t nice;
        uint32_t priority;
        uint64_t runtime, deadline, period;
    } attributes = {.size = sizeof attributes};
    if (syscall(SYS_sched_getattr, 0, &attributes, sizeof attributes, 0) != 0) return;
    attributes.size = sizeof attributes;
    attributes.runtime = 100000;
    syscall(SYS_sched_setattr, 0, &attributes, 0);
}

static int64_t clock_nanoseconds(clockid_t clock) {
    struct timespec time;
    clock_gettime(clock, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t tg_monotonic_nanoseconds(void) { return clock_nanoseconds(CLOCK_MONOTONIC); }
int64_t tg_boot_nanoseconds(void) { return clock_nanoseconds(CLOCK_BOOTTIME); }
int64_t tg_realtime_nanoseconds(void) { return clock_nanoseconds(CLOCK_REALTIME); }

ssize_t tg_send_vector(int fd, const struct iovec *vector, int count) {
    struct msghdr message = {.msg_iov = (struct iovec *)vector, .msg_iovlen = (size_t)count};
    ssize_t sent;
    do sent = sendmsg(fd, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

ssize_t tg_send(int fd, const void *bytes, size_t count) {
    ssize_t sent;
    do sent = send(fd, bytes, count, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

ssize_t tg_receive(int fd, void *bytes, size_t capacity) {
    ssize_t got;
    do got = recv(fd, bytes, capacity, 0);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

int tg_accept(int fd, struct sockaddr_storage *address, socklen_t *length) {
    int accepted = accept4(fd, (struct sockaddr *)address, length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    return accepted < 0 ? -errno : accepted;
}

int tg_socket(int family) {
    int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    return fd < 0 ? -errno : fd;
}

int tg_connect(int fd, const struct sockaddr *address, socklen_t length) {
    return connect(fd, address, length) == 0 ? 0 : -errno;
}

int tg_listen(const struct sockaddr *address, socklen_t length, int backlog, bool reuse_port) {
    int fd = tg_socket(address->sa_family), on = 1;
    if (fd < 0) return fd;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (reuse_port) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    // Accepted sockets inherit it: what a client does not read stays with the upstream, and not in megabytes of kernel memory.
    int unsent = 256 * 1024;
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof unsent);
    if (address->sa_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, address, length) != 0 || listen(fd, backlog) != 0) {
        int problem = errno;
        close(fd);
        return -problem;
    }
    return fd;
}

int tg_socket_error(int fd) {
    int problem = 0;
    socklen_t length = sizeof problem;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &problem, &length) == 0 ? problem : errno;
}

int tg_local_address(int fd, struct sockaddr_storage *address, socklen_t *length) {
    return getsockname(fd, (struct sockaddr *)address, length) == 0 ? 0 : -errno;
}

void tg_no_delay(int fd) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// Bytes that are there, at most one; 0: the end; -errno: none, or a fault.
static int peek(int fd) {
    char byte;
    ssize_t got = recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 ? -errno : (int)got;
}

bool tg_has_news(int fd) { return peek(fd) != -EAGAIN; }

bool tg_has_ended(int fd) {
    int got = peek(fd);
    return got <= 0 && got != -EAGAIN && got != -EINTR;
}

static sigset_t signal_set(const int *signals, int count) {
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
    return set;
}

int tg_signals_block(const int *signals, int count) {
    sigset_t set = signal_set(signals, count);
    return pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int tg_signals_wait(const int *signals, int count, int timeout_milliseconds) {
    sigset_t set = signal_set(signals, count);
    struct timespec timeout = {timeout_milliseconds / 1000, timeout_milliseconds % 1000 * 1000000L};
    int received = sigtimedwait(&set, NULL, &timeout);
    if (received > 0) return received;
    return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

void tg_keep_freed_memory(void) {
    mallopt(M_TRIM_THRESHOLD, 16 << 20);
    mallopt(M_MMAP_THRESHOLD, 8 << 20);
    mallopt(M_TOP_PAD, 1 << 20);
}

void *tg_map(size_t bytes) {
    void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return start == MAP_FAILED ? NULL : start;
}

void *tg_remap(void *start, size_t bytes, size_t larger) {
    void *moved = mremap(start, bytes, larger, MREMAP_MAYMOVE);
    return moved == MAP_FAILED ? NULL : moved;
}

void tg_unmap(void *start, size_t bytes) { munmap(start, bytes); }

size_t tg_freed_memory(void) {
    char text[128];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    unsigned long resident, shared;
    text[got > 0 ? got : 0] = 0;
    if (sscanf(text, "%*u %lu %lu", &resident, &shared) != 2 || shared > resident) return 0;
    struct mallinfo2 heap = mallinfo2();
    // What is in use may be not resident, never the other way round.
    size_t own = (resident - shared) * (size_t)sysconf(_SC_PAGESIZE), used = heap.uordblks + heap.hblkhd;
    return own > used ? own - used : 0;
}

void tg_trim_freed_memory(void) { malloc_trim(0); }

int tg_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > INT_MAX) return INT_MAX;
    return (int)limit.rlim_cur;
}

void tg_raise_descriptor_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

void tg_grow_descriptor_table(int count) {
    int limit = tg_descriptor_limit();
    int last = (count < limit ? count : limit) - 1;
    int some = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (some < 0) return;
    int high = fcntl(some, F_DUPFD_CLOEXEC, last);
    if (high >= 0) close(high);
    close(some);
}

int tg_processors(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
}

int tg_random(void *bytes, size_t count) {
    return getrandom(bytes, count, 0) == (ssize_t)count ? 0 : errno;
}

size_t tg_error_text(int error, void *text, size_t capacity) {
    // The GNU variant returns the sentence, which may or may not be in the buffer.
    char buffer[128];
    const char *sentence = strerror_r(error, buffer, sizeof buffer);
    size_t length = strlen(sentence);
    if (length > capacity) length = capacity;
    memcpy(text, sentence, length);
    return length;
}

int tg_clock_is_synchronized(void) {
    struct timex times = {0};
    if (adjtimex(&times) < 0) return -1;
    return (times.status & STA_UNSYNC) == 0;
}

// The strings that the kernel laid out at the start stay where /proc/PID/environ reads them: they are copied, then wiped.
static int environment_hide(void) {
    size_t count = 0;
    while (environ && environ[count]) count++;
    char **copies = calloc(count + 1, sizeof *copies);
    if (!copies) return ENOMEM;
    for (size_t i = 0; i < count; i++) {
        copies[i] = strdup(environ[i]);
        if (!copies[i]) return ENOMEM;
    }
    for (size_t i = 0; i < count; i++) explicit_bzero(environ[i], strlen(environ[i]));
    environ = copies;  // For the life of the process.
    return 0;
}

int tg_process_seal(void) {
    int problem = 0;
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_CORE, &none) != 0) problem = errno;
    if (prctl(PR_SET_DUMPABLE, 0) != 0 && !problem) problem = errno;
    int hidden = environment_hide();
    return problem ? problem : hidden;
}
