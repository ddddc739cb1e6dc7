/* Preloaded into a resolver, this makes its wall clock wrong by CLOCK_OFFSET seconds. The monotonic
 * clock stays right, as it does on a host whose date is wrong. System calls are made directly,
 * since an allocator may ask for the time before anything can be looked up. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t wrong_by(void)
{
    const char *seconds = getenv("CLOCK_OFFSET");

    return seconds ? (time_t)strtoll(seconds, NULL, 10) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int status = (int)syscall(SYS_clock_gettime, clock, now);

    if (status == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += wrong_by();
    return status;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    int status = (int)syscall(SYS_gettimeofday, now, zone);

    if (status == 0)
        now->tv_sec += wrong_by();
    return status;
}

time_t time(time_t *now)
{
    struct timespec real;

    clock_gettime(CLOCK_REALTIME, &real);
    if (now)
        *now = real.tv_sec;
    return real.tv_sec;
}
