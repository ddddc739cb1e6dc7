/* Whose turn it is to go, and who is spared: what failed may fail again as long as resolvers hold
 * its delegation, which is a day or two, and most SERVFAILs are of zones that failed before. */
#ifndef CORRELATE_SPARED_H
#define CORRELATE_SPARED_H

#include <stdbool.h>
#include <stdint.h>

/* So many are passed over for one to go: where most have failed, they go as well. */
#define SPARED_AT_ONCE 4
#define SPARED_SECONDS 86400

/* The second it failed in, modulo 2^32; 0: it did not. */
typedef uint32_t failed_mark;

static inline failed_mark failed_at(int64_t time_ns)
{
    failed_mark mark = (failed_mark)(time_ns / 1000000000);

    return mark ? mark : 1;
}

static inline bool is_spared(failed_mark mark, int64_t time_ns)
{
    return mark != 0 && failed_at(time_ns) - mark < SPARED_SECONDS;
}

#endif
