/*
 * Plays a cloud volume: preloaded into a program (LD_PRELOAD), it makes every fsync and fdatasync take at least
 * SLOW_FSYNC_US microseconds (3000 unless set), counted from the call. The real forced write still happens.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long delay_us = 3000;

__attribute__((constructor)) static void read_delay(void)
{
    const char *text = getenv("SLOW_FSYNC_US");
    if (text && *text)
        delay_us = strtol(text, NULL, 10);
}

static int forced_write(long syscall_number, int fd)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += delay_us / 1000000;
    until.tv_nsec += delay_us % 1000000 * 1000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec += 1;
        until.tv_nsec -= 1000000000;
    }

    int result = (int)syscall(syscall_number, fd);
    int error = errno;
    /* Until a moment, not for a time: a signal (PostgreSQL sends many) must not shorten or stretch the wait. */
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        continue;
    errno = error;
    return result;
}

int fsync(int fd)
{
    return forced_write(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    return forced_write(SYS_fdatasync, fd);
}
