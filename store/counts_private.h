/* What is gathered between two commits: for the files of counts. */
#ifndef STORE_COUNTS_PRIVATE_H
#define STORE_COUNTS_PRIVATE_H

#include "correlate/correlator.h"
#include "correlate/table.h"
#include "store/private.h"
#include "store/sketch.h"

/* An outage as it is in the database and, once it has been extended, will be. Kept beyond the
 * transaction as long as nobody else writes. */
struct outage_state {
    uint64_t identity;
    enum cause cause; /* its cached failures count under it */
    bool known;       /* this run has kept one of it, and counts it since then */
    bool extended;
    int64_t hour_ns;
    uint64_t seen; /* in that hour, by this run */
    int64_t first_time_ns, last_time_ns;
    uint64_t servers; /* a hash of those that were noted last */
};

struct quarter {
    uint64_t outage;
    int64_t quarter_ns, source;
    int64_t incidents, cached, kept;
    int64_t first_time_ns, last_time_ns;
    struct sketch clients;
};

struct servfails {
    struct servfails_key {
        int64_t minute_ns, source;
        struct address resolver;
        uint32_t cause, cached; /* as wide as that: no padding is hashed */
    } key;
    int64_t incidents;
    int64_t elapsed[LATENCY_BUCKETS];
};

struct clients {
    struct clients_key {
        int64_t quarter_ns, source;
        struct address resolver;
    } key;
    struct sketch sketch;
};

/* Of the resolvers that have counters of their own, and of those that are counted together: nobody
 * who forges answers of thousands takes rows from the others. */
enum { OWN, CROWD, HOURS };

/* Incidents of all outages in an hour. */
struct hour {
    int64_t hour_ns;
    uint64_t asked;   /* that had a row if it were for their outage alone */
    uint64_t outages; /* that this run did not know when it met them */
};

struct counts {
    uint64_t outage_rows, hour_rows;
    struct table *outages, *quarters, *servfails, *clients;
    struct hour hours[HOURS], committed[HOURS];
};

/* The resolvers that have no counters of their own are counted together, as one without address. */
static const struct address other_resolvers = {.bytes = {0}};

/* The outage of an incident; there is room for one more (counts.c). */
int outage_find(struct store *store, const struct incident *incident, struct outage_state **found,
                struct error *error);
/* Its row is there from then on, for others to refer to. */
int outage_enter(struct store *store, const struct incident *incident, struct outage_state *state,
                 struct error *error);

/* Nothing is gathered any more. */
void counts_empty(struct counts *counts);

#endif
