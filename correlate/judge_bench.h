/* Inside of judge.h, for its own files. On the bench lies what a judgement stands on, and where it
 * ends. Each file looks at it in one way: what the resolver says itself (judge_ede.h), what the
 * signatures are worth (judge_signatures.h), what it remembers (judge_memory.h), how much of its
 * upstream side is to be seen (judge_upstream.h), what else the silence may be (judge_doubts.h),
 * which zone it may have been (judge_zone.h).
 * judge.c holds the order in which they are heard.
 *
 * A judge_by_...() that returns true has decided: the incident has its cause, and the zone and the
 * servers at fault as far as they are known. One that returns false leaves the cause to others. */
#ifndef CORRELATE_JUDGE_BENCH_H
#define CORRELATE_JUDGE_BENCH_H

#include <stdbool.h>

#include "correlate/dnssec.h"
#include "correlate/judge.h"
#include "correlate/verdict.h"

/* Unrelated names failing within a moment that make a resolver in distress. */
#define DISTRESS_FAMILIES 8
/* Names of one party failing within a moment that show a limit to what is asked about it. */
#define LIMITED_SIBLINGS 8

struct bench {
    const struct knowledge *knowledge;
    const struct servfail *servfail;
    const struct failures_around *around;
    struct inquiry *inquiry;  /* the exchanges that the question depended on */
    struct address canonical; /* of the resolver: what its failures are remembered under */

    struct incident *incident;        /* what is decided */
    struct verdict verdict;           /* of the resolution, as far as it was looked at */
    struct dnssec_verdict validation; /* of a validator of our own, if it was asked */
};

static inline void bench_decide(struct bench *bench, enum cause cause, enum confidence confidence)
{
    bench->incident->cause = cause;
    bench->incident->confidence = confidence;
}

/* Decides as the resolution's verdict does: cause, zone, servers and what contributes. */
void bench_adopt(struct bench *bench, const struct verdict *verdict);

/* Adds a cause that had a part in it, where there is room for one more. */
void bench_contribute(struct bench *bench, enum cause cause, const struct name *zone,
                      const struct blamed_server *servers, unsigned server_count);

static inline bool bench_is_in_distress(const struct bench *bench)
{
    return bench->around->families >= DISTRESS_FAMILIES;
}

/* Does validation come into it: did the resolver ask for keys, or for signatures and get them? */
bool bench_is_signed(const struct bench *bench);
/* Can the resolver have found bogus what the capture does not let us judge: signatures that could
 * not be computed, or keys whose DS was in its cache before the capture began? */
bool bench_may_be_bogus(const struct bench *bench);
/* The zone that a validation failure is most likely about: the deepest signed zone on the path. */
void bench_signed_zone(const struct bench *bench, struct name *zone);

#endif
