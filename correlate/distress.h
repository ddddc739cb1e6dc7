/* What else failed at a resolver at the time: to tell a resolver in distress, which fails unrelated
 * names for everybody, from zones. Failures are counted by short spans of time, so that it costs
 * the same however many there are. */
#ifndef CORRELATE_DISTRESS_H
#define CORRELATE_DISTRESS_H

#include <stdint.h>

#include "decode/address.h"

/* Failures of unrelated names this close together make a resolver in distress. */
#define DISTRESS_NS (INT64_C(2) * 1000000000)

struct distress;

struct distress *distress_new(uint64_t memory_bytes); /* NULL: out of memory */
void distress_free(struct distress *distress);

/* What failed at a resolver around a time, up to a bound. */
struct failures_around {
    unsigned families; /* whose names; 1 where failures were few beside all of the resolver's
                          answers: where it is busy something always fails */
    unsigned siblings; /* names of one party: a resolver that has put a limit to what it asks about
                          a zone fails many of them and goes on with others */
};

/* A question of a party's (name_family_hash()) failed; `name`: its hash_bytes(), 0 where the
 * packets do not show it. `answers` is how many questions it answered until then, well or not.
 * What is older than `oldest_ns` is not asked for any more. */
void distress_note(struct distress *distress, const struct address *resolver, int64_t time_ns,
                   uint64_t family, uint64_t name, uint64_t answers, int64_t oldest_ns);
/* A failure of a party's at this time turned out to be somebody else's than the resolver's: that it
 * fails is no sign of distress, then and for a while. */
void distress_explain(struct distress *distress, const struct address *resolver, int64_t time_ns,
                      uint64_t family);
struct failures_around distress_around(const struct distress *distress,
                                       const struct address *resolver, int64_t time_ns,
                                       uint64_t family);

#endif
