/* The judgement of one question: at which hop of the resolution it ended, and what that hop's
 * addresses did (hop.h). The argument runs from left to right: exchange -> outcome of an address ->
 * hop -> verdict. */
#ifndef CORRELATE_VERDICT_H
#define CORRELATE_VERDICT_H

#include <stdbool.h>

#include "correlate/incident.h"
#include "correlate/inquiry.h"

enum resolution {
    RESOLUTION_FAILED,  /* `cause` says how */
    RESOLUTION_GOOD,    /* all that was asked was answered well */
    RESOLUTION_UNASKED, /* nobody was asked for what comes next: `zone` says whom, if it is known */
};

struct verdict {
    enum resolution resolution;
    enum cause cause;
    enum confidence confidence;
    struct name zone;
    unsigned aliases;       /* followed on the way */
    unsigned tries;         /* transmissions at the failed hop */
    unsigned asked_servers; /* addresses that were tried there */
    unsigned known_servers; /* addresses that the failed zone is known to have, 0: not known */
    /* The lists are long, and mostly short of entries: what is behind their counts is neither set
     * nor copied. */
    unsigned server_count, contributing_count;
    struct blamed_server servers[BLAMED_SERVERS_MAX];
    struct contributing contributing[CONTRIBUTING_MAX];
};

/* Empties the verdict. */
void verdict_init(struct verdict *verdict, enum resolution resolution);
void verdict_copy(struct verdict *to, const struct verdict *from);
void verdict_fail(struct verdict *verdict, enum cause cause, enum confidence confidence,
                  const struct name *zone);

/* Judges the question of `inquiry` by its active items. */
void verdict_reach(const struct inquiry *inquiry, struct verdict *verdict);

void contributing_copy(struct contributing *to, const struct contributing *from, unsigned count);
/* Of more than CONTRIBUTING_SERVERS_MAX servers the first. */
void contributing_set(struct contributing *contributing, enum cause cause, const struct name *zone,
                      const struct blamed_server *servers, unsigned server_count);
/* By address, for output. */
void servers_sort(struct blamed_server *servers, unsigned count);

/* Where there is room for one more. */
void verdict_contribute(struct verdict *verdict, enum cause cause, const struct name *zone,
                        const struct blamed_server *servers, unsigned server_count);

#endif
