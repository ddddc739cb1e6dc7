/* Outages: incidents of the same cause, zone and servers without a long pause. */
#ifndef CORRELATE_OUTAGE_H
#define CORRELATE_OUTAGE_H

#include <stdbool.h>

#include "correlate/correlator.h"
#include "correlate/exchange.h"

/* A pause this long ends an outage, and so does a clock that is set back by as much. */
#define OUTAGE_PAUSE_NS (900 * SECOND_NS)

struct outages;

struct outages *outages_new(uint64_t memory_bytes); /* NULL: out of memory */
void outages_free(struct outages *outages);

/* Sets `outage` of a judged incident (unless it has one: its origin's) and counts it there.
 * Incidents come in time order. True: it begins an outage, which `change` then tells. */
bool outages_assign(struct outages *outages, struct incident *incident,
                    struct outage_change *change);
/* One that began before and had its last incident at `change->last_time_ns`. To be called for the
 * longest quiet first. False: it is there already, or there is no room for it. */
bool outages_resume(struct outages *outages, const struct outage_change *change);
/* An outage that outages_assign() had to close: it began anew after a pause, or it had been quiet
 * for longest when there was no room for another. To be called after each. */
bool outages_pushed_out(struct outages *outages, struct outage_change *change);
/* The next outage that is over by `now_ns`, the one that has been so for longest: it is forgotten.
 * Of one that ends, servers are not told again. False: none. */
bool outages_closed(struct outages *outages, int64_t now_ns, struct outage_change *change);

#endif
