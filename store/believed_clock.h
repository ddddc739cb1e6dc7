/* The wall clock, as far as it is believed. What it says when the database is opened is, and from
 * there time goes on as the machine's uptime does (CLOCK_BOOTTIME): a clock that is set ahead later
 * would make everything old. A machine without a clock of its own begins in the past and is set
 * right once it has a network: that is believed, once. */
#ifndef STORE_BELIEVED_CLOCK_H
#define STORE_BELIEVED_CLOCK_H

#include <stdint.h>

struct believed_clock {
    int64_t wall_ns, uptime_ns; /* at the same moment */
};

void believed_clock_start(struct believed_clock *clock);
/* No later time than this has come yet. */
int64_t believed_clock_limit_ns(struct believed_clock *clock);

#endif
