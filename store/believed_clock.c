#include "store/believed_clock.h"

#include "capture/clock.h"

/* 2026-01-01: this program is not older. A clock that says so was not set. */
#define UNSET_BEFORE_NS (INT64_C(1767225600) * 1000000000)
/* What the steps and the drift of a clock that is right amount to. */
#define SLACK_NS (INT64_C(3600) * 1000000000)

void believed_clock_start(struct believed_clock *clock)
{
    clock->wall_ns = clock_read_ns(CLOCK_REALTIME);
    clock->uptime_ns = clock_read_ns(CLOCK_BOOTTIME);
}

int64_t believed_clock_limit_ns(struct believed_clock *clock)
{
    int64_t wall_ns = clock_read_ns(CLOCK_REALTIME), limit_ns;

    if (clock->wall_ns < UNSET_BEFORE_NS && wall_ns >= UNSET_BEFORE_NS)
        believed_clock_start(clock);
    limit_ns = clock->wall_ns + (clock_read_ns(CLOCK_BOOTTIME) - clock->uptime_ns) + SLACK_NS;
    return wall_ns < limit_ns ? wall_ns : limit_ns;
}
