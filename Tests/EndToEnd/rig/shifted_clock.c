// Moves the wall clock of a program ahead by as many seconds as stand in a file: LD_PRELOAD, with SHIFTED_CLOCK naming the file.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

static volatile int64_t *ahead;

__attribute__((constructor)) static void start(void) {
    int file = open(getenv("SHIFTED_CLOCK"), O_RDONLY | O_CLOEXEC);
    if (file >= 0) ahead = mmap(NULL, 8, PROT_READ, MAP_SHARED, file, 0);
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    int result = real(clock, time);
    if (clock == CLOCK_REALTIME && ahead && ahead != MAP_FAILED) time->tv_sec += *ahead;
    return result;
}
