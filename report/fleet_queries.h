/* What is fetched for a fleet's report: of each table what the report's own SQL needs of it
 * (report/gather.c), added up where that changes no figure. */
#ifndef REPORT_FLEET_QUERIES_H
#define REPORT_FLEET_QUERIES_H

#include <stdbool.h>
#include <stddef.h>

/* The server's query gives the sensor and what is bound to ?1, ?2, ... of the insertion into the
 * sensor's database. Into the gathered figures ?1 is the sensor's number and ?2 the period. */
struct fleet_query {
    const char *select;
    const char *insert;
    unsigned blobs; /* which fields are none of text, a bit each */
    bool gathered;
    int periods; /* it is asked for the first so many */
    /* The server merges the partitions that FINAL reads all at once, with a buffer for every column
     * of every one. So what is partitioned by day is read by slices of a day: in a query each... */
    bool daily;
    /* ... or, where they have to be seen together, in one: of which {slices} are those. */
    const char *slice;
};

extern const struct fleet_query fleet_period_queries[];
extern const size_t fleet_period_query_count;
/* Incidents, and then what belongs to them. */
extern const struct fleet_query fleet_incident_queries[];
extern const size_t fleet_incident_query_count;
extern const struct fleet_query fleet_part_queries[];
extern const size_t fleet_part_query_count;
/* Which incidents: sensor, identity and time. */
extern const struct fleet_query fleet_outages_query;
extern const struct fleet_query fleet_named_query;
extern const struct fleet_query fleet_fared_query;

/* What a database is emptied of before it is filled anew. */
extern const char fleet_emptying[];

/* What stands in a query as {name}. */
struct fleet_value {
    const char *name;
    const char *text;
};

/* The query with its values, to be freed; NULL: out of memory. */
char *fleet_fill_in(const char *sql, const struct fleet_value *values, size_t count);

#endif
