/* Reads a database that `store` wrote, and only reads. What one reader says is one state of the
 * database, however much is written meanwhile. */
#ifndef REPORT_DATABASE_H
#define REPORT_DATABASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "capture/error.h"
#include "correlate/incident.h"
#include "report/context.h"

struct database;

/* NULL: there is none, it is of another program, or of another version; the text says which. */
struct database *database_open(const char *path, struct error *error);
/* A private one of the same schema, empty, with a run of this sensor's; `server` tells where what
 * it will be filled with comes from. NULL: out of memory. */
struct database *database_new(const char *server, const char *sensor, struct error *error);
void database_close(struct database *database); /* NULL is fine */

/* Did a sensor of one of these names write it? 1, 0 or -1. */
int database_is_of(struct database *database, char *const *sensors, size_t count,
                   struct error *error);

/* Did one sensor write both? 1, its name into `sensor`; 0 or -1. */
int database_shares_sensor(struct database *database, struct database *other, char sensor[256],
                           struct error *error);

/* Which incidents. All that is set must hold; strings are borrowed until the selection ends. */
struct incident_filter {
    int64_t from_ns;          /* INT64_MIN: from the first */
    int64_t to_ns;            /* not included; INT64_MAX: to the last */
    const char *cause;        /* a code, or a category */
    const char *zone;         /* the zone at fault, presentation format, absolute, lower case */
    const char *server;       /* a server at fault: address or name, written likewise */
    const char *client;       /* address, or prefix: ADDR/LEN */
    const char *resolver;     /* address */
    const char *name;         /* the name asked, or one above it */
    uint64_t outage;          /* its identity; 0: any */
    uint64_t limit;           /* the latest so many; 0: all */
    const uint64_t *identity; /* this one */
};

#define INCIDENT_FILTER_ALL                                                                        \
    (struct incident_filter)                                                                       \
    {                                                                                              \
        .from_ns = INT64_MIN, .to_ns = INT64_MAX                                                   \
    }

/* Begins a selection, which ends an earlier one. 0 or -1. */
int database_select(struct database *database, const struct incident_filter *filter,
                    struct error *error);
/* 1: an incident, in order of time; 0: no more; -1: `error` says why. `context` is borrowed until
 * the next call. */
int database_next(struct database *database, struct incident *incident,
                  struct incident_context *context, struct error *error);

/* Puts the identities between these two, both included, into `found`, in their order, `max` at
 * most. Returns how many, or -1. */
int database_find(struct database *database, uint64_t first, uint64_t last, uint64_t *found,
                  size_t max, struct error *error);
int database_find_outages(struct database *database, uint64_t first, uint64_t last, uint64_t *found,
                          size_t max, struct error *error);

/* How many SERVFAILs were counted, and of how many there is a row: of the filter's outage by
 * quarters of an hour, or else of its resolver by minutes, as far as they belong to its span. What
 * else it asks for plays no part. 0 or -1. */
int database_count_kept(struct database *database, const struct incident_filter *filter,
                        uint64_t *counted, uint64_t *kept, struct error *error);
/* How many SERVFAILs were counted of which no row was kept, since there were many alike. 0 or -1.
 */
int database_not_kept(struct database *database, uint64_t *count, struct error *error);

#endif
