/* How far apart the clocks are by which several captures of one time were made, one on each host.
 *
 * What a resolver asks others about a name happens while its client waits for that name: the span
 * of the one, from the first query to the last packet, lies within that of the other. A name that
 * two captures have tells so in which interval their clocks' difference is; where many names agree
 * on one that is not nothing, and hardly any contradicts, it is believed. The clients' clock is
 * right, since it is the one that incidents are told by. */
#ifndef CORRELATE_CLOCKS_H
#define CORRELATE_CLOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/event.h"

struct clocks;

/* Captures are known by number, below `count`. NULL: out of memory. */
struct clocks *clocks_new(size_t count);
void clocks_free(struct clocks *clocks); /* NULL is fine */

/* From when until when the capture was made, by its own clock: what was not made at the same time
 * is not compared, since the same script may have asked for the same names. */
void clocks_set_extent(struct clocks *clocks, size_t capture, int64_t first_ns, int64_t last_ns);
/* Was any other made at the same time? */
bool clocks_need(const struct clocks *clocks, size_t capture);

/* A packet of that capture, in the order that it has there. */
void clocks_see(struct clocks *clocks, size_t capture, const struct event *event);

struct clock_shift {
    int64_t shift_ns; /* to be added to the capture's times; 0: nothing is known against them */
    size_t reference; /* the capture that said so */
    unsigned names;   /* how many names did */
};

/* What was seen of all of them, into `count` shifts. -1: out of memory. */
int clocks_compare(struct clocks *clocks, struct clock_shift *shifts);

#endif
