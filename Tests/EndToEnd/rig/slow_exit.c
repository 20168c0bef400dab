// Makes the end of a program take its time, while its threads run on: LD_PRELOAD.
#include <unistd.h>

__attribute__((destructor)) static void linger(void) { sleep(2); }
