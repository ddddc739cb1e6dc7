/* Outages: incidents of the same cause, zone and servers without a long pause. */
#ifndef CORRELATE_OUTAGE_H
#define CORRELATE_OUTAGE_H

#include "correlate/exchange.h"
#include "correlate/incident.h"

/* A pause this long ends an outage. */
#define OUTAGE_PAUSE_NS (900 * SECOND_NS)

struct outages;

struct outages *outages_new(uint64_t memory_bytes); /* NULL: out of memory */
void outages_free(struct outages *outages);

/* Sets `outage` of a judged incident (unless it has one: its origin's). Incidents come in time
 * order. */
void outages_assign(struct outages *outages, struct incident *incident);

#endif
