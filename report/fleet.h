/* The sensors of a fleet, whose rows `dnsblame ship` brought into ClickHouse, as databases like
 * theirs: what a report asks of a sensor's database is fetched into a private one of the same
 * schema, so that the same SQL makes the same figures of it.
 *
 * What grows with the traffic is added up by the server first, and the figures stay exact: minutes
 * of resolvers come by the unit of time that the report needs (`grain`), those of servers, counts
 * of outages and sketches of clients by span, of names asked and clients hit the most frequent ones
 * and how many there are. Incidents come only where a span cuts a quarter of an hour, where a
 * report is of some resolvers only, and as examples of what is shown. */
#ifndef REPORT_FLEET_H
#define REPORT_FLEET_H

#include <stddef.h>
#include <stdint.h>

#include "capture/error.h"
#include "report/clickhouse.h"
#include "report/day.h"

struct fleet;

/* Those sensors, or all where `count` is 0. `server` is borrowed. NULL: `error` says why. */
struct fleet *fleet_open(struct clickhouse *server, char *const *sensors, size_t count,
                         struct error *error);
void fleet_close(struct fleet *fleet); /* NULL is fine */

/* The sensors' databases, in order of their names; they live as long as the fleet. */
size_t fleet_count(const struct fleet *fleet);
struct database **fleet_databases(struct fleet *fleet);
/* The server and its database, "http://HOST:PORT/DATABASE". */
const char *fleet_server(const struct fleet *fleet);

/* The first and last time that there is anything of; INT64_MAX and INT64_MIN: there is nothing. */
int fleet_extent(struct fleet *fleet, int64_t *first_ns, int64_t *last_ns, struct error *error);

/* What a report needs to know of a period, see report/gather.h. */
struct fleet_wish {
    enum day_period period;
    struct day_span span;
    int64_t grain_ns;                /* minutes may be added up to this; 0: all of the span */
    const struct address *resolvers; /* only these; none: all */
    size_t resolver_count;
    size_t tops_max; /* names asked and clients hit */
};

/* Until when questions and answers of the span are counted, by the sensor that is counted furthest,
 * and how many SERVFAILs came since. 0 of them where the span ended long ago. */
int fleet_counted(struct fleet *fleet, const struct fleet_wish *wish, int64_t now_ns,
                  int64_t *until_ns, int64_t *since, struct error *error);

/* Puts it into the databases, in place of what they held, and what comes added up over all sensors
 * into `gathered`. */
int fleet_fetch(struct fleet *fleet, struct database *gathered, const struct fleet_wish *wish,
                struct error *error);

/* An outage as a sensor knows it. */
struct fleet_outage {
    size_t sensor;
    uint64_t identity;
};

/* Puts the incidents that explain these into the databases: of each the latest before the span's
 * end and the one that explains it, not older than `first_ns`. */
int fleet_fetch_examples(struct fleet *fleet, const struct fleet_wish *wish,
                         const struct fleet_outage *outages, size_t count, int64_t first_ns,
                         struct error *error);
/* Puts this incident into the database of the sensor that has it, whatever else they hold. */
int fleet_find(struct fleet *fleet, uint64_t identity, struct error *error);
/* Puts how each sensor fared with the outage's servers from then on while it lasted into the
 * databases, added up in the minute `from_ns`. */
int fleet_fetch_fared(struct fleet *fleet, const struct day_outage *outage, int64_t from_ns,
                      struct error *error);

#endif
